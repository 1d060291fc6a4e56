import type { CreateChannel } from "@wxgate/core";
import { createFileStager, createMediaStager } from "@wxgate/wecom-api";
import {
  createBotMedia,
  createCardMemory,
  MEDIA_URL_MS,
  SENDS,
  type StreamLook,
  withThought,
} from "@wxgate/wecom-bot-message";
import { refuseWrongCard } from "@wxgate/wecom-card";
import { createBotTarget, memberKey } from "@wxgate/wecom-target";
import { createAnswerEvents } from "./answer-events.ts";
import { createBubbles } from "./bubbles.ts";
import { parseConfig, type WecomBotWebhookOptions } from "./config.ts";
import { createHealth } from "./health.ts";
import { createImages } from "./images.ts";
import { createPrepare } from "./prepare.ts";
import { createRecords } from "./records.ts";
import { createRefresh } from "./refresh.ts";
import { createResponseUrls } from "./response-url.ts";
import { createSend, SENDS_PER_MESSAGE, URL_MS } from "./send.ts";
import { createStage, packetMediaRules } from "./stage.ts";
import { createWebhook } from "./webhook.ts";

/** @throws Error that lists every wrong key when `options` is wrong */
export const createWecomBotWebhookChannel: CreateChannel<WecomBotWebhookOptions> = (id, options, ports) => {
  const config = parseConfig(id, options);
  const { notices } = config;
  const { clock, media, state } = ports;
  const account = config.botId ?? id;
  const log = ports.log.child({ channel: id, account });
  const look: StreamLook = {
    placeholder: config.sendThinkingMessage ? config.streamPlaceholderContent : "",
    nothing: notices.nothing,
    showThinking: config.showThinking,
    maxBytes: config.streamMaxBytes,
  };

  const health = createHealth(account, clock);
  const records = createRecords(state);
  const images = createImages(ports);
  const cards = createCardMemory(state, log);
  const urls = createResponseUrls(config, ports);
  const bubbles = createBubbles({
    records,
    clock,
    log,
    look,
    merged: notices.merged,
    refreshMs: config.refreshIntervalMs,
    windowMs: config.streamWindowSeconds * 1000,
  });
  const refresh = createRefresh({ account, config, look, records, images, ports, log, onTaken: bubbles.onTaken });
  const stageMedia = createMediaStager({ api: images, media, rules: packetMediaRules(config.imageMaxBytes) });

  return {
    id,
    type: "wecom-bot-webhook",
    webhook: createWebhook({
      channel: id,
      account,
      config,
      look,
      refresh,
      records,
      urls,
      ports,
      log,
      answerEvent: createAnswerEvents({ config, cards, ports, log }),
    }),
    target: createBotTarget(id, account),
    personKey: memberKey,
    check: (content) => refuseWrongCard(content, "bot"),
    prepare: createPrepare(config),
    stage: createStage({ stageFile: createFileStager({ stageMedia, notices, log }), log }),
    send: createSend({ config, look, records, bubbles, urls, cards, health, ports, log }),
    ...(config.showThinking
      ? { withThought: (thought: string, text: string) => withThought(thought, text, config.streamMaxBytes) }
      : {}),
    showsAtOnce: true,
    openStream: bubbles.open,
    settle: bubbles.settle,
    mediaLivesMs: MEDIA_URL_MS,
    openMedia: createBotMedia({
      config: { url: config.apiBaseUrl, mediaHosts: config.mediaHosts },
      key: config.encodingAESKey,
      ports,
    }),
    reply: {
      ...SENDS,
      sendsPerInbound: SENDS_PER_MESSAGE,
      countsItself: true,
      windowMs: URL_MS,
      kinds: ["direct", "group"],
    },
    health: health.report,
    close: bubbles.close,
  };
};
