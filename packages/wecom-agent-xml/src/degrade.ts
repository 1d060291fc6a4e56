import { type Address, isObject, type JsonObject, type OutboundContent, outboundText } from "@wxgate/core";
import { formatMarkdown } from "@wxgate/unicode-format";
import { menuCard } from "@wxgate/wecom-card";
import type { AgentXmlConfig } from "./config.ts";
import { toWecomMarkdown } from "./wecom-markdown.ts";

/** Text in the form it is sent in, or something that is a message of its own. */
export type Block = TextBlock | Exclude<OutboundContent, { kind: "text" | "location" | "handoff" }>;
export type TextBlock = { readonly kind: "text"; readonly text: string; readonly format: "plain" | "markdown" };

export type DegradeOptions = Pick<AgentXmlConfig, "format" | "notices">;

/** Most articles of one news message. */
const ARTICLES = 8;
const URL_BYTES = 2048;

/** Turns what an app does not have into what it has; group chats have no cards and mini programs. */
export function degrade(content: OutboundContent, to: Address, options: DegradeOptions): readonly Block[] {
  switch (content.kind) {
    case "text":
      return [content.format === "plain" ? plain(content.text) : formatted(content.text, options)];
    case "link":
      return fitsUrl(content.url) ? [content] : [plain(outboundText(content))];
    case "articles":
      return degradeArticles(content);
    case "location":
      return [plain(outboundText(content))];
    case "menu":
      return to.kind !== "group" && menuCard(content, "app", options.notices.choose) !== undefined
        ? [content]
        : [plain(outboundText(content))];
    case "card":
      return to.kind === "group" ? [plain(outboundText(content))] : [content];
    case "handoff":
      // The platform knows no hand-over here: the member is told, not left waiting.
      return [plain(content.text ?? options.notices.noHuman)];
    case "miniprogram":
      // The platform wants a title.
      return [content.title?.trim() ? content : { ...content, title: options.notices.miniprogram }];
    case "native":
      return degradeNative(content, to, options);
    case "image":
    case "voice":
    case "video":
    case "file":
      return [content];
    default:
      return content satisfies never;
  }
}

/** A card in the platform's own form is a card: checked, remembered, and told of when it is tapped. */
export function cardOfNative({ payload }: Extract<OutboundContent, { kind: "native" }>): JsonObject | undefined {
  const { msgtype, template_card: card } = payload;
  return msgtype === "template_card" && isObject(card) ? card : undefined;
}

function degradeNative(
  content: Extract<OutboundContent, { kind: "native" }>,
  to: Address,
  options: DegradeOptions,
): readonly Block[] {
  const card = cardOfNative(content);
  return card === undefined ? [content] : degrade({ kind: "card", card }, to, options);
}

function degradeArticles(content: Extract<OutboundContent, { kind: "articles" }>): readonly Block[] {
  if (!content.items.every(({ url }) => fitsUrl(url))) return [plain(outboundText(content))];
  const groups: Block[] = [];
  for (let start = 0; start < content.items.length; start += ARTICLES) {
    groups.push({ kind: "articles", items: content.items.slice(start, start + ARTICLES) });
  }
  return groups;
}

function fitsUrl(url: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(url) && new TextEncoder().encode(url).length <= URL_BYTES;
}

function formatted(markdown: string, { format }: DegradeOptions): TextBlock {
  if (format === "markdown") return { kind: "text", text: toWecomMarkdown(markdown), format: "markdown" };
  return plain(formatMarkdown(markdown, { style: format }));
}

function plain(text: string): TextBlock {
  return { kind: "text", text, format: "plain" };
}
