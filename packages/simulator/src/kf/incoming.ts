import type { Content } from "../control/content.ts";
import type { JsonObject, JsonValue } from "../json.ts";

type Wired = Exclude<Content, { kind: "event" } | { kind: "image" | "voice" | "video" | "file" }>;

/** The wire's `{ media_id }` of a content that carries a file. */
export type MediaId = (content: Content) => JsonObject;

const CHANNELS_TYPES = { post: 1, live: 2, profile: 3 } as const;

/** A message as sync_msg hands it out: `msgtype` and the payload of that name. Media are wired elsewhere. */
export function wireContent(content: Wired, mediaId: MediaId, nowMs: number): JsonObject {
  switch (content.kind) {
    case "text":
      return typed("text", { content: content.text });
    case "choice":
      return typed("text", { content: content.text, menu_id: content.id });
    case "location": {
      const { latitude, longitude, name = "", address = "" } = content;
      return typed("location", { latitude, longitude, name, address });
    }
    case "link": {
      const { title, url, description = "", imageUrl = "" } = content;
      return typed("link", { title, desc: description, url, pic_url: imageUrl });
    }
    case "contact":
      return typed("business_card", { userid: content.userId });
    case "miniprogram":
      return typed("miniprogram", {
        title: content.title,
        appid: content.appId,
        pagepath: content.path ?? "",
        ...renamed(mediaId(content)),
      });
    case "channels": {
      const title = content.type === "post" ? { title: content.title ?? "" } : {};
      return typed("channels", { sub_type: CHANNELS_TYPES[content.type], nickname: content.nickname, ...title });
    }
    case "product": {
      const { productId, title, priceFen = 0, shop = "", imageUrl = "" } = content;
      return typed("channels_shop_product", {
        product_id: productId,
        head_image: imageUrl,
        title,
        sales_price: String(priceFen),
        shop_nickname: shop,
        shop_head_image: "",
      });
    }
    case "order": {
      const { orderId, title, price = "", state = "", shop = "", imageUrl = "" } = content;
      return typed("channels_shop_order", {
        order_id: orderId,
        product_titles: title,
        price_wording: price,
        state,
        image_url: imageUrl,
        shop_nickname: shop,
      });
    }
    case "forwarded":
      return typed("merged_msg", {
        title: content.title,
        item: content.items.map((item) => wireItem(item, mediaId, nowMs)),
      });
    case "unsupported":
      return typed(content.nativeType, content.raw as JsonValue);
  }
}

function wireItem(
  item: { sender: string; sentAt?: string; content: Content },
  mediaId: MediaId,
  nowMs: number,
): JsonObject {
  const inner = isMedia(item.content)
    ? typed(item.content.kind, mediaId(item.content))
    : item.content.kind === "event"
      ? typed("text", { content: "[event]" })
      : wireContent(item.content as Wired, mediaId, nowMs);
  const sentAt = item.sentAt === undefined ? nowMs : Date.parse(item.sentAt);
  return {
    send_time: Math.floor(sentAt / 1000),
    msgtype: inner.msgtype ?? "",
    sender_name: item.sender,
    msg_content: JSON.stringify(inner),
  };
}

export function isMedia(content: Content): content is Extract<Content, { kind: "image" | "voice" | "video" | "file" }> {
  return content.kind === "image" || content.kind === "voice" || content.kind === "video" || content.kind === "file";
}

function renamed({ media_id }: JsonObject): JsonObject {
  return { thumb_media_id: media_id ?? "" };
}

function typed(msgtype: string, payload: JsonValue): JsonObject {
  return { msgtype, [msgtype]: payload };
}
