import type { Address } from "./address.ts";
import type { DeliveryNote, Piece, ReplyPolicy, SendReceipt } from "./channel.ts";
import type { InboundContent } from "./content.ts";
import type { Accepted, StoredMessage } from "./inbox.ts";
import type { JsonObject } from "./json.ts";
import type { ServedBy } from "./message.ts";
import type { State } from "./ports.ts";
import type { ScheduleStore } from "./schedule.ts";
import type { StoreQueries } from "./store-queries.ts";
import type {
  Claim,
  ClaimedDelivery,
  ClaimedMessage,
  ClaimedTurn,
  DeferReason,
  HistoryLine,
  HistoryOptions,
  MediaRows,
  NewReply,
  Quota,
  SessionMemory,
  StoreBatch,
  StoredError,
  StoredQuestion,
  TurnResult,
  UnsentDelivery,
  Wake,
  WorkerOptions,
} from "./store-records.ts";

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
      (in a group: of the first one's sender). Fewer than asked for: there are no more now, or `onWake` tells of them. */
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
  /** Those of a channel that came after `since` (milliseconds since 1970) and no turn has taken yet, oldest first. */
  waitingMessages(channel: string, since: number): Promise<readonly ClaimedMessage[]>;
  /** New content of a message (`msg_…`) that no turn has taken yet. False: one has. */
  saveWaiting(messageId: string, content: readonly InboundContent[]): Promise<boolean>;
  /** Only of one that waits: queued or deferred. */
  unsentDelivery(id: string): Promise<UnsentDelivery | undefined>;
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
