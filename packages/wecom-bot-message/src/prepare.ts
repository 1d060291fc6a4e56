import { chunkMessages, mergeTexts, truncateText, utf8Length } from "@wxgate/chunker";
import { type Channel, type JsonObject, type OutboundContent, outboundText, type Piece, type Room } from "@wxgate/core";
import { CONTENT_BYTES } from "./limits.ts";
import { withoutThinking } from "./thinking.ts";

export interface PrepareOptions {
  /** Of one text; the platform takes 20,480 bytes of UTF-8. */
  readonly maxBytes?: number;
  /** Whether people see the model's `<think>…</think>`. */
  readonly showThinking: boolean;
  /** A menu as a card with buttons; undefined where a card cannot hold it. */
  menuCard(menu: Extract<OutboundContent, { kind: "menu" }>): JsonObject | undefined;
  readonly notices: {
    /** Ends a text that was cut because longer ones are not wanted. */
    readonly truncated: string;
    /** Ends the beginning of a text whose whole goes into a file. */
    readonly inFile: string;
    readonly fileName: string;
    /** Said where a human is asked for: the bot knows no hand-over. */
    readonly noHuman: string;
  };
}

/** Markdown, or a message of its own. */
type Block = string | Extract<OutboundContent, { kind: "image" | "voice" | "video" | "file" | "card" | "native" }>;

/**
 * Merges, degrades and splits a reply into messages the bot can send: Markdown within the limit of bytes, files, cards.
 * Cards are not yet checked, since that may need an id.
 */
export function createBotPrepare(options: PrepareOptions): Channel["prepare"] {
  return function prepare(reply, room) {
    const blocks = mergeTexts(reply.flatMap((content) => degrade(content, options)));
    const pieces = blocks.flatMap((block) => toPieces(block, options));
    const { sendsLeft } = room;
    if (sendsLeft === undefined || sendsLeft === 0 || pieces.length <= sendsLeft) return pieces;
    return shortened(blocks, pieces, { ...room, sendsLeft }, options);
  };
}

function degrade(content: OutboundContent, options: PrepareOptions): readonly Block[] {
  switch (content.kind) {
    case "text":
      return [content.format === "plain" || options.showThinking ? content.text : withoutThinking(content.text)];
    case "image":
    case "voice":
    case "video":
    case "file":
    case "card":
    case "native":
      return [content];
    case "link":
      return [linkText(content)];
    case "articles":
      return [content.items.map(linkText).join("\n\n")];
    case "menu": {
      const card = options.menuCard(content);
      return [card === undefined ? outboundText(content) : { kind: "card", card }];
    }
    case "handoff":
      return [content.text ?? options.notices.noHuman];
    case "location":
    case "miniprogram":
      return [outboundText(content)];
    default:
      return content satisfies never;
  }
}

function linkText({ title, description, url }: { title: string; description?: string; url: string }): string {
  // Brackets in a title, and parentheses or spaces in an address, would end the link too early.
  const label = title.replace(/[[\]]/g, " ").trim();
  const target = url.replace(/[()\s]/g, (character) =>
    encodeURIComponent(character).replace("(", "%28").replace(")", "%29"),
  );
  const head = `[${label}](${target})`;
  return description === undefined || description.trim() === "" ? head : `${head}\n${description}`;
}

function toPieces(block: Block, { maxBytes = CONTENT_BYTES }: PrepareOptions): readonly Piece[] {
  return typeof block === "string" ? chunkMessages(block, { maxBytes }).map(textPiece) : [{ content: [block] }];
}

function textPiece(text: string): Piece {
  return { content: [{ kind: "text", text, format: "markdown" }] };
}

/** Fewer sends are left than the reply needs: the dispatcher carries it on, or one text takes the place of many. */
function shortened(
  blocks: readonly Block[],
  pieces: readonly Piece[],
  { longReply, sendsLeft }: Room & { readonly sendsLeft: number },
  options: PrepareOptions,
): readonly Piece[] {
  if (longReply === "continue") return pieces;
  const { maxBytes = CONTENT_BYTES, notices } = options;
  const whole = blocks
    .map((block) => (typeof block === "string" ? block : outboundText(block)))
    .filter((text) => text !== "")
    .join("\n\n");
  const beginning = (ending: string) => textPiece(beginningOf(whole, `\n\n${ending}`, maxBytes));
  if (longReply === "truncate" || sendsLeft < 2) return [beginning(notices.truncated)];
  return [beginning(notices.inFile), { content: [{ kind: "file", text: whole, filename: notices.fileName }] }];
}

function beginningOf(text: string, ending: string, maxBytes: number): string {
  const room = maxBytes - utf8Length(ending);
  const [first = truncateText(text, { maxBytes: room })] = chunkMessages(text, { maxBytes: room });
  return first + ending;
}
