import { setMaxListeners } from "node:events";
import type { ChannelPorts, CreateChannel } from "@wxgate/core";
import { createPrepare } from "@wxgate/long-reply";
import { formatMarkdown } from "@wxgate/unicode-format";
import {
  createChannelWecomApi,
  createFileStager,
  createMediaStager,
  createOpenMedia,
  KF_ERRCODES,
} from "@wxgate/wecom-api";
import { createAccounts } from "./accounts.ts";
import { createAnswerEvents } from "./answer-events.ts";
import { type KfApi, kfApiOver } from "./api.ts";
import { type KfConfig, type KfOptions, parseConfig } from "./config.ts";
import { createCustomers } from "./customers.ts";
import { degrade } from "./degrade.ts";
import { createDiscovery } from "./discovery.ts";
import { createHandOver } from "./hand-over.ts";
import { createHealth, type Health } from "./health.ts";
import { createNews } from "./news.ts";
import { apiWithoutSecret } from "./no-secret.ts";
import { createPulls } from "./pulls.ts";
import { createRun } from "./run.ts";
import { createSend } from "./send.ts";
import { createSessions } from "./sessions.ts";
import { createStage } from "./stage.ts";
import { createPull } from "./sync.ts";
import { createTarget } from "./target.ts";
import { kfText } from "./text.ts";
import { createWebhook } from "./webhook.ts";

const HOUR_MS = 3_600_000;

/** @throws Error that lists every wrong key when `options` is wrong */
export const createKfChannel: CreateChannel<KfOptions> = (id, options, ports) => {
  const config = parseConfig(id, options);
  const log = ports.log.child({ channel: id });
  const { clock, random, inbox, state } = ports;
  const format = (markdown: string): string => formatMarkdown(markdown, { style: config.format });
  const writing = { format, handoff: config.handoff, notices: config.notices };
  const closing = new AbortController();
  // One listener per account and request under way; that is no leak.
  setMaxListeners(0, closing.signal);

  const api = createApi(id, config, ports);
  const accounts = createAccounts({ channel: id, filter: config.accounts, state, inbox, clock, log });
  const customers = createCustomers({ api, state, clock, log });
  const sessions = createSessions({ channel: id, api, ports: { inbox, state, clock, log } });
  const answerEvent = createAnswerEvents({ config, api, ports: { instant: ports.instant, clock, log }, format });
  const pull = createPull({
    channel: id,
    config,
    api,
    accounts,
    customers,
    sessions,
    ports: { inbox, clock, log },
    onAnswerable: (answerable) => answerEvent(answerable, closing.signal),
  });
  const health: Health = createHealth({
    hasSecret: config.secret !== undefined,
    api,
    accounts,
    clock,
    lagMs: (openKfId) => pulls.lagMs(openKfId),
  });
  const pulls = createPulls({ pull, accounts, health, clock, random, log, stop: closing.signal });
  const discovery = createDiscovery({ api, accounts, health, clock, log });
  const news = createNews({
    hasSecret: config.secret !== undefined,
    accounts,
    discovery,
    pulls,
    log,
    stop: closing.signal,
  });
  const handOver = createHandOver({ api, sessions, state, log });

  const stageMedia = createMediaStager({ api: api.wecom, media: ports.media });
  const stageFile = createFileStager({ stageMedia, notices: config.notices, log });

  return {
    id,
    type: "kf",
    webhook: createWebhook({ id, config, clock, log, ...news, isClosing: () => closing.signal.aborted }),
    run: createRun({ config, accounts, discovery, sessions, pulls, ports: { own: ports.own, clock, random, log } }),
    target: createTarget(id, accounts, customers),
    prepare: createPrepare({
      notices: config.notices,
      longReply: config.longReply,
      sendsPerInbound: config.replyWindow.messages,
      text: kfText,
      takesNote: ({ kind }) => kind === "menu",
      degrade: (content) => degrade(content, writing),
    }),
    stage: createStage({ stageMedia, stageFile, ...writing, log }),
    send: createSend({ config, api, accounts, sessions, handOver, log }),
    openMedia: createOpenMedia(api.wecom),
    reply: { windowMs: config.replyWindow.hours * HOUR_MS, sendsPerInbound: config.replyWindow.messages },
    handoffKeywords: config.handoff.keywords,
    health: () => health.report(),
    async probe(signal) {
      if (config.secret !== undefined && (await discovery.refresh(signal))) api.wecom.forgetProblems();
      return health.report();
    },
    async close() {
      closing.abort();
      await pulls.ended();
    },
  };
};

/** Until the operator has filled in the secret, everything that needs it says so. */
function createApi(id: string, config: KfConfig, ports: ChannelPorts): KfApi {
  const { corpId, secret, apiBaseUrl } = config;
  if (secret === undefined) return kfApiOver(apiWithoutSecret(id));
  return kfApiOver(createChannelWecomApi({ corpId, secret, apiBaseUrl, errcodes: KF_ERRCODES }, ports));
}
