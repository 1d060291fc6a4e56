import { createHash } from "node:crypto";
import { type Address, type InboundEvent, type InboundMessage, isObject, type Sender } from "@wxgate/core";
import { type XmlFields, xmlText } from "@wxgate/wecom-callback";
import type { CardTap } from "@wxgate/wecom-card";
import { parseContent } from "./parse-content.ts";
import { parseEvent } from "./parse-event.ts";
import { word } from "./wire.ts";

export interface ParseContext {
  readonly channel: string;
  /** The agent id. */
  readonly account: string;
  /** What a tap on the app's menu says, by its key. */
  readonly menu: Readonly<Record<string, string>>;
}

/** A button or form of a card was used: what is needed to show its new state. */
export interface AppCardTap extends CardTap {
  readonly taskId: string;
  readonly cardType: string;
  readonly member: string;
  /** Allows one update of the card within 72 hours. */
  readonly responseCode?: string;
  /** From the menu in the corner, which changes nothing on the card. */
  readonly fromMenu: boolean;
}

/** What one callback says. */
export interface Parsed {
  readonly message?: InboundMessage;
  readonly event?: InboundEvent;
  readonly tap?: AppCardTap;
}

/** What every callback has, read once. */
export interface Frame extends ParseContext {
  readonly from: Address;
  /** Absent where the platform itself speaks. */
  readonly sender?: Sender;
  readonly at: Date;
}

/** Elements that tell two messages without MsgId apart. */
const IDENTITY = [
  ...["FromUserName", "CreateTime", "MsgType", "Content", "MediaId", "ThumbMediaId", "PicUrl"],
  ...["Location_X", "Location_Y", "Label", "Title", "Description", "Url"],
];

/** Whether this is who sends system callbacks, such as changes of contacts. */
export function isSystem(sender: string | undefined): boolean {
  return sender?.toLowerCase() === "sys";
}

/** Never throws. A callback without a sender says nothing. */
export function parseCallback(body: XmlFields, context: ParseContext): Parsed {
  const sender = word(body, "FromUserName");
  if (sender === undefined) return {};
  const frame = frameOf(body, sender, context);
  if (word(body, "MsgType")?.toLowerCase() === "event") return parseEvent(body, frame);
  // The platform's own account never gets a conversation.
  if (frame.sender === undefined) return {};
  const id = word(body, "MsgId") ?? derivedId(body, IDENTITY);
  const message = { id, from: frame.from, sender: frame.sender, sentAt: frame.at, content: [parseContent(body)] };
  return { message };
}

function frameOf(body: XmlFields, sender: string, context: ParseContext): Frame {
  const { channel, account, menu } = context;
  const sentAt = new Date((Number(word(body, "CreateTime")) || 0) * 1000);
  const at = Number.isNaN(sentAt.getTime()) ? new Date(0) : sentAt;
  if (isSystem(sender))
    return { channel, account, menu, at, from: { channel, account, kind: "audience", peer: account } };
  const from: Address = { channel, account, kind: "direct", peer: sender };
  return { channel, account, menu, at, from, sender: { id: sender } };
}

/** The same callback gives the same id on every delivery, whatever the order and form of its elements. */
export function derivedId(body: XmlFields, names: readonly string[]): string {
  const parts = names.map((name) => xmlText(body, name) ?? JSON.stringify(body[name] ?? null, inOrder));
  return `e-${createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 32)}`;
}

/** For `JSON.stringify`: the same text whatever the order of the elements. */
function inOrder(_name: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
