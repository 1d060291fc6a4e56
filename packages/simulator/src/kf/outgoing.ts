import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { object, optionalText, text } from "../qyapi/calls.ts";
import type { Corp } from "../qyapi/corps.ts";
import { QyapiError } from "../qyapi/errors.ts";

/** What the customer's phone will show of an API message. */
export interface Shown {
  readonly kind: string;
  readonly text?: string;
  readonly [key: string]: unknown;
}

export interface Prepared {
  readonly shown: Shown;
  /** Media the message refers to, with the type it must have. */
  readonly media: readonly { readonly id: string; readonly kind: string }[];
  /** Bytes of text that did not fit. */
  readonly cutBytes?: number;
}

type Reader = (payload: JsonObject) => Prepared;

export const TEXT_LIMIT_BYTES = 2048;
const MENU_ITEMS = 10;

const READERS: Readonly<Record<string, Reader>> = {
  text: readText,
  image: readMedia("image"),
  voice: readMedia("voice"),
  video: readMedia("video"),
  file: readMedia("file"),
  link: readLink,
  miniprogram: readMiniprogram,
  msgmenu: readMenu,
  location: readLocation,
  ca_link: readCaLink,
  business_card: (payload) => ({ shown: { kind: "contact", userId: text(payload, "userid") }, media: [] }),
};

export function isOutgoingType(msgtype: unknown): msgtype is string {
  return typeof msgtype === "string" && Object.hasOwn(READERS, msgtype);
}

/** Checks a message's payload, media ids not yet. @throws QyapiError 40058, 44004, 95008 or 95009. */
export function readOutgoing(msgtype: string, body: JsonObject): Prepared {
  return (READERS[msgtype] as Reader)(object(body, msgtype));
}

/** @throws QyapiError 40007 unless every media id lives and has the type its place asks for. */
export function checkMedia(corp: Corp, { media }: Prepared): void {
  for (const { id, kind } of media) {
    if (corp.media.find(id)?.kind !== kind) throw new QyapiError(40007);
  }
}

function readText(payload: JsonObject): Prepared {
  const content = payload.content;
  if (typeof content !== "string") throw new QyapiError(40058, "missing or invalid parameter: content");
  if (content === "") throw new QyapiError(44004);
  const fitting = cutToBytes(content, TEXT_LIMIT_BYTES);
  const cutBytes = Buffer.byteLength(content) - Buffer.byteLength(fitting);
  return { shown: { kind: "text", text: fitting }, media: [], ...(cutBytes > 0 ? { cutBytes } : {}) };
}

function readMedia(kind: string): Reader {
  return (payload) => {
    const id = text(payload, "media_id");
    return { shown: { kind, mediaId: id }, media: [{ id, kind }] };
  };
}

function readLink(payload: JsonObject): Prepared {
  const url = limited(payload, "url", 2048);
  if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) throw new QyapiError(40058, "invalid parameter: url has no scheme");
  const thumb = text(payload, "thumb_media_id");
  const title = cutToBytes(text(payload, "title"), 128);
  const description = cutToBytes(optionalText(payload, "desc") ?? "", 512);
  return { shown: { kind: "link", url, title, description, mediaId: thumb }, media: [{ id: thumb, kind: "image" }] };
}

function readMiniprogram(payload: JsonObject): Prepared {
  const thumb = text(payload, "thumb_media_id");
  const title = cutToBytes(optionalText(payload, "title") ?? "", 64);
  const shown = {
    kind: "miniprogram",
    appId: text(payload, "appid"),
    path: text(payload, "pagepath"),
    title,
    mediaId: thumb,
  };
  return { shown, media: [{ id: thumb, kind: "image" }] };
}

function readLocation(payload: JsonObject): Prepared {
  const shown = {
    kind: "location",
    latitude: degrees(payload, "latitude", 90),
    longitude: degrees(payload, "longitude", 180),
    name: optionalText(payload, "name") ?? "",
    address: optionalText(payload, "address") ?? "",
  };
  return { shown, media: [] };
}

function readCaLink(payload: JsonObject): Prepared {
  const url = text(payload, "link_url");
  if (!url.startsWith("https://work.weixin.qq.com/ca/")) throw new QyapiError(40058, "invalid parameter: link_url");
  return { shown: { kind: "ca_link", url }, media: [] };
}

function readMenu(payload: JsonObject): Prepared {
  const head = limitedOptional(payload, "head_content", 1024);
  const tail = limitedOptional(payload, "tail_content", 1024);
  const list: JsonValue | undefined = payload.list ?? [];
  if (!Array.isArray(list)) throw new QyapiError(40058, "invalid parameter: list");
  if (list.length > MENU_ITEMS) throw new QyapiError(95008);
  if (list.length === 0 && !head && !tail) throw new QyapiError(40058, "invalid parameter: msgmenu is empty");
  const items = (list as readonly JsonValue[]).map(readMenuItem);
  return { shown: { kind: "menu", head, items, tail }, media: [] };
}

function readMenuItem(item: JsonValue, index: number): JsonObject {
  if (!isJsonObject(item)) throw new QyapiError(40058, "invalid parameter: list item");
  const type = item.type;
  switch (type) {
    case "click": {
      const click = object(item, "click");
      const id = limitedOptional(click, "id", 128);
      return { type, ...(id ? { id } : {}), text: limited(click, "content", 128) };
    }
    case "view": {
      const view = object(item, "view");
      return { type, url: limited(view, "url", 2048), text: limited(view, "content", 1024) };
    }
    case "miniprogram": {
      const mini = object(item, "miniprogram");
      const path = limited(mini, "pagepath", 1024);
      return { type, appId: limited(mini, "appid", 32), path, text: limited(mini, "content", 1024) };
    }
    case "text": {
      const plain = object(item, "text");
      return { type, text: limited(plain, "content", 256), noNewline: plain.no_newline === 1 };
    }
    default:
      throw new QyapiError(95009, `invalid menu item type at ${index}`);
  }
}

function degrees(payload: JsonObject, name: string, most: number): number {
  const value = payload[name];
  if (typeof value !== "number" || Math.abs(value) > most) throw new QyapiError(40058, `invalid parameter: ${name}`);
  return value;
}

function limited(payload: JsonObject, name: string, maxBytes: number): string {
  const value = text(payload, name);
  if (Buffer.byteLength(value) > maxBytes)
    throw new QyapiError(40058, `invalid parameter: ${name} is over ${maxBytes} bytes`);
  return value;
}

function limitedOptional(payload: JsonObject, name: string, maxBytes: number): string | undefined {
  return optionalText(payload, name) === undefined ? undefined : limited(payload, name, maxBytes);
}

/** The longest start of the text that fits, cut between code points. */
function cutToBytes(value: string, maxBytes: number): string {
  const bytes = Buffer.from(value);
  if (bytes.length <= maxBytes) return value;
  let end = maxBytes;
  // Bytes 10xxxxxx continue a character.
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
