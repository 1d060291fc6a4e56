import { AuthenticationError, ChannelError, TransientError } from "@wxgate/core";
import { type ErrcodeTable, SHARED_ERRCODES, toWecomError } from "@wxgate/wecom-api";
import type { Ack } from "./wire.ts";

export const ERR_FREQUENCY = 45009;
export const ERR_REQ_ID = 846605;
export const ERR_STREAM_OVER = 846608;
export const ERR_NOT_SUBSCRIBED = 846609;
export const ERR_CREDENTIALS = 853000;

const CONSOLE_BOT = "WeCom admin console, AI bot, API mode, long connection";

/** What the bot's numbers mean. https://developer.work.weixin.qq.com/document/path/90313 */
export const BOT_ERRCODES: ErrcodeTable = {
  40008: {
    act: "give-up",
    code: "wecom-bot.bad-type",
    hint: "The long connection takes stream, markdown, template_card, file, image, voice and video; no plain text.",
  },
  [ERR_FREQUENCY]: {
    act: "wait",
    code: "wecom-bot.rate-limited",
    hint: "A bot may send 30 messages a minute and 1,000 an hour to one conversation, and subscribe rarely; it is sent later.",
  },
  [ERR_REQ_ID]: {
    act: "give-up",
    code: "wecom-bot.req-id-expired",
    hint: "Messages can be answered for 24 hours, events for 5 seconds.",
  },
  [ERR_STREAM_OVER]: {
    act: "give-up",
    code: "wecom-bot.stream-over",
    hint: "A bubble takes updates for 6 to 10 minutes; lower streamWindowSeconds if this comes often.",
  },
  [ERR_NOT_SUBSCRIBED]: {
    act: "wait",
    code: "wecom-bot.not-subscribed",
    hint: "The platform forgot the connection, or gave it to another client with the same Bot ID; it is made anew.",
  },
  850001: {
    act: "operator",
    code: "wecom-bot.authorisation-expired",
    hint: "Grant the bot its rights again in the WeCom client.",
  },
  [ERR_CREDENTIALS]: {
    act: "operator",
    code: "wecom-bot.bad-credentials",
    hint: `Copy Bot ID and Secret again (${CONSOLE_BOT}); a new Secret makes the old one void.`,
  },
  93001: {
    act: "give-up",
    code: "wecom-bot.chat-closed",
    hint: "The bot can write only where it is a member and somebody wrote to it before.",
  },
  93006: {
    act: "give-up",
    code: "wecom-bot.unknown-chat",
    hint: "The id must be exactly that of the callback (case matters), and somebody there must have written to the bot before.",
  },
  93008: { act: "give-up", code: "wecom-bot.not-in-group", hint: "Add the bot to the group." },
  93017: { act: "give-up", code: "wecom-bot.empty", hint: "The message holds nothing a person can see." },
  93018: { act: "give-up", code: "wecom-bot.image-too-large", hint: "Set imageMaxBytes to 2097152." },
  93019: {
    act: "operator",
    code: "wecom-bot.unknown-bot",
    hint: `The Bot ID is not known any more; look it up (${CONSOLE_BOT}).`,
  },
};

const WAIT_AFTER_45009_MS = 60_000;
/** What follows tells about our network, and changes from answer to answer. */
const ERRMSG_TAIL = /,?\s*(?:hint:|from ip:|more info at).*$/is;

/** @param secrets must not appear in the error */
export function toBotError(
  cmd: string,
  { errcode, errmsg }: Ack,
  now: number,
  secrets: readonly string[],
): ChannelError {
  const retryAt = errcode === ERR_FREQUENCY ? { retryAt: new Date(now + WAIT_AFTER_45009_MS) } : {};
  const refusal = { path: cmd, errcode, errmsg: errmsg.replace(ERRMSG_TAIL, "") || "no reason given" };
  return toWecomError(refusal, { tables: [BOT_ERRCODES, SHARED_ERRCODES], secrets, ...retryAt });
}

export function notConnected(reason: string): TransientError {
  return new TransientError(`the bot's connection is down: ${reason}`, {
    code: "wecom-bot.not-connected",
    sent: "no",
    hint: "It is made again by itself; name a wecom-agent-xml channel in `fallback` to send by the app meanwhile.",
  });
}

/** The frame left, no answer came. */
export function unanswered(cmd: string, why: string): TransientError {
  return new TransientError(`no answer to ${cmd}: ${why}`, { code: "wecom-bot.no-answer", sent: "unknown" });
}

/** Asked to send although the platform refuses us for good. */
export function refusedForGood(reason: string): AuthenticationError {
  return new AuthenticationError(`the bot cannot connect: ${reason}`, {
    code: "wecom-bot.bad-credentials",
    platformCode: ERR_CREDENTIALS,
    hint: `Copy Bot ID and Secret again (${CONSOLE_BOT}) and reload.`,
  });
}

export function codeOf(error: unknown): number | undefined {
  return error instanceof ChannelError ? error.platformCode : undefined;
}

export function isUnknownOutcome(error: unknown): boolean {
  return error instanceof TransientError && error.sent === "unknown";
}
