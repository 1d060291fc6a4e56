import type { Address } from "./address.ts";
import type { DeliveryNote, Piece, ReplyPolicy } from "./channel.ts";
import type { Rating } from "./content.ts";
import type { StoredMessage } from "./inbox.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { InboundEvent, ServedBy } from "./message.ts";
import type { DeliveryState, Quota, StoredError } from "./store-records.ts";

export interface Page {
  readonly limit: number;
  /** Opaque; from the page before. */
  readonly before?: string;
}
export interface Paged<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface ConversationRow extends Address {
  readonly id: string;
  readonly name?: string;
  readonly lastMessageAt: number;
  readonly servedBy: ServedBy;
  readonly quota: Quota;
}
/** What one person last said of an answer. */
export interface RatingRow extends Omit<Rating, "messageId"> {
  readonly by: string;
  readonly at: number;
}
export interface MessageRow extends StoredMessage {
  readonly state: string;
  /** Of an answer: one rating per person. */
  readonly feedback?: readonly RatingRow[];
  readonly turnId?: string;
  readonly error?: StoredError;
}
export interface DeliveryRow {
  readonly id: string;
  readonly replyId: string;
  readonly turnId?: string;
  readonly conversation: Address;
  readonly state: DeliveryState;
  readonly attempt: number;
  readonly piece: Piece;
  readonly note?: DeliveryNote;
  readonly platformId?: string;
  readonly error?: StoredError;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly dueAt?: number;
}
/** A turn whose agent failed for good: nobody has answered its messages. */
export interface FailedTurnRow {
  readonly id: string;
  readonly conversation: Address;
  /** Our ids of the messages it was to answer. */
  readonly messages: readonly string[];
  readonly attempt: number;
  readonly error?: StoredError;
  readonly createdAt: number;
  readonly failedAt: number;
}
/** One step of a message's way: received, claimed, answered, each attempt, each receipt. */
export interface TimelineEntry {
  readonly at: number;
  readonly what: string;
  readonly id?: string;
  readonly attempt?: number;
  readonly error?: StoredError;
  readonly detail?: JsonValue;
}
export interface AuditEntry {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject?: string;
  readonly detail?: JsonObject;
}
export interface EventRow {
  readonly id: string;
  readonly event: InboundEvent;
  readonly receivedAt: number;
}

/** What people and pages ask; no hot path. */
/** How much of the platform's limits one account has used. */
export interface QuotaUse {
  readonly account: string;
  /** Conversations within the window; 0 where the platform has none. */
  readonly open: number;
  /** Of these, where nothing more can be sent before the person writes. */
  readonly usedUp: number;
  /** Sends of the last minute, in the conversation with the most. */
  readonly minute: number;
  readonly hour: number;
}

export interface StoreQueries {
  conversations(page: Page & { readonly channel?: string; readonly search?: string }): Promise<Paged<ConversationRow>>;
  conversation(id: string): Promise<ConversationRow | undefined>;
  messages(conversationId: string, page: Page): Promise<Paged<MessageRow>>;
  /** By our message id, platform id, or delivery id. */
  timeline(id: string): Promise<readonly TimelineEntry[] | undefined>;
  deliveries(page: Page & { readonly state?: DeliveryState; readonly channel?: string }): Promise<Paged<DeliveryRow>>;
  delivery(id: string): Promise<DeliveryRow | undefined>;
  failedTurns(page: Page & { readonly channel?: string }): Promise<Paged<FailedTurnRow>>;
  events(page: Page & { readonly channel?: string }): Promise<Paged<EventRow>>;
  audit(page: Page): Promise<Paged<AuditEntry>>;
  appendAudit(entry: Omit<AuditEntry, "at">): Promise<void>;
  /** Addresses of this channel whose peer is `peer`; `foldCase`: whatever its case. */
  knownPeers(channel: string, peer: string, options?: { readonly foldCase?: boolean }): Promise<readonly Address[]>;
  /** Accounts that have nothing to tell are left out. */
  quotaUse(channel: string, policy: ReplyPolicy): Promise<readonly QuotaUse[]>;
  counts(): Promise<{
    readonly waitingMessages: number;
    readonly runningTurns: number;
    readonly deliveries: Readonly<Record<DeliveryState, number>>;
  }>;
}
