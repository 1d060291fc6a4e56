import { joinMessages, utf8Length } from "@wxgate/chunker";
import type { Channel, OutboundContent, OutboundMedia, Piece, Room } from "@wxgate/core";
import { createBotPrepare } from "@wxgate/wecom-bot-message";
import { menuCard } from "@wxgate/wecom-card";
import type { WecomBotWebhookConfig } from "./config.ts";

/** In the last packet of a bubble. */
const MOST_IMAGES = 10;

type Text = Extract<OutboundContent, { kind: "text" }>;

/** What becomes one packet: words, then pictures, then at most one card. */
interface Draft {
  readonly text?: Text;
  readonly images: readonly OutboundContent[];
  readonly card?: OutboundContent;
}

/**
 * Words, pictures and a card go into one packet, since only two can follow a message. Files have no way: they become links.
 */
export function createPrepare(config: WecomBotWebhookConfig): Channel["prepare"] {
  const { notices, showThinking, streamMaxBytes } = config;
  const maxBytes = streamMaxBytes - utf8Length(`\n\n${notices.moreWaits}`);
  const base = createBotPrepare({
    maxBytes,
    showThinking,
    notices,
    menuCard: (menu) => menuCard(menu, "bot", notices.choose),
  });

  return function prepare(reply, room) {
    const sendable = reply.map((content) => withoutFiles(content, notices.notAvailable));
    const { sendsLeft: _all, ...unlimited } = room;
    const pieces = packets(base(sendable, unlimited), maxBytes);
    const { sendsLeft = 0 } = room;
    if (room.longReply === "continue" || sendsLeft === 0 || pieces.length <= sendsLeft) return pieces;
    return packets(base(sendable, cut(room)), maxBytes);
  };
}

/** There is no upload on callbacks: of a text that goes on in a file only the beginning could be shown. */
function cut(room: Room): Room {
  return { ...room, sendsLeft: 1, longReply: "truncate" };
}

function withoutFiles(content: OutboundContent, notAvailable: string): OutboundContent {
  switch (content.kind) {
    case "image":
      return content.url === undefined && content.path === undefined ? textOf(notAvailable) : content;
    case "voice":
    case "video":
    case "file":
      return textOf(fileWords(content, notAvailable));
    default:
      return content;
  }
}

/** The public address, or the content itself; a local path is nothing for a reader. */
export function fileWords(media: OutboundMedia, notAvailable: string): string {
  if (media.url !== undefined) {
    const label = (media.filename ?? "").replace(/[[\]]/g, " ").trim();
    // Parentheses or spaces would end the link too early.
    const target = media.url.replace(/[()\s]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, "0")}`);
    return `[${label === "" ? media.kind : label}](${target})`;
  }
  return media.text ?? notAvailable;
}

function textOf(text: string): OutboundContent {
  return { kind: "text", text, format: "markdown" };
}

function packets(singles: readonly Piece[], maxBytes: number): readonly Piece[] {
  const all: Draft[] = [];
  for (const content of singles.flatMap((piece) => piece.content)) {
    const last = all.at(-1);
    const joined = last && content.kind !== "native" ? joinedTo(last, content, maxBytes) : undefined;
    if (joined !== undefined) all[all.length - 1] = joined;
    else all.push(draftOf(content));
  }
  return all.map(({ text, images, card }) => ({
    content: [...(text === undefined ? [] : [text]), ...images, ...(card === undefined ? [] : [card])],
  }));
}

/** Undefined: it does not fit. */
function joinedTo(draft: Draft, content: OutboundContent, maxBytes: number): Draft | undefined {
  if (draft.card?.kind === "native") return undefined;
  switch (content.kind) {
    case "text": {
      if (draft.text === undefined) return { ...draft, text: content };
      // Two texts side by side were split because they do not fit into one.
      if (draft.images.length === 0 && draft.card === undefined) return undefined;
      const text = joinMessages(draft.text.text, content.text);
      return utf8Length(text) <= maxBytes ? { ...draft, text: { ...draft.text, text } } : undefined;
    }
    case "image":
      return draft.images.length < MOST_IMAGES ? { ...draft, images: [...draft.images, content] } : undefined;
    case "card":
      return draft.card === undefined ? { ...draft, card: content } : undefined;
    default:
      return undefined;
  }
}

function draftOf(content: OutboundContent): Draft {
  if (content.kind === "text") return { text: content, images: [] };
  return content.kind === "image" ? { images: [content] } : { images: [], card: content };
}
