import type { Address } from "./address.ts";
import type { InboundContent, Quote, Rating, Sender } from "./content.ts";
import type { JsonObject } from "./json.ts";

export interface InboundMessage {
  /** The platform's id, unique within channel and account. A string: 64-bit ids never become numbers. */
  readonly id: string;
  readonly from: Address;
  readonly sender: Sender;
  readonly sentAt: Date;
  readonly content: readonly InboundContent[];
  readonly quote?: Quote;
  /** In a group, where the platform tells: was it said to us? Absent: the platform hands over nothing else. */
  readonly mentioned?: boolean;
  /** Opaque but to its channel: req_id, context_token, response_url, stream id. */
  readonly replyHandle?: JsonObject;
}

interface EventBase {
  /** The platform's id, or one derived from what happened: the same event has the same id on every delivery. */
  readonly id: string;
  readonly at: Date;
  readonly from: Address;
  readonly sender?: Sender;
  /** After this moment the platform takes no answer to the event any more. */
  readonly answerBy?: Date;
}

/** Something that happened beside the messages. Stored and shown; starts no turn. */
export type InboundEvent = EventBase &
  (
    | { readonly kind: "entered"; readonly scene?: string; readonly data?: JsonObject }
    | { readonly kind: "left" }
    | { readonly kind: "card-clicked"; readonly taskId: string; readonly key: string; readonly data?: JsonObject }
    /** Kept with the answer it is about, and shown to the agent with the sender's next message. */
    | ({ readonly kind: "feedback" } & Rating)
    | {
        readonly kind: "delivery-failed";
        /** The platform's id of the message that did not arrive. */
        readonly platformId: string;
        readonly reason: string;
        /** Nothing more can be sent before the customer writes again. */
        readonly closesWindow?: boolean;
      }
    | { readonly kind: "recalled"; readonly messageId: string; readonly by?: string }
    | {
        readonly kind: "session-changed";
        readonly servedBy: ServedBy;
        readonly operator?: string;
        readonly data?: JsonObject;
      }
    /** A human answered in our place. */
    | {
        readonly kind: "operator-wrote";
        readonly operator?: string;
        readonly content: readonly InboundContent[];
      }
    | { readonly kind: "account-changed"; readonly state: "added" | "disabled" | "deleted"; readonly name?: string }
    | { readonly kind: "kicked"; readonly reason: string }
    /** Anything else the platform tells; `name` is its own word. */
    | { readonly kind: "other"; readonly name: string; readonly data?: JsonObject }
  );

/** Who answers in a conversation: the gateway, or a person in the platform's own client. */
export type ServedBy = "bot" | "human";
