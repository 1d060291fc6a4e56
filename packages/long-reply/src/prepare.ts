import { mergeTexts, trimMessage, utf8Length } from "@wxgate/chunker";
import type { Channel, OutboundContent, Piece, Room } from "@wxgate/core";
import type { Notices } from "./notices.ts";

/** Text as it is shown, or something that is a message of its own. */
export type Block = string | Exclude<OutboundContent, { kind: "text" }>;

/** How much text one message of the platform holds. */
export interface MessageText {
  /** The text as messages, each with room for `ending` under it. */
  split(text: string, ending: string): readonly string[];
  /** The beginning of the text, with room for `ending` under it. */
  shorten(text: string, ending: string): string;
}

export interface LongReplyOptions {
  readonly notices: Pick<Notices, "moreWaits" | "truncated" | "inFile" | "fileName">;
  /** How many messages the platform takes for one of the person's. */
  readonly sendsPerInbound: number;
  /** In place of what the room says. */
  readonly longReply?: Room["longReply"] | undefined;
  readonly text: MessageText;
  /** Contents besides text under which the channel writes that more waits. */
  takesNote?(content: OutboundContent): boolean;
  /** Turns what the platform does not have into what it has. */
  degrade(content: OutboundContent): readonly Block[];
}

/** Degrades, merges and splits a reply into messages of one content each, sparing the few that the platform allows. */
export function createPrepare(options: LongReplyOptions): Channel["prepare"] {
  const { sendsPerInbound } = options;
  return function prepare(reply, room) {
    const blocks: readonly Block[] = mergeTexts(reply.flatMap((content) => options.degrade(content)));
    const pieces = blocks.flatMap((block) => piecesOf(block, options));
    // Where nothing is left, the reply goes out when the person has written again: with the full number.
    const sends = room.sendsLeft === 0 ? sendsPerInbound : room.sendsLeft;
    if (sends === undefined || pieces.length <= sends) return pieces;
    const longReply = options.longReply ?? room.longReply;
    switch (longReply) {
      case "continue":
        return withNotices(pieces, sends, options);
      case "truncate":
        return truncated(blocks, sends, options);
      case "file":
        return inFile(blocks, sends, options);
      default:
        return longReply satisfies never;
    }
  };
}

function piecesOf(block: Block, options: LongReplyOptions): readonly Piece[] {
  return typeof block === "string" ? chunks(block, options).map(textPiece) : [pieceOf(block)];
}

/** Every piece keeps room for the sentence that says that more waits: which one is the last is known when it is sent. */
function chunks(text: string, options: LongReplyOptions): readonly string[] {
  return options.text.split(text, underneath(options.notices.moreWaits));
}

/**
 * A picture has no room for words: where the last message that is allowed would be one, a sentence of its own takes its
 * place and the picture goes first the next time.
 */
function withNotices(
  pieces: readonly Piece[],
  sends: number,
  { notices, sendsPerInbound, takesNote }: LongReplyOptions,
): readonly Piece[] {
  if (notices.moreWaits === "") return pieces;
  const hasRoom = (piece: Piece | undefined) =>
    piece?.content.some((content) => content.kind === "text" || takesNote?.(content)) === true;
  const noticed: Piece[] = [];
  let rest = pieces;
  for (let room = sends; rest.length > room; room = sendsPerInbound) {
    const isNoted = hasRoom(rest[room - 1]);
    const taken = isNoted ? room : room - 1;
    noticed.push(...rest.slice(0, taken), ...(isNoted ? [] : [textPiece(notices.moreWaits)]));
    rest = rest.slice(taken);
  }
  return [...noticed, ...rest];
}

/** Cuts the text, not the files beside it. */
function truncated(blocks: readonly Block[], sends: number, options: LongReplyOptions): readonly Piece[] {
  const others = blocks.filter((block) => typeof block !== "string").length;
  let left = Math.max(1, sends - others);
  return blocks.flatMap((block, index) => {
    if (typeof block !== "string") return [pieceOf(block)];
    if (left === 0) return [];
    const all = chunks(block, options);
    const kept = all.slice(0, left);
    left -= kept.length;
    const isCut = kept.length < all.length || blocks.slice(index + 1).some((other) => typeof other === "string");
    const last = kept.at(-1);
    if (left > 0 || !isCut || last === undefined) return kept.map(textPiece);
    return [...kept.slice(0, -1), withEnding(last, options.notices.truncated, options)].map(textPiece);
  });
}

/** A first message that says how it begins, and the whole text as a file. */
function inFile(blocks: readonly Block[], sends: number, options: LongReplyOptions): readonly Piece[] {
  const text = blocks.filter((block) => typeof block === "string").join("\n\n");
  const others = blocks.filter((block) => typeof block !== "string").map(pieceOf);
  const [beginning] = chunks(text, options);
  if (beginning === undefined) return withNotices(others, sends, options);
  const file = pieceOf({ kind: "file", text, filename: options.notices.fileName });
  if (sends - others.length < 2) return withNotices([file, ...others], sends, options);
  return [textPiece(withEnding(beginning, options.notices.inFile, options)), file, ...others];
}

/** `text` with a sentence under it, shortened so that it still leaves the room that every piece leaves. */
function withEnding(text: string, ending: string, options: LongReplyOptions): string {
  if (ending === "") return text;
  const reserved = underneath(options.notices.moreWaits) + underneath(ending);
  return trimMessage(options.text.shorten(text, reserved)) + underneath(ending);
}

/** A text with the note that more waits, unless it says so itself or would have more than `maxBytes` of UTF-8. */
export function withNote(text: string, note: string | undefined, maxBytes: number): string {
  if (note === undefined || note === "" || text === note || text.endsWith(underneath(note))) return text;
  const noted = text + underneath(note);
  return utf8Length(noted) <= maxBytes ? noted : text;
}

function underneath(sentence: string): string {
  return sentence === "" ? "" : `\n${sentence}`;
}

function textPiece(text: string): Piece {
  return pieceOf({ kind: "text", text, format: "plain" });
}

function pieceOf(content: OutboundContent): Piece {
  return { content: [content] };
}
