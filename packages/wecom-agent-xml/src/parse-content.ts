import type { InboundContent } from "@wxgate/core";
import { type XmlFields, xmlText } from "@wxgate/wecom-callback";
import { toJson, word } from "./wire.ts";

/** What stands in every message, beside its content. */
const FRAME: ReadonlySet<string> = new Set(["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "AgentID"]);

/** Undefined: the message lacks what this kind cannot be without. */
type Parser = (body: XmlFields) => InboundContent | undefined;

const PARSERS: ReadonlyMap<string, Parser> = new Map<string, Parser>([
  ["text", parseText],
  ["image", parseImage],
  ["voice", parseVoice],
  ["video", (body) => withMedia("video", body)],
  // Not in the platform's list, but seen.
  ["file", (body) => withMedia("file", body)],
  ["location", parseLocation],
  ["link", parseLink],
]);

/** The content of a message; https://developer.work.weixin.qq.com/document/path/90239. Never throws. */
export function parseContent(body: XmlFields): InboundContent {
  const type = word(body, "MsgType") ?? "unknown";
  return PARSERS.get(type.toLowerCase())?.(body) ?? { kind: "unsupported", nativeType: type, raw: toJson(body, FRAME) };
}

/** White space is part of what the member wrote. */
function parseText(body: XmlFields): InboundContent | undefined {
  const text = xmlText(body, "Content");
  return text === undefined ? undefined : { kind: "text", text };
}

function parseImage(body: XmlFields): InboundContent | undefined {
  const mediaId = word(body, "MediaId");
  const picUrl = word(body, "PicUrl");
  if (mediaId === undefined && picUrl === undefined) return undefined;
  const ref = { ...(mediaId === undefined ? {} : { mediaId }), ...(picUrl === undefined ? {} : { picUrl }) };
  return { kind: "image", media: { ref } };
}

function withMedia(kind: "video" | "file", body: XmlFields): InboundContent | undefined {
  const mediaId = word(body, "MediaId");
  if (mediaId === undefined) return undefined;
  const filename = word(body, "FileName") ?? word(body, "Filename");
  return { kind, media: { ref: { mediaId }, ...(filename === undefined ? {} : { filename }) } };
}

function parseVoice(body: XmlFields): InboundContent | undefined {
  const mediaId = word(body, "MediaId");
  if (mediaId === undefined) return undefined;
  const transcript = word(body, "Recognition");
  return { kind: "voice", media: { ref: { mediaId } }, ...(transcript === undefined ? {} : { transcript }) };
}

function parseLocation(body: XmlFields): InboundContent | undefined {
  const place = coordinates(body, "Location_X", "Location_Y");
  if (place === undefined) return undefined;
  const address = word(body, "Label");
  return { kind: "location", ...place, ...(address === undefined ? {} : { address }) };
}

function coordinates(body: XmlFields, x: string, y: string): { latitude: number; longitude: number } | undefined {
  const latitude = Number(word(body, x) ?? Number.NaN);
  const longitude = Number(word(body, y) ?? Number.NaN);
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : undefined;
}

function parseLink(body: XmlFields): InboundContent | undefined {
  const url = word(body, "Url");
  if (url === undefined) return undefined;
  const description = word(body, "Description");
  const imageUrl = word(body, "PicUrl");
  return {
    kind: "link",
    url,
    title: word(body, "Title") ?? url,
    ...(description === undefined ? {} : { description }),
    ...(imageUrl === undefined ? {} : { imageUrl }),
  };
}
