import type { Address } from "./address.ts";
import type { DeliveryNote, Piece, ReplyHandle, ReplyPolicy } from "./channel.ts";
import type { OutboundContent } from "./content.ts";
import type { CursorMove } from "./inbox.ts";
import type { JsonObject } from "./json.ts";
import type { InboundEvent, InboundMessage } from "./message.ts";

/*
 * Words: a *lane* is what turns are serialised by (the session's key: a conversation, unless `session` says otherwise).
 * A *claim* is the right to work on one row; it carries a number that grows with every take-over, and completing with an
 * old number fails with `StaleClaimError`. Ids: `msg_`, `evt_`, `trn_`, `rpl_`, `ses_` and, bare, deliveries.
 * All times are milliseconds since 1970, on the store's clock.
 */

/** The claim was taken over by another worker; whatever was done under it must be dropped. */
export class StaleClaimError extends Error {
  constructor(what: string) {
    super(`the claim on ${what} was taken over by another worker`);
    this.name = "StaleClaimError";
  }
}

/** What `accept` does with a message, decided by configuration before the transaction. */
export interface Routing {
  readonly lane: string;
  /**
   * `turn`: an agent answers; `command`: claimed apart, at once; `history`: kept and shown only; `resume`: a bare
   * "continue", which only wakes deferred deliveries while there are any, and is a turn otherwise; `aside`: nothing was
   * said (a rating): it makes no turn and renews nothing, but goes with the lane's next turn.
   */
  readonly as: "turn" | "command" | "history" | "resume" | "aside";
  /** How long a message that holds only media waits for the words that explain it. */
  readonly graceMs?: number;
}

export interface RoutedMessage {
  readonly message: InboundMessage;
  readonly routing: Routing;
}

export interface StoreBatch {
  readonly messages: readonly RoutedMessage[];
  readonly events: readonly InboundEvent[];
  /** Every cursor key is prefixed with the channel id by the caller. */
  readonly cursor?: CursorMove;
}

export interface Claim {
  readonly id: string;
  /** Grows with every take-over. */
  readonly number: number;
}

export interface ClaimedMessage {
  /** `msg_…` */
  readonly id: string;
  readonly message: InboundMessage;
}

/** The conversation's standing with the platform's limits, counted by the store. */
export interface Quota {
  /** When the person last wrote; undefined: never. */
  readonly lastInboundAt?: number;
  /** Sends claimed since then. */
  readonly sendsSinceInbound: number;
  /** Deliveries of this conversation that still wait. */
  readonly waiting: number;
}

export interface ClaimedTurn {
  readonly claim: Claim;
  /** `trn_…` */
  readonly id: string;
  readonly attempt: number;
  readonly lane: string;
  readonly as: "turn" | "command";
  readonly session: string;
  readonly conversation: Address;
  readonly messages: readonly ClaimedMessage[];
  readonly handles: readonly ReplyHandle[];
  /** What an earlier attempt opened. */
  readonly stream?: JsonObject;
  /** Text an earlier attempt had shown, for a cancelled or broken turn. */
  readonly shown?: string;
  /** The first ordinal no earlier attempt used for `addReply` or `ask`; ordinals begin with 0. */
  readonly replied: number;
  /** What earlier attempts asked, oldest first. */
  readonly asked: readonly StoredQuestion[];
  readonly quota: Quota;
  /** `/stop` was said before this attempt began. */
  readonly cancelled: boolean;
  /** When it was claimed first. */
  readonly createdAt: number;
  /** When an attempt of it failed first, if one did. */
  readonly failingSince?: number;
}

/** A question that the turn's sender was asked in the middle of it. */
export interface StoredQuestion {
  readonly ordinal: number;
  readonly content: OutboundContent;
  /** When the turn stops waiting for the answer. */
  readonly until: number;
  /** Nothing will answer it any more. */
  readonly closed: boolean;
  readonly answer?: ClaimedMessage;
}

export interface NewDelivery {
  /** 1–32 of [0-9A-Za-z_-], random. */
  readonly id: string;
  readonly piece: Piece;
  readonly stream?: JsonObject;
  readonly dueInMs?: number;
}

export interface NewReply {
  /** `rpl_…` */
  readonly id: string;
  /** As written, before formatting. */
  readonly content: readonly OutboundContent[];
  readonly deliveries: readonly NewDelivery[];
}

export type TurnOutcome = "answered" | "silent" | "denied" | "failed" | "cancelled";

