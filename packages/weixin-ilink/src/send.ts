import { createHash } from "node:crypto";
import {
  AuthenticationError,
  type Channel,
  ChannelError,
  type Clock,
  type JsonObject,
  numberField,
  type OutboundMessage,
  objectField,
  ProtocolError,
  RejectedError,
  type ReplyHandle,
  type SendReceipt,
  TransientError,
  textField,
} from "@wxgate/core";
import type { Account, Accounts } from "./accounts.ts";
import type { Watch } from "./alert.ts";
import type { IlinkApi } from "./api.ts";
import { needsLogin, REFUSED, textTooLong, unknownAccount, waitsForPerson } from "./errors.ts";
import type { Quotes } from "./quotes.ts";
import { render, TEXT_BYTES, UPLOADED_AT } from "./render.ts";
import type { Spent } from "./spent.ts";
import { MESSAGE_BOT, STATE_FINISHED } from "./wire.ts";

interface SendOptions {
  readonly accounts: Accounts;
  readonly api: Pick<IlinkApi, "sendMessage">;
  readonly watch: Watch;
  readonly quotes: Quotes;
  readonly spent: Spent;
  readonly windowMs: number;
  readonly sendsPerInbound: number;
  readonly moreWaits: string;
  readonly clock: Clock;
}

/** How long an upload can be shown is not known; after a day it is uploaded anew. */
const UPLOAD_MS = 24 * 3_600_000;
/** A refusal that nothing explains is tried once more, this much later: the platform throttles, and repeats prolong it. */
const THROTTLE_MS = 30_000;
const UNKNOWN_CODE_ATTEMPTS = 5;

interface Attempt {
  readonly message: OutboundMessage;
  readonly account: Account;
  readonly handle: ReplyHandle | undefined;
  readonly item: JsonObject;
}

/** Sends one item. What -2 means is told apart by what we know, never by its words alone. */
export function createSend(options: SendOptions): Channel["send"] {
  const { accounts, api, watch, quotes, spent, windowMs, sendsPerInbound, moreWaits, clock } = options;

  return async function send(message, signal): Promise<SendReceipt> {
    const attempt = await prepareAttempt(message);
    const { account, item } = attempt;
    const kept = quotes.sending(message);
    try {
      const platformId = await api.sendMessage(account, toWire(attempt), signal);
      spent.count(message.to, attempt.handle?.messageId);
      await kept;
      // No id is what silent losses look like: taken, and perhaps never shown.
      return platformId === undefined ? { unconfirmed: true } : { platformId };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ChannelError)) throw error;
      await kept;
      if (!(error instanceof TransientError) || error.sent === "no") await quotes.unsent(message);
      throw await explain(error, attempt, item);
    }
  };

  async function prepareAttempt(message: OutboundMessage): Promise<Attempt> {
    const { to, handles, piece, note } = message;
    const account = await accounts.find(to.account);
    if (account === undefined) throw unknownAccount(to.account);
    if (accounts.refusedAt(account) !== undefined) throw needsLogin(account.id);
    const handle = handles.find(({ data }) => data.login === account.login);
    // Handles of an earlier login are no good any more.
    if (handle === undefined && handles.length > 0) throw waitsForPerson("context");
    const [content] = piece.content;
    if (content === undefined || piece.content.length > 1) {
      throw new ProtocolError(`a message of iLink has one item, not ${piece.content.length}`, {
        code: "ilink.not-prepared",
      });
    }
    const uploadedAt = content.kind === "native" ? numberField(content.payload, UPLOADED_AT) : undefined;
    if (uploadedAt !== undefined && clock.now() - uploadedAt > UPLOAD_MS) throw uploadTooOld();
    return { message, account, handle, item: render(content, note === "more-waits" ? moreWaits : undefined) };
  }

  async function explain(error: ChannelError, attempt: Attempt, item: JsonObject): Promise<ChannelError> {
    const { message, account, handle } = attempt;
    if (error instanceof AuthenticationError) {
      await watch.refused(account);
      return needsLogin(account.id, error);
    }
    if (error.code === "ilink.unknown-code" && message.attempt >= UNKNOWN_CODE_ATTEMPTS) {
      const { code, platformCode } = error;
      return new RejectedError(error.message, {
        code,
        ...(platformCode === undefined ? {} : { platformCode }),
        cause: error,
      });
    }
    if (error.platformCode !== REFUSED) return error;
    const bytes = Buffer.byteLength(textField(objectField(item, "text_item"), "text") ?? "");
    if (bytes > TEXT_BYTES) return textTooLong(bytes, error);
    if (handle === undefined) return waitsForPerson("context", error);
    if (clock.now() - handle.receivedAt > windowMs) return waitsForPerson("window", error);
    if (spent.of(message.to, handle.messageId) >= sendsPerInbound) return waitsForPerson("quota", error);
    if (/unknown error/i.test(error.message)) return waitsForPerson("context", error);
    if (message.attempt > 1) return waitsForPerson("refused-twice", error);
    return new TransientError(error.message, {
      code: "ilink.throttled",
      platformCode: REFUSED,
      until: { at: new Date(clock.now() + THROTTLE_MS) },
      hint: "It is tried once more; then it waits for the person's next message. Raise gapMs if this comes often.",
      cause: error,
    });
  }
}

/** `client_id` stays over repeats of one message. */
function toWire({ message, handle, item }: Attempt): JsonObject {
  const contextToken = handle === undefined ? undefined : textField(handle.data, "contextToken");
  const runId = runIdOf(message);
  return {
    from_user_id: "",
    to_user_id: message.to.peer,
    client_id: message.id,
    message_type: MESSAGE_BOT,
    message_state: STATE_FINISHED,
    ...(contextToken === undefined ? {} : { context_token: contextToken }),
    ...(runId === undefined ? {} : { run_id: runId }),
    item_list: [item],
  };
}

/** The same UUID for everything that answers the same messages; nothing for what nobody asked for. */
function runIdOf({ to, answers }: OutboundMessage): string | undefined {
  if (answers.length === 0) return undefined;
  const hex = createHash("sha256")
    .update(JSON.stringify([to.account, to.peer, ...answers]))
    .digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

function uploadTooOld(): TransientError {
  return new TransientError("the file was uploaded long ago, it is uploaded again", {
    code: "ilink.upload-expired",
    restage: true,
  });
}
