import {
  type ChannelError,
  type ChannelPorts,
  isObject,
  type OutboundContent,
  type OutboundMessage,
  RejectedError,
  type SendReceipt,
  textField,
} from "@wxgate/core";
import { hasErrcode } from "@wxgate/wecom-api";
import type { KfApi } from "./api.ts";
import { ERR_SERVICER_AWAY, ERR_SERVICER_UNKNOWN, ERR_TRANSITION, isDuplicateMessageId } from "./errors.ts";
import { render } from "./render.ts";
import { isHumans, type Sessions } from "./sessions.ts";
import { SESSION } from "./wire.ts";

type Handoff = Extract<OutboundContent, { kind: "handoff" }>;
export type HandOver = (message: OutboundMessage, handoff: Handoff, signal: AbortSignal) => Promise<SendReceipt>;

interface HandOverOptions {
  readonly api: Pick<KfApi, "sendOnEvent" | "sessionState" | "moveSession">;
  readonly sessions: Sessions;
  readonly state: ChannelPorts["state"];
  readonly log: ChannelPorts["log"];
}

/** The code of a hand-over is good for 48 hours. */
const CODE_MS = 48 * 3_600_000;

/** Gives the conversation to a servicer, or to the waiting pool, and says so outside the quota of five messages. */
export function createHandOver({ api, sessions, state, log }: HandOverOptions): HandOver {
  return async function handOver(message, { operator, text }, signal) {
    const { account, peer } = message.to;
    // Whoever asks three times in a row is not handed over again when the human leaves.
    if (message.waitedForHuman) return { platformId: message.id };
    const key = `handoff:${message.id}`;
    // A repeat after a crash finds what the first attempt did: the platform gives the code once.
    const done = await state.get(key);
    const moved = isObject(done)
      ? { operator: textField(done, "operator"), code: textField(done, "code") }
      : await move();
    if (text !== undefined && moved.code !== undefined) await say(moved.code, text);
    else if (text !== undefined) log.info({ account, peer }, "WeChat gave no code to announce the hand-over with");
    await sessions.changed(account, peer, "human", moved.operator);
    return { platformId: message.id };

    async function move(): Promise<Moved> {
      const result = await moveToHuman(account, peer, operator, signal);
      await state.set(key, { operator: result.operator, code: result.code }, { ttlMs: CODE_MS });
      return result;
    }

    async function say(code: string, words: string): Promise<void> {
      const body = render({ kind: "text", text: words, format: "plain" });
      try {
        await api.sendOnEvent({ ...body, code, msgid: message.id }, signal);
      } catch (error) {
        if (isDuplicateMessageId(error, message.attempt)) return;
        if (!(error instanceof RejectedError)) throw error;
        log.warn({ err: error, account, peer }, "the hand-over could not be announced");
      }
    }
  };

  async function moveToHuman(
    account: string,
    peer: string,
    operator: string | undefined,
    signal: AbortSignal,
  ): Promise<Moved> {
    try {
      if (operator !== undefined) return { operator, code: await toOperator(account, peer, operator, signal) };
      return { code: await api.moveSession(account, peer, { state: SESSION.pool }, signal) };
    } catch (error) {
      if (hasErrcode(error, ERR_SERVICER_AWAY, ERR_SERVICER_UNKNOWN) && operator !== undefined) {
        log.warn(
          { account, peer, operator },
          "the servicer does not receive customers, handing over to the waiting pool",
        );
        return { code: await api.moveSession(account, peer, { state: SESSION.pool }, signal) };
      }
      if (hasErrcode(error, ERR_TRANSITION)) return alreadyHumans(account, peer, error, signal);
      throw error;
    }
  }

  function toOperator(
    account: string,
    peer: string,
    operator: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    return api.moveSession(account, peer, { state: SESSION.human, operator }, signal);
  }

  async function alreadyHumans(
    account: string,
    peer: string,
    cause: ChannelError,
    signal: AbortSignal,
  ): Promise<Moved> {
    const found = await api.sessionState(account, peer, signal);
    if (!isHumans(found.state)) throw cause;
    return found.operator === undefined ? {} : { operator: found.operator };
  }
}

interface Moved {
  readonly operator?: string | undefined;
  readonly code?: string | undefined;
}
