import {
  type ForwardedItem,
  type InboundContent,
  isObject,
  type JsonObject,
  type JsonValue,
  listField,
  type MediaRef,
  numberField,
  objectField,
  textField,
} from "@wxgate/core";

/** How deep a chat record inside a chat record is opened. */
const FORWARD_DEPTH = 3;
/** Items and characters one message's chat records may hold together; a record is written by strangers. */
const FORWARD_ITEMS = 300;
const FORWARD_CHARACTERS = 100_000;

/** What is left for the chat records of one message. */
interface Budget {
  items: number;
  characters: number;
}

/** The content of one item of `sync_msg`, or of one item of a forwarded chat record. Never throws. */
export function parseContent(item: JsonObject): InboundContent {
  return parseNested(item, 0, { items: FORWARD_ITEMS, characters: FORWARD_CHARACTERS });
}

function parseNested(item: JsonObject, depth: number, budget: Budget): InboundContent {
  const type = textField(item, "msgtype") ?? "unknown";
  const payload = objectField(item, type);
  const content = type === "merged_msg" ? parseForwarded(payload, depth, budget) : PARSERS.get(type)?.(payload);
  return content ?? { kind: "unsupported", nativeType: type, raw: item[type] ?? {} };
}

/** Undefined: the payload lacks what this kind cannot be without. */
type Parser = (payload: JsonObject) => InboundContent | undefined;

const PARSERS: ReadonlyMap<string, Parser> = new Map<string, Parser>([
  ["text", parseText],
  ["image", (payload) => withMedia("image", payload)],
  ["voice", (payload) => withMedia("voice", payload)],
  ["video", (payload) => withMedia("video", payload)],
  ["file", (payload) => withMedia("file", payload)],
  ["location", parseLocation],
  ["link", parseLink],
  ["business_card", parseContact],
  ["miniprogram", parseMiniprogram],
  ["msgmenu", parseMenu],
  ["channels", parseChannels],
  ["channels_shop_product", parseProduct],
  ["channels_shop_order", parseOrder],
]);

function parseText(payload: JsonObject): InboundContent | undefined {
  const { content } = payload;
  if (typeof content !== "string") return undefined;
  // Only the tap on a `click` item of a menu carries its id.
  const id = textField(payload, "menu_id");
  return id === undefined ? { kind: "text", text: content } : { kind: "choice", id, text: content };
}

function withMedia(kind: "image" | "voice" | "video" | "file", payload: JsonObject): InboundContent | undefined {
  const mediaId = textField(payload, "media_id");
  if (mediaId === undefined) return undefined;
  const ref: MediaRef = { mediaId };
  const filename = textField(payload, "filename") ?? textField(payload, "file_name");
  return { kind, media: filename === undefined ? { ref } : { ref, filename } };
}

function parseLocation(payload: JsonObject): InboundContent | undefined {
  const latitude = numberField(payload, "latitude");
  const longitude = numberField(payload, "longitude");
  if (latitude === undefined || longitude === undefined) return undefined;
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return undefined;
  return {
    kind: "location",
    latitude,
    longitude,
    ...given({ name: textField(payload, "name"), address: textField(payload, "address") }),
  };
}

function parseLink(payload: JsonObject): InboundContent | undefined {
  const url = textField(payload, "url");
  if (url === undefined) return undefined;
  return {
    kind: "link",
    url,
    title: textField(payload, "title") ?? url,
    ...given({ description: textField(payload, "desc"), imageUrl: textField(payload, "pic_url") }),
  };
}

function parseContact(payload: JsonObject): InboundContent | undefined {
  const userId = textField(payload, "userid");
  return userId === undefined ? undefined : { kind: "contact", userId };
}

function parseMiniprogram(payload: JsonObject): InboundContent | undefined {
  const appId = textField(payload, "appid");
  if (appId === undefined) return undefined;
  return {
    kind: "miniprogram",
    appId,
    title: textField(payload, "title") ?? "",
    ...given({ path: textField(payload, "pagepath") }),
  };
}

