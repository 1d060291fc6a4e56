import type { JsonObject, MenuItem, OutboundContent } from "@wxgate/core";
import { CARD_LIMITS, type CardPlatform, KEY_BYTES, MOST } from "./limits.ts";

export type CardMenu = Extract<OutboundContent, { kind: "menu" }>;

/**
 * A menu as a card with buttons, not yet checked; undefined where a card cannot hold it: too many items, items that open
 * a mini program, equal ids, long texts. Lines without an action stand above the buttons.
 *
 * @param title for a menu whose head is too long, or missing
 */
export function menuCard(menu: CardMenu, platform: CardPlatform, title: string): JsonObject | undefined {
  const { shown, buttonsWithUrl } = CARD_LIMITS[platform];
  const lines = menu.items.filter((item) => !("id" in item || "url" in item || "appId" in item));
  const buttons = menu.items.filter((item) => !lines.includes(item)).map((item) => toButton(item, buttonsWithUrl));
  const known = buttons.filter((button) => button !== undefined);
  const keys = known.map(({ key }) => key).filter((key) => key !== undefined);
  const fits = known.length === buttons.length && known.length > 0 && known.length <= MOST.buttons;
  if (!fits || new Set(keys).size < keys.length) return undefined;

  const head = menu.head?.trim() ?? "";
  const isTitle = head !== "" && head.length <= shown.title && !head.includes("\n");
  const below = [isTitle ? "" : head, ...lines.map(({ text }) => text), menu.tail?.trim() ?? ""];
  const subTitle = below.filter((text) => text !== "").join("\n");
  if (subTitle.length > shown.subTitle) return undefined;
  return {
    card_type: "button_interaction",
    main_title: { title: isTitle ? head : title },
    ...(subTitle === "" ? {} : { sub_title_text: subTitle }),
    button_list: known,
  };
}

function toButton(item: MenuItem, withUrl: boolean): JsonObject | undefined {
  if ("appId" in item || item.text === "") return undefined;
  if ("url" in item) return withUrl ? { type: 1, text: item.text, url: item.url } : undefined;
  if (!("id" in item) || item.id === "" || new TextEncoder().encode(item.id).length > KEY_BYTES) return undefined;
  return { text: item.text, key: item.id };
}
