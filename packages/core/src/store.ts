import type { Address } from "./address.ts";
import type { DeliveryNote, Piece, ReplyHandle, ReplyPolicy, SendReceipt } from "./channel.ts";
import type { InboundContent, OutboundContent } from "./content.ts";
import type { Accepted, CursorMove, StoredMessage } from "./inbox.ts";
import type { JsonObject } from "./json.ts";
import type { InboundEvent, InboundMessage, ServedBy } from "./message.ts";
import type { State } from "./ports.ts";
import type { ScheduleStore } from "./schedule.ts";
import type { StoreQueries } from "./store-queries.ts";

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
  readonly answers: readonly string[];
  readonly handles: readonly ReplyHandle[];
  /** Sends left after this one by the policy handed to the claim; undefined: unlimited. */
  readonly sendsLeft?: number;
  /** Other deliveries of this conversation wait behind this one. */
  readonly moreWaiting: boolean;
  readonly createdAt: number;
}

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
}

export type Wake = "turns" | "deliveries" | "cancel";

export interface Store {
  /**
   * Point A. In one transaction: dedupe by (channel, account, id), insert, move the cursor. Also, whatever access says later:
   * a new message renews window, quota and handles (messages, not events) and wakes deferred deliveries; `recalled` drops
   * a message that waits; `delivery-failed` marks the delivery failed-late (with `closesWindow`, later ones are
   * deferred); `feedback` is kept with the delivery it is about; `session-changed` and `operator-wrote` set who serves: while a human does, messages are history and
   * deliveries wait.
   */
  accept(batch: StoreBatch): Promise<Accepted>;
  cursor(key: string): Promise<string | undefined>;
  find(channel: string, account: string, platformId: string): Promise<StoredMessage | undefined>;

  /** Commands first, then turns whose time has come, at most one per lane; each with every message that waits there
      (in a group: of the first one's sender). */
  claimTurns(options: WorkerOptions): Promise<readonly ClaimedTurn[]>;
  /** Replaces the content of one message of a claimed turn: media that were fetched. */
  saveContent(claim: Claim, messageId: string, content: readonly InboundContent[]): Promise<void>;
  /** The stream's handle, before its first frame; then now and then the text it shows. */
  saveStream(claim: Claim, stream: JsonObject, shown?: string): Promise<void>;
  /** Stores a reply before the turn ends; `ordinal` counts them: one that exists already is not stored again. */
  addReply(claim: Claim, ordinal: number, reply: NewReply): Promise<void>;
  /**
   * `addReply` with a question of which `content` is the whole: the sender's first message behind it is the answer. One
   * question is open at a time.
   */
  ask(claim: Claim, ordinal: number, question: NewReply, waitMs: number): Promise<StoredQuestion>;
  /** Of the turns this worker runs, those whose open question has an answer that waits to be taken. */
  answeredTurns(worker: string): Promise<readonly string[]>;
  /**
   * Takes the answer to a question: from then on it is one of the turn's messages and starts no turn of its own.
   * Undefined: there is none yet; with `close`, there will be none.
   */
  takeAnswer(claim: Claim, ordinal: number, close?: boolean): Promise<ClaimedMessage | undefined>;
  /** Point B: the turn is done and its reply stored, in one transaction. */
  completeTurn(claim: Claim, result: TurnResult): Promise<void>;
  /** Gives the turn back: it is claimed again, as the next attempt, `retryInMs` from now. */
  releaseTurn(claim: Claim, retryInMs: number, error?: StoredError, options?: { keepAttempt?: boolean }): Promise<void>;
  /** `/stop`: the running turn of the lane and what waits in it. Returns the ids of the running turns. */
  cancelTurns(lane: string): Promise<readonly string[]>;
  /** Of the turns this worker runs, those that were cancelled. */
  cancelledTurns(worker: string): Promise<readonly string[]>;
  /** A fresh session for the lane; its id. With `claim`, that turn is the first of it; otherwise the next one is. */
  newSession(lane: string, claim?: Claim): Promise<string>;
  /** The newest lines of what was said in a session, oldest first. */
  history(lane: string, session: string, limit: number, options?: HistoryOptions): Promise<readonly HistoryLine[]>;
  memory(lane: string, session: string): Promise<SessionMemory | undefined>;
  /**
   * Replaces what is remembered up to the turn `before` (undefined: nothing yet). False: something else is remembered by
   * now, or the lane has begun another session, which forgets it.
   */
  saveMemory(lane: string, session: string, memory: SessionMemory, before: string | undefined): Promise<boolean>;

