import { truncateText, utf8Length } from "@wxgate/chunker";
import {
  type Article,
  isObject,
  type JsonObject,
  type OutboundContent,
  ProtocolError,
  RejectedError,
} from "@wxgate/core";
import { TEXT_BYTES, type WireMessage } from "./wire.ts";

/** https://developer.work.weixin.qq.com/document/path/90236: longer ones are cut by the platform, inside a character. */
const TITLE_BYTES = 128;
const DESCRIPTION_BYTES = 512;
/** Types with a `safe` of their own; the platform refuses it with some others. */
const SAFE_TYPES: ReadonlySet<string> = new Set(["text", "image", "video", "file", "mpnews"]);

/** What the platform does not take in a group chat. */
const NOT_IN_GROUPS: ReadonlySet<string> = new Set(["template_card", "miniprogram_notice"]);

export interface RenderOptions {
  readonly safe: boolean;
  /** It goes to a group chat. */
  readonly group?: boolean;
  /** The checked card of a `card` or `menu`. */
  readonly card?: JsonObject;
}

/**
 * One staged content as the body of `message/send` or `appchat/send`, without its receivers.
 *
 * @throws RejectedError for a native message that the platform would refuse or cut
 * @throws ProtocolError for what `prepare` and `stage` should have replaced
 */
export function render(content: OutboundContent, options: RenderOptions): WireMessage {
  const message = renderContent(content, options);
  if (options.group === true && NOT_IN_GROUPS.has(message.msgtype)) {
    throw new RejectedError(`a group chat takes no ${message.msgtype}`, { code: "wecom.not-in-groups" });
  }
  return options.safe && SAFE_TYPES.has(message.msgtype) ? { ...message, safe: 1 } : message;
}

function renderContent(content: OutboundContent, { card }: RenderOptions): WireMessage {
  switch (content.kind) {
    case "text":
      return renderText(content.format === "markdown" ? "markdown" : "text", content.text);
    case "image":
    case "voice":
    case "file":
      return typed(content.kind, { media_id: uploaded(content.mediaId, content.kind) });
    case "video":
      return typed("video", {
        media_id: uploaded(content.mediaId, "video"),
        ...(content.filename ? { title: truncateText(content.filename, { maxBytes: TITLE_BYTES }) } : {}),
      });
    case "link":
      return renderLink(content);
    case "articles":
      return typed("news", { articles: content.items.map(renderArticle) });
    case "miniprogram":
      return typed("news", { articles: [renderMiniprogram(content)] });
    case "card":
    case "menu":
      if (card === undefined) throw notPrepared(content.kind);
      return typed("template_card", card);
    case "native":
      return renderNative(content.payload);
    case "location":
    case "handoff":
      throw notPrepared(content.kind);
    default:
      return content satisfies never;
  }
}

function typed(msgtype: string, payload: JsonObject): WireMessage {
  return { msgtype, [msgtype]: payload };
}

function renderText(type: "text" | "markdown", text: string): WireMessage {
  if (utf8Length(text) <= TEXT_BYTES) return typed(type, { content: text });
  throw new ProtocolError(`a text of more than ${TEXT_BYTES} bytes was to be sent as one message`, {
    code: "wecom.not-prepared",
  });
}

/** A card of text wants a description; an article does not, and may have a picture. */
function renderLink(link: Extract<OutboundContent, { kind: "link" }>): WireMessage {
  const { title, description, url, image } = link;
  if (image?.url !== undefined || !description) {
    const article = {
      title,
      url,
      ...(description ? { description } : {}),
      ...(image?.url ? { imageUrl: image.url } : {}),
    };
    return typed("news", { articles: [renderArticle(article)] });
  }
  return typed("textcard", {
    title: truncateText(title, { maxBytes: TITLE_BYTES }),
    description: truncateText(description, { maxBytes: DESCRIPTION_BYTES }),
    url,
  });
}

function renderArticle({ title, description, url, imageUrl }: Article): JsonObject {
  return {
    title: truncateText(title, { maxBytes: TITLE_BYTES }),
    ...(description ? { description: truncateText(description, { maxBytes: DESCRIPTION_BYTES }) } : {}),
    url,
    ...(imageUrl ? { picurl: imageUrl } : {}),
  };
}

function renderMiniprogram(content: Extract<OutboundContent, { kind: "miniprogram" }>): JsonObject {
  const { appId, path, title, image } = content;
  return {
    title: truncateText(title ?? appId, { maxBytes: TITLE_BYTES }),
    ...(image?.url ? { picurl: image.url } : {}),
    appid: appId,
    pagepath: path,
  };
}

function uploaded(mediaId: string | undefined, kind: string): string {
  if (mediaId !== undefined) return mediaId;
  throw new ProtocolError(`the ${kind} was not uploaded before it was sent`, { code: "wecom.not-staged" });
}

function notPrepared(kind: string): ProtocolError {
  return new ProtocolError(`${kind} is no message of an app`, { code: "wecom.not-prepared" });
}

/** Receivers and the duplicate check are the channel's: a native message never reaches anybody else. */
const NOT_NATIVE = new Set([
  ...["touser", "toparty", "totag", "chatid", "agentid"],
  ...["enable_duplicate_check", "duplicate_check_interval"],
]);

/** @throws RejectedError for a native message that the platform would refuse or cut */
export function refuseWrongNative(content: OutboundContent): void {
  if (content.kind === "native") renderNative(content.payload);
}

function renderNative(payload: JsonObject): WireMessage {
  const { msgtype } = payload;
  if (typeof msgtype !== "string" || msgtype === "") {
    throw new RejectedError("a native message of an app needs a msgtype", {
      code: "wecom.native-without-msgtype",
      hint: 'Give the body of message/send, such as { "msgtype": "text", "text": { "content": "…" } }.',
    });
  }
  const body = isObject(payload[msgtype]) ? (payload[msgtype] as JsonObject) : {};
  if ((msgtype === "text" || msgtype === "markdown") && utf8Length(String(body.content ?? "")) > TEXT_BYTES) {
    throw new RejectedError(`a native ${msgtype} has more than ${TEXT_BYTES} bytes; WeCom would cut it silently`, {
      code: "wecom.text-too-long",
      hint: "Send it as text content, which is split into several messages.",
    });
  }
  const rest = Object.entries(payload).filter(([name]) => !NOT_NATIVE.has(name));
  return { ...Object.fromEntries(rest), msgtype };
}
