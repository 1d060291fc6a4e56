import { createHash } from "node:crypto";
import {
  type Address,
  type InboundContent,
  type InboundEvent,
  type InboundMessage,
  isObject,
  type JsonObject,
  numberField,
  objectField,
  type Sender,
  textField,
} from "@wxgate/core";
import type { Account } from "./accounts.ts";
import { oldContents, oldGroup, oldSender } from "./old-dialect.ts";
import { parseItem } from "./parse-item.ts";
import { parseReference, type Reference } from "./reference.ts";
import { idField, MESSAGE_BOT } from "./wire.ts";

export type Parsed =
  | { readonly kind: "message"; readonly message: InboundMessage; readonly reference: Reference | undefined }
  | { readonly kind: "event"; readonly event: InboundEvent }
  | { readonly kind: "skip"; readonly reason: "echo" | "group" | "nobody" };

export interface ParseContext {
  readonly channel: string;
  readonly account: Account;
  readonly groups: "drop" | "accept";
  /** For messages that name no time, in milliseconds since 1970. */
  readonly now: number;
}

/** Below it a time is in seconds. */
const FIRST_MS = 1e12;

/** What one message of the wire is to us. Never throws: what is odd becomes `unsupported`. */
export function parseMessage(raw: JsonObject, { channel, account, groups, now }: ParseContext): Parsed {
  const sender = senderOf(raw);
  if (sender === undefined) return { kind: "skip", reason: "nobody" };
  if (numberField(raw, "message_type") === MESSAGE_BOT || sender.id === account.botId) {
    return { kind: "skip", reason: "echo" };
  }
  const group = textField(raw, "group_id", "room_id", "chat_room_id") ?? oldGroup(raw);
  if (group !== undefined && groups === "drop") return { kind: "skip", reason: "group" };

  const kind = group === undefined ? "direct" : "group";
  const from: Address = { channel, account: account.id, kind, peer: group ?? sender.id };
  const id = idOf(raw, sender.id);
  const sentAt = timeOf(raw, now);
  if ((numberField(raw, "delete_time_ms") ?? 0) > 0) {
    return {
      kind: "event",
      event: { kind: "recalled", id: `${id}:recalled`, at: sentAt, from, sender, messageId: id, by: sender.id },
    };
  }
  const items = itemsOf(raw);
  const contextToken = textField(raw, "context_token");
  return {
    kind: "message",
    message: {
      id,
      from,
      sender,
      sentAt,
      content: contentsOf(raw, items),
      ...(contextToken === undefined ? {} : { replyHandle: { contextToken, login: account.login } }),
    },
    reference: items.map((item) => parseReference(objectField(item, "ref_msg"))).find((found) => found !== undefined),
  };
}

function senderOf(raw: JsonObject): Sender | undefined {
  const id = textField(raw, "from_user_id");
  return id === undefined ? oldSender(raw) : { id };
}

/** The platform's id; where it names none, one that the same message has again. */
function idOf(raw: JsonObject, sender: string): string {
  const [first] = itemsOf(raw);
  const named = idField(raw, "message_id", "msgId") ?? idField(first ?? {}, "msg_id") ?? textField(raw, "client_id");
  if (named !== undefined) return named;
  const seq = idField(raw, "seq");
  if (seq !== undefined) return `seq-${seq}-${sender}`;
  return `hash-${createHash("sha256").update(JSON.stringify(raw)).digest("base64url").slice(0, 32)}`;
}

function timeOf(raw: JsonObject, now: number): Date {
  const time = numberField(raw, "create_time_ms", "timestamp");
  if (time === undefined || time <= 0) return new Date(now);
  const date = new Date(time < FIRST_MS ? time * 1000 : time);
  return Number.isNaN(date.getTime()) ? new Date(now) : date;
}

function itemsOf(raw: JsonObject): readonly JsonObject[] {
  return Array.isArray(raw.item_list) ? raw.item_list.filter(isObject) : [];
}

function contentsOf(raw: JsonObject, items: readonly JsonObject[]): readonly InboundContent[] {
  const contents = items.length > 0 ? items.map(parseItem) : oldContents(raw);
  return contents.length > 0 ? contents : [{ kind: "unsupported", nativeType: "empty", raw }];
}
