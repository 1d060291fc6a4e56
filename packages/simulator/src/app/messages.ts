import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { object, text } from "../qyapi/calls.ts";
import type { Corp } from "../qyapi/corps.ts";
import { QyapiError } from "../qyapi/errors.ts";
import { checkCard } from "./card-rules.ts";

/** What a phone shows of a message: a kind and its fields. */
export type Shown = JsonObject & { readonly kind: string };

export interface MessageContext {
  readonly corp: Corp;
  readonly baseUrl: string;
}

const TEXT_BYTES = 2048;
const MOST_ARTICLES = 8;
const URL_BYTES = 2048;
const MOST_NOTICE_ITEMS = 10;

type Reader = (payload: JsonObject, context: MessageContext) => Shown;

const READERS: Readonly<Record<string, Reader>> = {
  text: (payload) => cutText("text", payload),
  markdown: (payload) => cutText("markdown", payload),
  image: (payload, context) => media("image", payload, context),
  voice: (payload, context) => media("voice", payload, context),
  file: (payload, context) => media("file", payload, context),
  video: (payload, context) => ({
    ...media("video", payload, context),
    title: cut(payload.title, 128),
    description: cut(payload.description, 512),
  }),
  textcard: readTextCard,
  news: readNews,
  mpnews: readMpNews,
  miniprogram_notice: readNotice,
  template_card: (payload) => ({ kind: "card", card: checkCard(payload) }),
};

/** Types a group chat does not take. */
const NOT_IN_CHATS = new Set(["template_card", "miniprogram_notice"]);

/** @throws QyapiError for what the platform would refuse. Texts that are too long are cut, as there. */
export function readMessage(body: JsonObject, context: MessageContext, { inChat }: { inChat: boolean }): Shown {
  const { msgtype } = body;
  const reader = typeof msgtype === "string" && Object.hasOwn(READERS, msgtype) ? READERS[msgtype] : undefined;
  if (reader === undefined || typeof msgtype !== "string" || (inChat && NOT_IN_CHATS.has(msgtype))) {
    throw new QyapiError(40008);
  }
  const safe = isSafe(body.safe, msgtype, inChat);
  return { ...reader(object(body, msgtype), context), ...(safe ? { safe } : {}) };
}

/** 1: nobody may pass it on; 2: nobody outside the corp, for mpnews alone and not in group chats. */
function isSafe(safe: JsonValue | undefined, msgtype: string, inChat: boolean): boolean {
  if (safe === undefined || safe === null || safe === 0) return false;
  if (msgtype === "news") throw new QyapiError(40074, "news message cannot be safe");
  if (safe === 1 || (safe === 2 && msgtype === "mpnews" && !inChat)) return true;
  throw new QyapiError(40058, "invalid parameter: safe");
}

function cutText(kind: "text" | "markdown", { content }: JsonObject): Shown {
  if (typeof content !== "string" || content.trim() === "") throw new QyapiError(44004);
  const shown = cutBytes(content, TEXT_BYTES);
  const lost = Buffer.byteLength(content) - Buffer.byteLength(shown);
  return { kind, text: shown, ...(lost > 0 ? { cutBytes: lost, written: content } : {}) };
}

function media(
  kind: "image" | "voice" | "video" | "file",
  payload: JsonObject,
  { corp, baseUrl }: MessageContext,
): Shown {
  const id = text(payload, "media_id");
  const found = corp.media.find(id);
  if (!found || (found.kind !== kind && !(kind === "file"))) throw new QyapiError(40007);
  const { filename, mime, bytes } = found;
  return { kind, media: { id, filename, mime, bytes, url: `${baseUrl}/control/media/${corp.corpId}/${id}` } };
}

function readTextCard(payload: JsonObject): Shown {
  if (!filled(payload.title)) throw new QyapiError(41016, "title missing");
  if (!filled(payload.description)) throw new QyapiError(41033, "description missing");
  return {
    kind: "textcard",
    title: cut(payload.title, 128),
    description: cut(payload.description, 512),
    url: address(payload.url),
    button: filled(payload.btntxt) ? String(payload.btntxt) : "详情",
  };
}

function readNews(payload: JsonObject): Shown {
  const articles = listOf(payload.articles, MOST_ARTICLES).map((article) => {
    if (!filled(article.title)) throw new QyapiError(41016, "title missing");
    const miniprogram = filled(article.appid) && filled(article.pagepath);
    return {
      title: cut(article.title, 128),
      description: cut(article.description, 512),
      ...(miniprogram
        ? { appId: String(article.appid), path: String(article.pagepath) }
        : { url: address(article.url) }),
      ...(filled(article.picurl) ? { imageUrl: String(article.picurl) } : {}),
    };
  });
  return { kind: "news", articles };
}

function readMpNews(payload: JsonObject, { corp }: MessageContext): Shown {
  const articles = listOf(payload.articles, MOST_ARTICLES).map((article) => {
    for (const name of ["title", "thumb_media_id", "content"]) text(article, name);
    if (!corp.media.find(String(article.thumb_media_id))) throw new QyapiError(40007);
    return { title: cut(article.title, 128), description: cut(article.digest, 512) };
  });
  return { kind: "news", articles };
}

function readNotice(payload: JsonObject): Shown {
  text(payload, "appid");
  const title = text(payload, "title");
  const items = payload.content_item === undefined ? [] : listOf(payload.content_item, MOST_NOTICE_ITEMS);
  return { kind: "notice", title, description: String(payload.description ?? ""), items };
}

function listOf(value: JsonValue | undefined, most: number): readonly JsonObject[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isJsonObject)) throw new QyapiError(40058);
  if (value.length > most) throw new QyapiError(45008, "article count exceeds limit");
  return value as readonly JsonObject[];
}

function address(value: JsonValue | undefined): string {
  if (typeof value !== "string" || !/^[a-z][a-z0-9+.-]*:/i.test(value)) throw new QyapiError(40058, "invalid url");
  if (Buffer.byteLength(value) > URL_BYTES) throw new QyapiError(45032, "url too long");
  return value;
}

function filled(value: JsonValue | undefined): boolean {
  return typeof value === "string" && value !== "";
}

function cut(value: JsonValue | undefined, bytes: number): string {
  return typeof value === "string" ? cutBytes(value, bytes) : "";
}

/** At most so many bytes, cut between two characters. */
function cutBytes(value: string, bytes: number): string {
  const all = Buffer.from(value);
  if (all.length <= bytes) return value;
  let end = bytes;
  while (((all[end] as number) & 0xc0) === 0x80) end -= 1;
  return all.toString("utf8", 0, end);
}
