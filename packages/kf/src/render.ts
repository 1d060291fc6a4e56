import { truncateText } from "@wxgate/chunker";
import { type JsonObject, type MenuItem, type OutboundContent, ProtocolError, RejectedError } from "@wxgate/core";
import { withNote } from "@wxgate/long-reply";
import { type Menu, withTail } from "./menu.ts";
import { TEXT_BYTES } from "./text.ts";
import type { WireMessage } from "./wire.ts";

/** https://developer.work.weixin.qq.com/document/path/94677: the platform cuts these by itself, inside a character. */
const LINK_TITLE_BYTES = 128;
const LINK_DESCRIPTION_BYTES = 512;
const MINIPROGRAM_TITLE_BYTES = 64;

/**
 * One staged content as the body of `send_msg`, without its addresses.
 *
 * @param note goes under a text or menu that has room for it
 * @throws ProtocolError for what `prepare` and `stage` should have replaced
 */
export function render(content: OutboundContent, note?: string): WireMessage {
  switch (content.kind) {
    case "text":
      return { msgtype: "text", text: { content: withNote(content.text, note, TEXT_BYTES) } };
    case "image":
    case "voice":
    case "video":
    case "file":
      return { msgtype: content.kind, [content.kind]: { media_id: uploaded(content.mediaId, content.kind) } };
    case "link":
      return { msgtype: "link", link: renderLink(content) };
    case "location":
      return { msgtype: "location", location: renderLocation(content) };
    case "miniprogram":
      return { msgtype: "miniprogram", miniprogram: renderMiniprogram(content) };
    case "menu":
      return { msgtype: "msgmenu", msgmenu: renderMenu(note === undefined ? content : withTail(content, note)) };
    case "native":
      return renderNative(content.payload);
    case "articles":
    case "card":
    case "handoff":
      throw new ProtocolError(`${content.kind} is no message of WeChat Customer Service`, { code: "kf.not-prepared" });
    default:
      return content satisfies never;
  }
}

function uploaded(mediaId: string | undefined, kind: string): string {
  if (mediaId !== undefined) return mediaId;
  throw new ProtocolError(`the ${kind} was not uploaded before it was sent`, { code: "kf.not-staged" });
}

function renderLink({ title, description, url, image }: Extract<OutboundContent, { kind: "link" }>): JsonObject {
  return {
    title: truncateText(title, { maxBytes: LINK_TITLE_BYTES }),
    ...(description ? { desc: truncateText(description, { maxBytes: LINK_DESCRIPTION_BYTES }) } : {}),
    url,
    thumb_media_id: uploaded(image?.mediaId, "picture of the link"),
  };
}

function renderLocation(location: Extract<OutboundContent, { kind: "location" }>): JsonObject {
  const { latitude, longitude, name, address } = location;
  return { latitude, longitude, ...(name ? { name } : {}), ...(address ? { address } : {}) };
}

function renderMiniprogram(content: Extract<OutboundContent, { kind: "miniprogram" }>): JsonObject {
  const { appId, path, title, image } = content;
  return {
    appid: appId,
    ...(title ? { title: truncateText(title, { maxBytes: MINIPROGRAM_TITLE_BYTES }) } : {}),
    thumb_media_id: uploaded(image?.mediaId, "picture of the mini program"),
    pagepath: path,
  };
}

function renderMenu({ head, items, tail }: Menu): JsonObject {
  return {
    ...(head ? { head_content: head } : {}),
    list: items.map(renderItem),
    ...(tail ? { tail_content: tail } : {}),
  };
}

function renderItem(item: MenuItem): JsonObject {
  if ("id" in item) return { type: "click", click: { id: item.id, content: item.text } };
  if ("url" in item) return { type: "view", view: { url: item.url, content: item.text } };
  if ("appId" in item) {
    return { type: "miniprogram", miniprogram: { appid: item.appId, pagepath: item.path, content: item.text } };
  }
  return { type: "text", text: { content: item.text } };
}

/** As it is, but never to another customer, nor under another id, than the conversation's. */
function renderNative(payload: JsonObject): WireMessage {
  const { touser: _touser, open_kfid: _account, msgid: _msgid, code: _code, msgtype, ...rest } = payload;
  if (typeof msgtype === "string" && msgtype !== "") return { ...rest, msgtype };
  throw new RejectedError("a native message of WeChat Customer Service needs a msgtype", {
    code: "kf.native-without-msgtype",
    hint: 'Give the body of kf/send_msg, such as { "msgtype": "text", "text": { "content": "…" } }.',
  });
}