/** An agent that failed before anything of its answer was shown; another was asked in its place. */
export interface PassedOver {
  readonly agent: string;
  readonly error: StoredError;
}

export interface TurnResult {
  readonly outcome: TurnOutcome;
  /** The name of the agent that answered, for the timeline. */
  readonly agent?: string;
  readonly passedOver?: readonly PassedOver[];
  readonly reply?: NewReply;
  /** What went wrong, for the timeline. */
  readonly error?: StoredError;
  /** Where the reply goes when that is not the turn's own conversation: a schedule's answer. */
  readonly to?: Address;
  /** Stored as the session's history with the turn's messages; the text an agent without memory sees next time. */
  readonly historyText?: string;
}

export interface StoredError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly platformCode?: number;
}

export type DeliveryState =
  | "queued"
  | "sending"
  | "accepted"
  | "confirmed"
  | "failed-late"
  /** Waits for the platform's window or quota, or for a human's leaving. */
  | "deferred"
  | "dead"
  | "discarded";

export interface ClaimedDelivery {
  readonly claim: Claim;
  readonly id: string;
  readonly replyId: string;
  readonly turnId?: string;
  readonly conversation: Address;
  readonly attempt: number;
  /** Staged, when an earlier attempt staged it. */
  readonly piece: Piece;
  /** Before it was staged. */
  readonly written: Piece;
  readonly staged: boolean;
  readonly note?: DeliveryNote;
  readonly stream?: JsonObject;
  /** Said before its turn ended: the turn's answer is still to come, or stands behind it. */
  readonly early?: true;
  readonly answers: readonly string[];
  readonly handles: readonly ReplyHandle[];
  /** Sends left after this one by the policy handed to the claim; undefined: unlimited. */
  readonly sendsLeft?: number;
  /** Other deliveries of this conversation wait behind this one. */
  readonly moreWaiting: boolean;
  /** It waited while a human served the conversation. */
  readonly waitedForHuman?: true;
  readonly createdAt: number;
}

/** What a channel needs to know of an answer that is not sent, to close what it opened for it. */
export type UnsentDelivery = Pick<ClaimedDelivery, "id" | "conversation" | "answers" | "handles" | "stream" | "early">;

export interface DeferReason {
  readonly until: "customer" | "human-left" | { readonly at: number };
  readonly error: StoredError;
}

export interface HistoryLine {
  /** `trn_…`, the turn it was said in. */
  readonly turn: string;
  readonly role: "user" | "assistant";
  readonly at: number;
  readonly text: string;
  readonly senderId?: string;
  readonly senderName?: string;
}

export interface HistoryOptions {
  /** Only what was said after this turn. */
  readonly after?: string;
  /** The oldest lines instead of the newest. */
  readonly oldest?: boolean;
}

/** The beginning of a session in short. */
export interface SessionMemory {
  readonly summary: string;
  /** The last turn that is in it. */
  readonly upTo: string;
}

export interface WorkerOptions {
  /** Names this process among the gateways on one store. */
  readonly worker: string;
  readonly limit: number;
  /** Only these channels; the configured ones. */
  readonly channels: readonly string[];
  /** Accounts of `tied` channels that are connected here, as "channel|account"; others of that channel stay. */
  readonly tied?: ReadonlyMap<string, ReadonlySet<string>>;
  /** What each channel's platform allows, and how many of its reply handles are of use. */
  readonly policies?: ReadonlyMap<string, ReplyPolicy>;
}

export type Wake = "turns" | "deliveries" | "cancel";

/** What is known of a file somebody sent. The bytes lie elsewhere, under their hash; several rows may share them. */
export interface MediaRow {
  readonly id: string;
  readonly sha256: string;
  readonly mime: string;
  readonly bytes: number;
  readonly filename?: string;
  /** `addressKey` of where it was sent. */
  readonly conversation?: string;
  readonly createdAt: number;
}
export interface MediaRows {
  /** An id that is known stays as it is. */
  put(row: MediaRow): Promise<void>;
  get(id: string): Promise<MediaRow | undefined>;
  /** Those made before `before`, oldest first. */
  expired(before: number, limit?: number): Promise<readonly MediaRow[]>;
  /** True: no other row has the same bytes, the file can go. */
  remove(id: string): Promise<boolean>;
  /** How many rows have these bytes; 0: a file nobody knows. */
  uses(sha256: string): Promise<number>;
}
