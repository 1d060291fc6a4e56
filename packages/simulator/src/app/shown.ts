import type { ScreenItem } from "../platform.ts";

export type ShownItem = { -readonly [Key in keyof ScreenItem]: ScreenItem[Key] };

const KEPT_ON_SCREEN = 2000;

export function show<Item>(screen: Item[], item: Item): void {
  screen.push(item);
  if (screen.length > KEPT_ON_SCREEN) screen.splice(0, KEPT_ON_SCREEN / 2);
}
