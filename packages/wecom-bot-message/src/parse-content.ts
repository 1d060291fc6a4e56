import {
  type InboundContent,
  isObject,
  type JsonObject,
  type JsonValue,
  listField,
  objectField,
  type Quote,
  textField,
} from "@wxgate/core";
import { stripMention } from "./mention.ts";
import type { BotContext } from "./wire.ts";

type FileKind = "image" | "video" | "file";
const VOICE_IS_TEXT = "the platform hands over a voice message as text only";

/** How to read one message's content. */
export interface ContentContext extends Pick<BotContext, "botName" | "receivedAt"> {
  /** In a group the bot's mention is taken out. */
  readonly isGroup: boolean;
}

/** The content of a message or of one item in it; `source` holds `msgtype` and the object of that name. */
export function parseContent(source: JsonObject, context: ContentContext): readonly InboundContent[] {
  const msgtype = textField(source, "msgtype") ?? "unknown";
  const inner = objectField(source, msgtype);
  switch (msgtype) {
    case "text":
      return textContent(textField(inner, "content") ?? "", context);
    case "image":
    case "video":
    case "file":
      return [fileContent(msgtype, inner, context.receivedAt)];
    case "voice": {
      const transcript = textField(inner, "content");
      return [{ kind: "voice", media: { error: VOICE_IS_TEXT }, ...(transcript === undefined ? {} : { transcript }) }];
    }
    case "mixed":
      return listField(inner, "msg_item")
        .filter(isObject)
        .flatMap((item) => parseContent(item, context));
    case "link":
      return [linkContent(inner) ?? unsupported(msgtype, source)];
    default:
      return [unsupported(msgtype, source)];
  }
}

/** What was written in a message, as it stands there, mentions included. */
export function textsOf(source: JsonObject): readonly string[] {
  const msgtype = textField(source, "msgtype");
  if (msgtype === "text") return [textField(objectField(source, "text"), "content") ?? ""];
  return msgtype === "mixed"
    ? listField(objectField(source, "mixed"), "msg_item").filter(isObject).flatMap(textsOf)
    : [];
}

function textContent(text: string, { isGroup, botName }: ContentContext): readonly InboundContent[] {
  const said = isGroup ? stripMention(text, botName) : text;
  return said.trim() === "" ? [] : [{ kind: "text", text: said }];
}

function fileContent(kind: FileKind, inner: JsonObject, receivedAt: number): InboundContent {
  const url = textField(inner, "url");
  if (url === undefined) return { kind, media: { error: "the platform gave no address for it" } };
  const aeskey = textField(inner, "aeskey");
  const filename = textField(inner, "filename") ?? textField(inner, "name");
  return {
    kind,
    media: {
      ref: { kind, url, ...(aeskey === undefined ? {} : { aeskey }), receivedAt },
      ...(filename === undefined ? {} : { filename }),
    },
  };
}

function linkContent(inner: JsonObject): InboundContent | undefined {
  const url = textField(inner, "url");
  const title = textField(inner, "title");
  if (url === undefined || title === undefined) return undefined;
  const description = textField(inner, "desc") ?? textField(inner, "description");
  return { kind: "link", url, title, ...(description === undefined ? {} : { description }) };
}

/** What opens a file or answers a message is nobody's to read later. */
const SECRET_FIELDS = new Set(["aeskey", "url", "response_url"]);

function unsupported(msgtype: string, source: JsonObject): InboundContent {
  return { kind: "unsupported", nativeType: msgtype, raw: withoutSecrets(source[msgtype] ?? null) };
}

function withoutSecrets(value: JsonValue | undefined): JsonValue {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value === undefined ? null : (value as JsonValue);
  const kept = Object.entries(value).filter(([name]) => !SECRET_FIELDS.has(name));
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutSecrets(field)]));
}

/** What a quoting message takes over from the message it quotes. */
export interface ParsedQuote {
  readonly quote: Quote;
  /** Its files: they are fetched with the message, while their addresses live. */
  readonly files: readonly InboundContent[];
  /** All of it, for a message that says nothing of its own. */
  readonly content: readonly InboundContent[];
}

/** The platform names neither author nor id of what is quoted. Files stand in the quote by name only. */
export function parseQuote(body: JsonObject, context: ContentContext): ParsedQuote | undefined {
  const source = body.quote;
  if (!isObject(source) || textField(source, "msgtype") === undefined) return undefined;
  // What was said then may have begun with a mention of anybody: it is left as it was.
  const content = parseContent(source, { ...context, isGroup: false });
  if (content.length === 0) return undefined;
  const isFile = (part: InboundContent) => "media" in part && "ref" in part.media;
  const shown = content.map((part): InboundContent => (isFile(part) ? { kind: "text", text: `[${part.kind}]` } : part));
  return { quote: { content: shown }, files: content.filter(isFile), content };
}
