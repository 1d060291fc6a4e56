import { type MenuItem, type OutboundContent, outboundText } from "@wxgate/core";
import { byteLength } from "./text.ts";

export type Menu = Extract<OutboundContent, { kind: "menu" }>;

/** https://developer.work.weixin.qq.com/document/path/94677, `msgmenu`; all but the first are bytes of UTF-8. */
const MENU_ITEMS = 10;
const EDGE_BYTES = 1024;
const CLICK_ID_BYTES = 64;
const CLICK_BYTES = 128;
const TEXT_BYTES = 256;
const LABEL_BYTES = 1024;
const URL_BYTES = 2048;
const APP_ID_BYTES = 32;

/** A menu the platform takes, or the text that stands for what it would not. */
export type MenuPart = Menu | string;

/** Splits a menu of more than ten items; a head or tail that is too long stands beside it; unfit items make it text. */
export function fitMenu(menu: Menu): readonly MenuPart[] {
  if (menu.items.length === 0 || !menu.items.every(fits)) return [outboundText(menu)];
  const head = within(menu.head, EDGE_BYTES);
  const tail = within(menu.tail, EDGE_BYTES);
  const groups: MenuItem[][] = [];
  for (let start = 0; start < menu.items.length; start += MENU_ITEMS) {
    groups.push(menu.items.slice(start, start + MENU_ITEMS));
  }
  const menus = groups.map(
    (items, index): Menu => ({
      kind: "menu",
      ...(index === 0 && head !== undefined ? { head } : {}),
      items,
      ...(index === groups.length - 1 && tail !== undefined ? { tail } : {}),
    }),
  );
  return [
    ...(head === undefined && menu.head ? [menu.head] : []),
    ...menus,
    ...(tail === undefined && menu.tail ? [menu.tail] : []),
  ];
}

function fits(item: MenuItem): boolean {
  if ("id" in item) return isWithin(item.id, CLICK_ID_BYTES) && isWithin(item.text, CLICK_BYTES);
  if ("url" in item) return isWithin(item.url, URL_BYTES) && isWithin(item.text, LABEL_BYTES);
  if ("appId" in item) {
    return isWithin(item.appId, APP_ID_BYTES) && isWithin(item.path, LABEL_BYTES) && isWithin(item.text, LABEL_BYTES);
  }
  return isWithin(item.text, TEXT_BYTES);
}

function isWithin(text: string, bytes: number): boolean {
  return text !== "" && byteLength(text) <= bytes;
}

function within(text: string | undefined, bytes: number): string | undefined {
  return text !== undefined && isWithin(text, bytes) ? text : undefined;
}

/** Adds a sentence under the menu, if there is room for it. */
export function withTail(menu: Menu, note: string): Menu {
  const tail = menu.tail === undefined ? note : `${menu.tail}\n${note}`;
  return isWithin(tail, EDGE_BYTES) ? { ...menu, tail } : menu;
}
