import { isObject, type JsonObject, listField, type OutboundContent, outboundText, textField } from "@wxgate/core";
import { fitMenu, type MenuPart } from "./menu.ts";

/** Text (already formatted), or something that is a message of its own. */
export type Block = string | Exclude<OutboundContent, { kind: "text" | "articles" | "card" }>;

export interface DegradeOptions {
  /** Markdown to what WeChat shows. */
  format(markdown: string): string;
  readonly handoff: { readonly operator?: string | undefined; readonly text?: string | undefined };
  readonly notices: { readonly miniprogram: string };
}

/** Customer-acquisition links have a message type of their own. */
const ACQUISITION_LINK = "https://work.weixin.qq.com/ca/";

/** Turns what WeChat does not have into what it has. */
export function degrade(content: OutboundContent, options: DegradeOptions): readonly Block[] {
  switch (content.kind) {
    case "text":
      return [content.format === "plain" ? content.text : options.format(content.text)];
    case "link":
      return degradeLink(content);
    case "articles": {
      const [only] = content.items;
      if (content.items.length !== 1 || only === undefined) return [outboundText(content)];
      const { imageUrl, ...link } = only;
      return degradeLink({ kind: "link", ...link, ...(imageUrl === undefined ? {} : { image: { url: imageUrl } }) });
    }
    case "miniprogram":
      return content.image === undefined ? [miniprogramMenu(content, options)] : [content];
    case "menu":
      return degradeMenu(content, options);
    case "card":
      return degradeCard(content.card);
    case "handoff":
      return [{ ...withoutUndefined(options.handoff), ...content }];
    case "image":
    case "voice":
    case "video":
    case "file":
    case "location":
    case "native":
      return [content];
    default:
      return content satisfies never;
  }
}

type Link = Extract<OutboundContent, { kind: "link" }>;

/** WeChat demands a picture for a link. */
function degradeLink(link: Link): readonly Block[] {
  if (link.image !== undefined) return [link];
  if (!link.url.startsWith(ACQUISITION_LINK)) return [outboundText(link)];
  const words = [link.title, link.description].filter((text) => text !== undefined && text !== "" && text !== link.url);
  const payload: JsonObject = { msgtype: "ca_link", ca_link: { link_url: link.url } };
  return [words.join("\n"), { kind: "native", payload }];
}

/** The message type wants a picture, an item of a menu does not. */
function miniprogramMenu(
  { appId, path, title }: Extract<OutboundContent, { kind: "miniprogram" }>,
  { notices }: DegradeOptions,
): MenuPart {
  return { kind: "menu", items: [{ appId, path, text: title?.trim() || notices.miniprogram }] };
}

function degradeMenu(menu: Extract<OutboundContent, { kind: "menu" }>, { format }: DegradeOptions): readonly Block[] {
  const { head, tail, items } = menu;
  return fitMenu({
    kind: "menu",
    items,
    ...(head === undefined ? {} : { head: format(head) }),
    ...(tail === undefined ? {} : { tail: format(tail) }),
  });
}

/** Its words; its buttons as a menu. */
function degradeCard(card: JsonObject): readonly Block[] {
  const buttons = listField(card, "button_list")
    .filter(isObject)
    .flatMap((button) => {
      const text = textField(button, "text");
      const id = textField(button, "key");
      return text === undefined || id === undefined ? [] : [{ id, text }];
    });
  if (buttons.length === 0) return [outboundText({ kind: "card", card })];
  const { button_list: _buttons, ...rest } = card;
  const head = outboundText({ kind: "card", card: rest });
  return fitMenu({ kind: "menu", ...(head === "" ? {} : { head }), items: buttons });
}

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
