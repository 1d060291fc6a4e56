import type { Article, MediaSource, MenuItem, OutboundContent } from "./content.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/**
 * Plain text that says what a content says, for platforms that do not have its kind. Media without an address, and
 * what only the platform itself understands, give an empty string.
 */
export function outboundText(content: OutboundContent): string {
  switch (content.kind) {
    case "text":
      return content.text;
    case "image":
    case "voice":
    case "video":
    case "file":
      return mediaText(content);
    case "link":
      return lines(content.title, content.description, content.url);
    case "articles":
      return articlesText(content.items);
    case "location":
      return lines(content.name, content.address, mapUrl(content.latitude, content.longitude));
    case "miniprogram":
      return lines(content.title, content.path);
    case "menu":
      return lines(content.head, ...content.items.map(menuItemText), content.tail);
    case "card":
      return cardText(content.card);
    case "handoff":
      return content.text ?? "";
    case "native":
      return "";
    default:
      return content satisfies never;
  }
}

/** Paths stay inside: they are nothing for the reader. */
function mediaText(media: MediaSource & { readonly filename?: string }): string {
  return media.text ?? lines(media.filename, media.url);
}

function articlesText(items: readonly Article[]): string {
  return items.map((item) => lines(item.title, item.description, item.url)).join("\n\n");
}

function menuItemText(item: MenuItem, index: number): string {
  if ("id" in item) return `${index + 1}. ${item.text}`;
  return "url" in item ? `${item.text} ${item.url}` : item.text;
}

/** Works on phones with and without a map app. */
function mapUrl(latitude: number, longitude: number): string {
  return `https://uri.amap.com/marker?position=${longitude},${latitude}&coordinate=wgs84`;
}

/**
 * The words of a WeCom template card, in the order the card shows them.
 * https://developer.work.weixin.qq.com/document/path/101032
 */
function cardText(card: JsonObject): string {
  const title = at(card, "main_title");
  const emphasis = at(card, "emphasis_content");
  const quote = at(card, "quote_area");
  const form = [...list(card, "select_list"), at(card, "button_selection"), at(card, "checkbox")];
  return lines(
    words(at(card, "source"), "desc"),
    words(title, "title"),
    words(title, "desc"),
    [words(emphasis, "title"), words(emphasis, "desc")].filter(isText).join(" "),
    words(quote, "title"),
    words(quote, "quote_text"),
    words(card, "sub_title_text"),
    ...list(card, "vertical_content_list").flatMap((item) => [words(item, "title"), words(item, "desc")]),
    ...list(card, "horizontal_content_list").map((item) =>
      [words(item, "keyname"), words(item, "value"), words(item, "url")].filter(isText).join(" "),
    ),
    words(at(card, "card_image"), "url"),
    ...form.flatMap((field) => [
      words(field, "title") ?? words(field, "question_key"),
      ...list(field, "option_list").map((option) => `- ${words(option, "text") ?? ""}`),
    ]),
    ...list(card, "button_list").map((button) => words(button, "text")),
    ...list(card, "jump_list").map((jump) => [words(jump, "title"), words(jump, "url")].filter(isText).join(" ")),
    words(at(card, "card_action"), "url"),
  );
}

function lines(...parts: readonly (string | undefined)[]): string {
  return parts.filter(isText).join("\n");
}
function isText(part: string | undefined): part is string {
  return part !== undefined && part !== "";
}
function isRecord(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function at(source: JsonObject, name: string): JsonObject {
  const value = source[name];
  return isRecord(value) ? value : {};
}
function list(source: JsonObject, name: string): readonly JsonObject[] {
  const value = source[name];
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isRecord) : [];
}
function words(source: JsonObject, name: string): string | undefined {
  const value = source[name];
  return typeof value === "string" ? value : undefined;
}
