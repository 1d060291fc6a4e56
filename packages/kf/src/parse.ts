import { createHash } from "node:crypto";
import { type InboundEvent, type InboundMessage, type JsonObject, numberField, textField } from "@wxgate/core";
import { addressOf, type SyncContext, sentAtOf } from "./conversation.ts";
import { parseContent } from "./parse-content.ts";
import { parseEvent } from "./parse-event.ts";
import { ORIGIN_CUSTOMER, ORIGIN_SERVICER } from "./wire.ts";

/** One item of `sync_msg`. */
export type Parsed =
  | { readonly kind: "message"; readonly message: InboundMessage }
  | {
      readonly kind: "event";
      readonly event: InboundEvent;
      /** Allows one answer by `send_msg_on_event`, until `event.answerBy`. */
      readonly answerCode?: string;
      /** The platform says that the account is gone. */
      readonly accountGone?: boolean;
    };

/** Never throws: what cannot be understood becomes an `other` event, so that it is seen. */
export function parseItem(item: JsonObject, context: SyncContext): Parsed {
  const id = textField(item, "msgid") ?? derivedId(item);
  const at = sentAtOf(item);
  if (textField(item, "msgtype") === "event") return { kind: "event", ...parseEvent(item, { id, at, ...context }) };

  const peer = textField(item, "external_userid");
  const origin = numberField(item, "origin");
  const from = addressOf(context, textField(item, "open_kfid"), peer);
  if (peer !== undefined && origin === ORIGIN_CUSTOMER) {
    return { kind: "message", message: { id, from, sender: { id: peer }, sentAt: at, content: [parseContent(item)] } };
  }
  if (peer !== undefined && origin === ORIGIN_SERVICER) {
    const operator = textField(item, "servicer_userid");
    const sender = operator === undefined ? {} : { operator, sender: { id: operator } };
    return {
      kind: "event",
      event: { kind: "operator-wrote", id, at, from, ...sender, content: [parseContent(item)] },
    };
  }
  // Not the customer's: never answered, whoever wrote it.
  return { kind: "event", event: { kind: "other", name: "unknown-origin", id, at, from, data: item } };
}

/** The same item gives the same id on every delivery. */
function derivedId(item: JsonObject): string {
  return `h-${createHash("sha256").update(JSON.stringify(item)).digest("hex").slice(0, 32)}`;
}
