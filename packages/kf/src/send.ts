import { chunkText } from "@wxgate/chunker";
import {
  type Channel,
  type ChannelPorts,
  type OutboundContent,
  type OutboundMessage,
  ProtocolError,
  type SendReceipt,
} from "@wxgate/core";
import { expiredUpload, followUpId, hasErrcode } from "@wxgate/wecom-api";
import type { Accounts } from "./accounts.ts";
import type { KfApi } from "./api.ts";
import type { KfConfig } from "./config.ts";
import {
  ERR_ACCOUNT_GONE,
  ERR_ACCOUNT_ILLEGAL,
  ERR_SESSION_STATE,
  ERR_TEXT_TOO_LONG,
  ERR_TRANSITION,
  humanServes,
  isDuplicateMessageId,
  sessionOver,
} from "./errors.ts";
import type { HandOver } from "./hand-over.ts";
import { render } from "./render.ts";
import { isHumans, type Sessions } from "./sessions.ts";
import { byteLength } from "./text.ts";
import { SESSION, type WireMessage } from "./wire.ts";

export interface SendOptions {
  readonly config: Pick<KfConfig, "notices" | "takeBack">;
  readonly api: Pick<KfApi, "sendMessage" | "sessionState" | "moveSession">;
  readonly accounts: Pick<Accounts, "drop">;
  readonly sessions: Sessions;
  readonly handOver: HandOver;
  readonly log: ChannelPorts["log"];
}

/** Sends one prepared and staged piece. */
export function createSend(options: SendOptions): Channel["send"] {
  const { api, config, sessions } = options;

  return async function send(message, signal) {
    const content = onlyContent(message);
    if (content.kind === "handoff") return options.handOver(message, content, signal);
    const body = render(content, message.note === "more-waits" ? config.notices.moreWaits : undefined);
    try {
      return await deliver(message, body, signal);
    } catch (error) {
      return await recover(message, body, error, signal);
    }
  };

  async function deliver(message: OutboundMessage, body: WireMessage, signal: AbortSignal): Promise<SendReceipt> {
    const { to, id, attempt } = message;
    try {
      return {
        platformId: await api.sendMessage({ ...body, touser: to.peer, open_kfid: to.account, msgid: id }, signal),
      };
    } catch (error) {
      if (!isDuplicateMessageId(error, attempt)) throw error;
      options.log.info({ message: id, attempt }, "the platform has this message already");
      return { platformId: id };
    }
  }

  async function recover(
    message: OutboundMessage,
    body: WireMessage,
    error: unknown,
    signal: AbortSignal,
  ): Promise<SendReceipt> {
    if (hasErrcode(error, ERR_SESSION_STATE)) return refusedByState(message, body, error, signal);
    if (hasErrcode(error, ERR_TEXT_TOO_LONG)) return inHalves(message, body, error, signal);
    const expired = expiredUpload(error, message.attempt);
    if (expired !== undefined) throw expired;
    if (hasErrcode(error, ERR_ACCOUNT_GONE, ERR_ACCOUNT_ILLEGAL))
      await options.accounts.drop(message.to.account, "deleted");
    throw error;
  }

  /** 95018 says that the state forbids it, not which state it is: a human serves, or the session is over. */
  async function refusedByState(
    message: OutboundMessage,
    body: WireMessage,
    cause: unknown,
    signal: AbortSignal,
  ): Promise<SendReceipt> {
    const { account, peer } = message.to;
    const { state, operator } = await api.sessionState(account, peer, signal);
    if (!isHumans(state)) throw sessionOver(cause);
    const { from } = config.takeBack;
    const mayTake = from === "human" || (from === "pool" && state === SESSION.pool);
    if (mayTake && (await takeBack(account, peer, signal))) return deliver(message, body, signal);
    await sessions.changed(account, peer, "human", operator);
    throw humanServes(operator, cause);
  }

  async function takeBack(account: string, peer: string, signal: AbortSignal): Promise<boolean> {
    try {
      await api.moveSession(account, peer, { state: SESSION.assistant }, signal);
    } catch (error) {
      if (!hasErrcode(error, ERR_TRANSITION)) throw error;
      options.log.warn({ account, peer }, "WeChat does not give the session back to the bot");
      return false;
    }
    await sessions.changed(account, peer, "bot");
    return true;
  }

  /** The documented limit is kept, so this is a platform with a smaller one. Both halves have ids of their own. */
  async function inHalves(
    message: OutboundMessage,
    body: WireMessage,
    cause: unknown,
    signal: AbortSignal,
  ): Promise<SendReceipt> {
    const text = (body.text as { content?: unknown } | undefined)?.content;
    if (typeof text !== "string" || byteLength(text) < 8) throw cause;
    const half = Math.ceil(byteLength(text) / 2);
    const parts = chunkText(text, { maxBytes: half, fences: false });
    const [first, ...rest] = parts;
    const receipt = await deliver(message, { msgtype: "text", text: { content: first ?? text } }, signal);
    for (const [index, part] of rest.entries()) {
      if (part.trim() === "") continue;
      const following = { ...message, id: followUpId(message.id, index + 2) };
      await deliver(following, { msgtype: "text", text: { content: part } }, signal);
    }
    return receipt;
  }
}

function onlyContent({ piece }: OutboundMessage): OutboundContent {
  const [content] = piece.content;
  if (content !== undefined && piece.content.length === 1) return content;
  throw new ProtocolError(`a piece holds ${piece.content.length} contents; WeChat takes one per message`, {
    code: "kf.not-prepared",
  });
}