  /**
   * The head of each conversation that is due, at most one per conversation and none beside one that is being sent.
   * Counts the send against the quota. A head the policy forbids becomes `deferred` (window, per inbound), or due later
   * (minute, hour, gap).
   */
  claimDeliveries(
    options: WorkerOptions & { readonly policies: ReadonlyMap<string, ReplyPolicy> },
  ): Promise<readonly ClaimedDelivery[]>;
  /** The staged piece and its note, before the first attempt: a repeat sends the same bytes. */
  stageDelivery(claim: Claim, staged: Piece | undefined, note?: DeliveryNote): Promise<void>;
  completeDelivery(claim: Claim, receipt: SendReceipt): Promise<void>;
  /** The next attempt comes `retryInMs` from now. `keepAttempt`: the account was paused, it was no attempt. */
  retryDelivery(
    claim: Claim,
    retryInMs: number,
    error: StoredError,
    options?: { keepAttempt?: boolean; unsent?: boolean },
  ): Promise<void>;
  /** `deferred`: goes first when what it waits for comes. The send is given back to the quota. */
  deferDelivery(claim: Claim, reason: DeferReason): Promise<void>;
  /** `dead`, and with it the later pieces of its reply. */
  failDelivery(claim: Claim, error: StoredError): Promise<void>;
  /** Deferred deliveries older than `deferMs` become `dead`. Returns how many. */
  expireDeferred(deferMs: number): Promise<number>;
  /** Queues a reply nobody asked for (or a notice) at the conversation's tail. */
  enqueue(
    to: Address,
    reply: NewReply,
    options?: { readonly answers?: readonly string[]; readonly source?: string },
  ): Promise<void>;
  /** Joins at the tail again; false: there is no such delivery in a final state. */
  redriveDelivery(id: string): Promise<boolean>;
  discardDelivery(id: string): Promise<boolean>;
  /**
   * The agent of a failed turn is asked again, from attempt 1. False: there is no such failed turn, its messages are gone,
   * a human serves, or another turn of its conversation is at work.
   */
  redriveTurn(id: string): Promise<boolean>;
  quota(to: Address): Promise<Quota>;

  /** Sends of the account wait (`until` undefined: till it is resumed). */
  pauseAccount(channel: string, account: string, error: StoredError, until?: number): Promise<void>;
  resumeAccount(channel: string, account: string): Promise<void>;
  pausedAccounts(): Promise<
    readonly { channel: string; account: string; error: StoredError; since: number; until?: number }[]
  >;
  setServedBy(conversation: Address, servedBy: ServedBy): Promise<void>;
  servedBy(conversation: Address): Promise<ServedBy>;

  state(channel: string): State;
  /** Fenced: undefined while somebody else holds it. The same owner renews with the same number. */
  acquireLease(key: string, owner: string, ttlMs: number): Promise<number | undefined>;
  releaseLease(key: string, owner: string): Promise<void>;
  /** Keeps this worker's claims for `ttlMs` more and takes back those of workers that stopped. */
  heartbeat(worker: string, ttlMs: number): Promise<void>;
  /** Frees all claims of `worker` at once: an orderly end. */
  releaseWorker(worker: string): Promise<void>;

  readonly query: StoreQueries;
  readonly media: MediaRows;
  readonly schedules: ScheduleStore;

  /** Called after commits that make work; on PostgreSQL also for what other gateways commit. Returns the end of it. */
  onWake(listener: (wake: Wake) => void): () => void;
  /** Removes what is older than its keeping: at least 7 days for dedupe ids, expired state, finished rows. */
  prune(keepMs: number): Promise<void>;
  close(): Promise<void>;
}

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
