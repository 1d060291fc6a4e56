import type { InboundContent, OutboundContent } from "./content.ts";

type Menu = Extract<OutboundContent, { kind: "menu" }>;

/**
 * The id of the menu's item that a message chooses: by a tap, by its number, or by its words. Undefined when it chooses
 * none. A tap counts by its id alone: the same words may stand in a menu from yesterday.
 */
export function chosenItem(menu: Menu, content: readonly InboundContent[]): string | undefined {
  const [only, more] = content;
  if (only === undefined || more !== undefined) return undefined;
  if (only.kind === "choice") return idIn(menu, (id) => id === only.id);
  if (only.kind === "action") return idIn(menu, (id) => id === only.key);
  const said = only.kind === "text" ? only.text : only.kind === "voice" ? (only.transcript ?? "") : "";
  const wanted = plain(said);
  if (wanted === "") return undefined;
  return idIn(menu, (_, text, number) => wanted === String(number) || wanted === plain(text));
}

function idIn(menu: Menu, fits: (id: string, text: string, number: number) => boolean): string | undefined {
  for (const [index, item] of menu.items.entries()) {
    if ("id" in item && fits(item.id, item.text, index + 1)) return item.id;
  }
  return undefined;
}

/** As people write it: in any case, with full-width digits, with a full stop behind it. */
function plain(text: string): string {
  return text
    .normalize("NFKC")
    .trim()
    .replace(/[.。!！)）]+$/, "")
    .toLowerCase();
}