/** A menu that a servicer sent or a customer forwarded: what stands on the screen. */
function parseMenu(payload: JsonObject): InboundContent {
  const labels = listField(payload, "list")
    .filter(isObject)
    .map((item) => textField(objectField(item, textField(item, "type") ?? ""), "content"));
  const lines = [textField(payload, "head_content"), ...labels, textField(payload, "tail_content")];
  return { kind: "text", text: lines.filter((line) => line !== undefined).join("\n") };
}

const CHANNELS_TYPES = new Map([
  [1, "post"],
  [2, "live"],
  [3, "profile"],
] as const);

function parseChannels(payload: JsonObject): InboundContent | undefined {
  const type = CHANNELS_TYPES.get(numberField(payload, "sub_type") as 1);
  if (type === undefined) return undefined;
  return {
    kind: "channels",
    type,
    nickname: textField(payload, "nickname") ?? "",
    ...given({ title: textField(payload, "title") }),
  };
}

function parseProduct(payload: JsonObject): InboundContent | undefined {
  const productId = textField(payload, "product_id");
  if (productId === undefined) return undefined;
  return {
    kind: "product",
    productId,
    title: textField(payload, "title") ?? "",
    ...given({
      priceFen: numberField(payload, "sales_price"),
      shop: textField(payload, "shop_nickname"),
      imageUrl: textField(payload, "head_image") ?? textField(payload, "head_img"),
    }),
  };
}

function parseOrder(payload: JsonObject): InboundContent | undefined {
  const orderId = textField(payload, "order_id");
  if (orderId === undefined) return undefined;
  return {
    kind: "order",
    orderId,
    title: textField(payload, "product_titles") ?? "",
    ...given({
      price: textField(payload, "price_wording"),
      state: textField(payload, "state"),
      shop: textField(payload, "shop_nickname"),
      imageUrl: textField(payload, "image_url"),
    }),
  };
}

function parseForwarded(payload: JsonObject, depth: number, budget: Budget): InboundContent {
  const title = textField(payload, "title") ?? "";
  const entries = listField(payload, "item");
  if (depth >= FORWARD_DEPTH) {
    return { kind: "unsupported", nativeType: "merged_msg", raw: { title, omittedItems: entries.length } };
  }
  const items: ForwardedItem[] = [];
  for (const [index, entry] of entries.entries()) {
    if (budget.items <= 0 || budget.characters <= 0) {
      const raw = { omittedItems: entries.length - index };
      items.push({ sender: "", content: { kind: "unsupported", nativeType: "merged_msg", raw } });
      break;
    }
    items.push(parseForwardedItem(isObject(entry) ? entry : {}, depth, budget));
  }
  return { kind: "forwarded", title, items };
}

function parseForwardedItem(item: JsonObject, depth: number, budget: Budget): ForwardedItem {
  budget.items -= 1;
  const sentSeconds = numberField(item, "send_time");
  return {
    sender: textField(item, "sender_name") ?? "",
    ...given({ sentAt: sentSeconds === undefined ? undefined : isoTime(sentSeconds) }),
    content: parseForwardedContent(item, depth, budget),
  };
}

function parseForwardedContent(item: JsonObject, depth: number, budget: Budget): InboundContent {
  const type = textField(item, "msgtype") ?? "unknown";
  const written = item.msg_content;
  if (typeof written === "string") {
    if (written.length > budget.characters) {
      budget.characters = 0;
      return { kind: "unsupported", nativeType: type, raw: { omittedCharacters: written.length } };
    }
    // Nested records repeat their inner text at every level, escaped once more: each level is paid for.
    budget.characters -= written.length;
  }
  const inner = typeof written === "string" ? parseJson(written) : written;
  if (!isObject(inner)) return { kind: "unsupported", nativeType: type, raw: written ?? null };
  // The type may stand outside only, or inside only.
  return parseNested({ ...inner, msgtype: textField(inner, "msgtype") ?? type }, depth + 1, budget);
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function isoTime(seconds: number): string | undefined {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** `fields` without those that are undefined. */
function given<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
