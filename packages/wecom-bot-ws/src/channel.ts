import { setMaxListeners } from "node:events";
import type { Channel, ChannelPorts } from "@wxgate/core";
import { createFileStager, createMediaStager } from "@wxgate/wecom-api";
import {
  createBotMedia,
  createBotPrepare,
  MEDIA_URL_MS,
  SENDS,
  type StreamLook,
  withThought,
} from "@wxgate/wecom-bot-message";
import { menuCard, refuseWrongCard } from "@wxgate/wecom-card";
import { createBotTarget, memberKey } from "@wxgate/wecom-target";
import { createAnswerEvents } from "./answer-events.ts";
import { type BotApi, createBotApi } from "./api.ts";
import { createCards } from "./cards.ts";
import { parseConfig, type WecomBotWsOptions } from "./config.ts";
import { createHealth } from "./health.ts";
import { createIntake } from "./intake.ts";
import { createLink } from "./link.ts";
import { createPacing } from "./pacing.ts";
import { createRun } from "./run.ts";
import { createSend } from "./send.ts";
import { runSession } from "./session.ts";
import { createWsConnect } from "./socket.ts";
import { botMediaRules, createStage } from "./stage.ts";
import { createStreams } from "./streams.ts";
import { createUpload } from "./upload.ts";

export interface WecomBotWsChannel extends Channel {
  /** The bot's commands over this channel's connection, for tools that need more than messages. */
  readonly bot: BotApi;
}

/** Unique for ever: by the time, by this process, by their number. */
function createReqIds({ clock, random }: Pick<ChannelPorts, "clock" | "random">): (cmd: string) => string {
  const mine = Buffer.from(random.bytes(6)).toString("hex");
  let count = 0;
  return (cmd) => {
    count += 1;
    return `${cmd}_${clock.now()}_${mine}${count.toString(36)}`;
  };
}

/** @throws Error that lists every wrong key when `options` is wrong */
export function createWecomBotWsChannel(
  id: string,
  options: WecomBotWsOptions,
  ports: ChannelPorts,
): WecomBotWsChannel {
  const config = parseConfig(id, options);
  const { botId, secret, url, notices, showThinking } = config;
  const { clock, random, media, state } = ports;
  const log = ports.log.child({ channel: id, account: botId });
  const closing = new AbortController();
  // One listener per event that is answered; that is no leak.
  setMaxListeners(0, closing.signal);
  const look: StreamLook = {
    placeholder: config.streamPlaceholderContent,
    nothing: notices.nothing,
    showThinking,
    maxBytes: config.streamMaxBytes,
  };
  const newReqId = createReqIds(ports);

  const health = createHealth(botId, clock);
  const link = createLink({ clock, secrets: [secret], newReqId });
  const api = createBotApi(link, createUpload(link, clock));
  const cards = createCards(ports, log);
  const pacing = createPacing(clock);
  const streams = createStreams({
    pacing,
    api,
    clock,
    log,
    look,
    continues: notices.continues,
    merged: notices.merged,
    fate: async (message) => (await ports.inbox.find(botId, message))?.unanswered,
    showAtOnce: config.sendThinkingMessage,
    feedback: config.feedback,
    state,
    refreshMs: config.refreshIntervalMs,
    keepAliveMs: config.keepAliveSeconds * 1000,
    windowMs: config.streamWindowSeconds * 1000,
  });
  const answerEvent = createAnswerEvents({ config, api, cards, ports, log });
  const intake = createIntake({
    channel: id,
    config,
    ports,
    log,
    health,
    onEvent: (event, reqId) => void answerEvent(event, reqId, closing.signal),
  });
  const connect = options.connect ?? createWsConnect({ openSocket: ports.openSocket });
  const stageMedia = createMediaStager({ api, media, rules: botMediaRules(config.imageMaxBytes) });

  return {
    id,
    type: "wecom-bot-ws",
    tied: true,
    bot: api,
    run: createRun({
      config,
      ports: { own: ports.own, clock, random, state },
      log,
      link,
      health,
      onReleased: streams.letGo,
      connect(onReady, signal) {
        const begin: typeof onReady = (session) => {
          onReady(session);
          void streams.resume();
        };
        return runSession(
          {
            url,
            connect,
            credentials: { botId, secret },
            clock,
            log,
            newReqId,
            onReady: begin,
            onCallback: intake.take,
          },
          signal,
        );
      },
    }),
    target: createBotTarget(id, botId),
    personKey: memberKey,
    check: (content) => refuseWrongCard(content, "bot"),
    prepare: createBotPrepare({
      maxBytes: config.streamMaxBytes,
      showThinking,
      notices,
      menuCard: (menu) => menuCard(menu, "bot", notices.choose),
    }),
    stage: createStage({ stageFile: createFileStager({ stageMedia, notices, log }), log }),
    send: createSend({ config, api, streams, cards, pacing, look, ports, log }),
    ...(config.showThinking
      ? { withThought: (thought: string, text: string) => withThought(thought, text, config.streamMaxBytes) }
      : {}),
    openStream: streams.open,
    showWaiting: streams.showWaiting,
    settle: streams.settle,
    mediaLivesMs: MEDIA_URL_MS,
    openMedia: createBotMedia({ config, ports }),
    reply: { ...SENDS, kinds: ["direct", "group"] },
    health: health.report,
    async close() {
      closing.abort();
      streams.close();
      intake.close();
      await intake.idle();
    },
  };
}
