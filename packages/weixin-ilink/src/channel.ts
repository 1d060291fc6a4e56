import { type CreateChannel, createBackground } from "@wxgate/core";
import { createPrepare } from "@wxgate/long-reply";
import { createAccounts } from "./accounts.ts";
import { createWatch } from "./alert.ts";
import { createIlinkApi } from "./api.ts";
import { type IlinkOptions, parseConfig } from "./config.ts";
import { degrade } from "./degrade.ts";
import { createHealth } from "./health.ts";
import { createHosts } from "./hosts.ts";
import { createLogin } from "./login.ts";
import { createOpenMedia } from "./media/open.ts";
import { createUploader } from "./media/upload.ts";
import { createPeople } from "./people.ts";
import { createPoll } from "./poll.ts";
import { createProbe } from "./probe.ts";
import { createQuotes } from "./quotes.ts";
import { createRun } from "./run.ts";
import { createSend } from "./send.ts";
import { createSpent } from "./spent.ts";
import { createStage } from "./stage.ts";
import { createTarget } from "./target.ts";
import { ilinkText } from "./text.ts";
import { createToolProgress } from "./tool-progress.ts";
import { createTyping } from "./typing.ts";

const HOUR_MS = 3_600_000;
/** The newest context token counts; a message of a login that was just replaced may come behind it. */
const HANDLES = 4;

/** @throws Error that lists every wrong key when `options` is wrong */
export const createWeixinIlinkChannel: CreateChannel<IlinkOptions> = (id, options, ports) => {
  const config = parseConfig(id, options);
  const { fetch, clock, random, inbox, state, media } = ports;
  const log = ports.log.child({ channel: id });
  const background = createBackground();
  const { baseUrl, cdnBaseUrl, notices, replyWindow } = config;
  const limits = { windowMs: replyWindow.hours * HOUR_MS, sendsPerInbound: replyWindow.messages };

  const hosts = createHosts(config);
  const api = createIlinkApi({ ...config, fetch, clock, random });
  const accounts = createAccounts({ config, state, clock, log });
  const health = createHealth(accounts, clock);
  const watch = createWatch({ channel: id, alertUrl: config.alertUrl, accounts, fetch, clock, log, background });
  const people = createPeople(state);
  const quotes = createQuotes({ inbox, state, clock, log });
  const groups = config.groupMessages;
  const poll = createPoll({ channel: id, groups, api, inbox, clock, log, health, watch, people, quotes });
  const upload = createUploader({ api, fetch, random, hosts, cdnBaseUrl });
  const sending = { accounts, api, watch, quotes, spent: createSpent(), moreWaits: notices.moreWaits, clock };

  return {
    id,
    type: "weixin-ilink",
    run: createRun({ accounts, api, own: ports.own, clock, log, poll, background }),
    login: createLogin({ baseUrl, api, accounts, hosts, clock, log }),
    target: createTarget(id, accounts, people),
    prepare: createPrepare({
      notices,
      sendsPerInbound: limits.sendsPerInbound,
      text: ilinkText(config.textLimit),
      degrade,
    }),
    stage: createStage({ accounts, media, upload, notices, clock, log }),
    send: createSend({ ...sending, ...limits }),
    openMedia: createOpenMedia({ fetch, hosts, cdnBaseUrl }),
    ...(config.typing ? { typing: createTyping({ accounts, api, clock, log, background }) } : {}),
    ...(config.toolProgress ? { toolProgress: createToolProgress(clock) } : {}),
    // The account is the person who scanned: nobody else's bot it is.
    vouchesFor: ({ account, kind }, sender) => kind === "direct" && sender.id === account,
    reply: { ...limits, handles: HANDLES, ...(config.gapMs === 0 ? {} : { gapMs: config.gapMs }) },
    health: () => health.report(),
    probe: createProbe({ accounts, api, health, watch }),
    close: background.close,
  };
};
