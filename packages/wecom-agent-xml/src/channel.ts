import { once } from "node:events";
import { type CreateChannel, createBackground, type OutboundContent } from "@wxgate/core";
import {
  APP_ERRCODES,
  createChannelWecomApi,
  createFileStager,
  createMediaStager,
  createOpenMedia,
} from "@wxgate/wecom-api";
import { refuseWrongCard } from "@wxgate/wecom-card";
import { memberKey } from "@wxgate/wecom-target";
import { agentApiOver } from "./api.ts";
import { createCards } from "./cards.ts";
import { createChatPace } from "./chat-pace.ts";
import { type AgentXmlOptions, parseConfig } from "./config.ts";
import { cardOfNative } from "./degrade.ts";
import { createHealth } from "./health.ts";
import { createMemberPace } from "./member-pace.ts";
import { createOpenFile } from "./open-file.ts";
import { createPrepare } from "./prepare.ts";
import { createTarget } from "./receivers.ts";
import { refuseWrongNative } from "./render.ts";
import { createDeliver, createSend } from "./send.ts";
import { createCardSender } from "./send-card.ts";
import { createStage } from "./stage.ts";
import { createWebhook } from "./webhook.ts";
import { createWelcome } from "./welcome.ts";

/** @throws Error that lists every wrong key when `options` is wrong */
export const createAgentXmlChannel: CreateChannel<AgentXmlOptions> = (id, options, ports) => {
  const config = parseConfig(id, options);
  const { notices, token, encodingAESKey } = config;
  const agentId = Number(config.agentId);
  const account = String(agentId);
  const log = ports.log.child({ channel: id });
  const logged = { ...ports, log };

  const { corpId, secret, apiBaseUrl } = config;
  const wecom = createChannelWecomApi({ corpId, secret, apiBaseUrl, errcodes: APP_ERRCODES }, logged);
  const api = agentApiOver(wecom, agentId);
  const cards = createCards(ports.state);
  const prepare = createPrepare(config);
  const sendCard = createCardSender({ cards, api, notices, ports: logged });
  const pace = createChatPace({ limits: config.groupLimits, api, ports: logged });
  const deliver = createDeliver({ config, agentId, api, pace, sendCard, ports: logged });
  const send = createSend({ deliver, memberPace: createMemberPace(ports.clock), state: ports.state });
  const welcome = createWelcome({ config, ports: logged, prepare, send });
  const background = createBackground();
  const health = createHealth(account, api, ports.clock);
  const stageFile = createFileStager({
    stageMedia: createMediaStager({ api: wecom, media: ports.media }),
    notices,
    log,
  });

  return {
    id,
    type: "wecom-agent-xml",
    // An app without a token only sends.
    ...(token !== undefined &&
      encodingAESKey !== undefined && {
        webhook: createWebhook({
          context: { channel: id, account, menu: config.menu },
          config,
          keys: { token, encodingAESKey },
          cards,
          ports: logged,
          beforeStored: welcome.expect,
          onEvent: (event) => background.start((signal) => welcome.greet(event, signal)),
        }),
        async run(signal: AbortSignal) {
          await welcome.resume(signal);
          if (!signal.aborted) await once(signal, "abort");
        },
      }),
    target: createTarget({ channel: id, account, allowBroadcast: config.allowBroadcast, api }),
    check: refuseWrong,
    prepare,
    stage: createStage({ stageFile, log }),
    send,
    recall: api.recall,
    openMedia: createOpenFile({ byApi: createOpenMedia(wecom), apiBaseUrl, ports: logged }),
    // Group chats have a pace of their own.
    reply: { ...config.limits, kinds: ["direct", "audience"] },
    personKey: memberKey,
    anyCase: true,
    health: health.report,
    probe: health.probe,
    close: background.close,
  };
};

/** What shows without asking the platform. */
function refuseWrong(content: OutboundContent): void {
  const card = content.kind === "native" ? cardOfNative(content) : undefined;
  refuseWrongCard(card === undefined ? content : { kind: "card", card }, "app");
  refuseWrongNative(content);
}
