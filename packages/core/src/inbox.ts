import type { Address } from "./address.ts";
import type { InboundContent, OutboundContent, Sender } from "./content.ts";
import type { InboundEvent, InboundMessage } from "./message.ts";

export interface CursorMove {
  readonly key: string;
  readonly value: string;
  /** Moves only if the cursor is still here (`""`: there is none yet); the messages are stored anyway. */
  readonly after?: string;
}

export interface InboundBatch {
  readonly messages: readonly InboundMessage[];
  readonly events?: readonly InboundEvent[];
  /** Messages from before our first contact: kept as history, no turn is made of them. */
  readonly history?: readonly InboundMessage[];
  readonly cursor?: CursorMove;
}

export interface Accepted {
  readonly accepted: number;
  readonly duplicates: number;
  /** Ids (of messages and events) that were not known before. */
  readonly fresh: ReadonlySet<string>;
  /**
   * Told where the channel `showsAtOnce`: ids of messages that are kept and get no answer, said in a group and not to us, or by
   * somebody who is refused without a word.
   */
  readonly overheard?: ReadonlySet<string>;
}

export interface Inbox {
  /**
   * Stores messages, events and, for a pull channel, the cursor behind them in one transaction. Resolves once durable:
   * only then may the platform be told "received". Duplicates are no error.
   */
  accept(batch: InboundBatch): Promise<Accepted>;
  cursor(key: string): Promise<string | undefined>;
  /** A message of ours or theirs by the platform's id, for quotes and late receipts. */
  find(account: string, platformId: string): Promise<StoredMessage | undefined>;
}

/** One line of a conversation as it is kept. */
export interface StoredMessage {
  /** Ours: `msg_…` of what came in, the delivery id of what went out. */
  readonly id: string;
  readonly platformId?: string;
  readonly conversation: Address;
  readonly direction: "inbound" | "outbound" | "operator";
  readonly sender?: Sender;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly content: readonly (InboundContent | OutboundContent)[];
  /**
   * Of what no turn has answered: none has taken it yet, one is at work on it, it was taken back before one did, or it asked
   * only for what waits.
   */
  readonly unanswered?: "waiting" | "answering" | "dropped" | "resume";
}
