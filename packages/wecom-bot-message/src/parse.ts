import { createHash } from "node:crypto";
import {
  type Address,
  type InboundMessage,
  type JsonObject,
  numberField,
  objectField,
  type Sender,
  textField,
} from "@wxgate/core";
import { isMentioned } from "./mention.ts";
import { parseContent, parseQuote, textsOf } from "./parse-content.ts";
import type { BotContext } from "./wire.ts";

/**
 * A message callback as our message; undefined when it names nobody who wrote it. The same callback gives the same id on
 * every delivery.
 *
 * @param replyHandle what the transport needs to answer it
 */
export function parseBotMessage(
  body: JsonObject,
  context: BotContext,
  replyHandle?: JsonObject,
): InboundMessage | undefined {
  const people = peopleOf(body, context);
  if (people === undefined) return undefined;
  const { from, sender } = people;
  const reading = { botName: context.botName, receivedAt: context.receivedAt, isGroup: from.kind === "group" };
  const said = parseContent(body, reading);
  const quoted = parseQuote(body, reading);
  const mentioned = reading.isGroup ? isMentioned(textsOf(body), context.botName) : undefined;
  const parts = quoted === undefined ? said : said.length === 0 ? quoted.content : [...said, ...quoted.files];
  return {
    id: messageIdOf(body),
    from,
    sender,
    sentAt: timeOf(body, context),
    // A lone mention calls the bot and says nothing more: it stands as it was written.
    content:
      parts.length === 0 ? [{ kind: "text", text: textField(objectField(body, "text"), "content") ?? "" }] : parts,
    ...(quoted === undefined ? {} : { quote: quoted.quote }),
    ...(mentioned === undefined ? {} : { mentioned }),
    ...(replyHandle === undefined ? {} : { replyHandle }),
  };
}

/** Of every callback; one without is told by its content. */
export function messageIdOf(body: JsonObject): string {
  return textField(body, "msgid") ?? createHash("sha256").update(JSON.stringify(body)).digest("base64url");
}

export interface BotPeople {
  readonly from: Address;
  readonly sender: Sender;
}

/** Who wrote and where: single chats have no `chatid`, and some events leave out `chattype`. */
export function peopleOf(body: JsonObject, { channel, account }: BotContext): BotPeople | undefined {
  const userId = textField(objectField(body, "from"), "userid");
  if (userId === undefined) return undefined;
  const chatId = textField(body, "chatid");
  const isGroup = chatId !== undefined && textField(body, "chattype") !== "single";
  const from: Address = isGroup
    ? { channel, account, kind: "group", peer: chatId }
    : { channel, account, kind: "direct", peer: userId };
  return { from, sender: { id: userId } };
}

/** More seconds than any time that is meant: such a number counts milliseconds. */
const MILLISECONDS_FROM = 1e11;
/** What a clock may be wrong by; a time that is later was not meant. */
const DAY_MS = 24 * 3_600_000;

/** `create_time` is in seconds, and only some callbacks have it. */
export function timeOf(body: JsonObject, { receivedAt }: BotContext): Date {
  const time = numberField(body, "create_time") ?? 0;
  const ms = time < MILLISECONDS_FROM ? time * 1000 : time;
  return new Date(ms > 0 && ms < receivedAt + DAY_MS ? ms : receivedAt);
}
