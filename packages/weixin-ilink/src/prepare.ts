import { characterLength, chunkMessages, joinMessages, trimMessage, truncateText } from "@wxgate/chunker";
import type { Channel, OutboundContent, Piece, Room } from "@wxgate/core";
import type { IlinkConfig } from "./config.ts";
import { type Block, degrade } from "./degrade.ts";

export interface PrepareOptions {
  readonly textLimit: number;
  readonly notices: IlinkConfig["notices"];
  readonly sendsPerInbound: number;
}

/** Of the 16,384 that the platform takes. */
const SAFE_BYTES = 15_000;

/** Merges, filters and splits a reply into messages of one item each, sparing the ten the platform allows. */
export function createPrepare(options: PrepareOptions): Channel["prepare"] {
  return function prepare(reply, room) {
    const blocks = mergeTexts(reply.flatMap(degrade));
    const pieces = blocks.flatMap((block) => piecesOf(block, options));
    const sends = sendsIn(room, options);
    if (sends === undefined || pieces.length <= sends) return pieces;
    switch (room.longReply) {
      case "continue":
        return withNotices(pieces, sends, options);
      case "truncate":
        return truncated(blocks, sends, options);
      case "file":
        return inFile(blocks, sends, options);
      default:
        return room.longReply satisfies never;
    }
  };
}

/** Where nothing is left, the reply goes out when the person has written again: with the full number. */
function sendsIn({ sendsLeft }: Room, { sendsPerInbound }: PrepareOptions): number | undefined {
  return sendsLeft === 0 ? sendsPerInbound : sendsLeft;
}

function mergeTexts(blocks: readonly Block[]): readonly Block[] {
  const merged: Block[] = [];
  for (const block of blocks) {
    const last = merged.at(-1);
    if (typeof block !== "string") merged.push(block);
    else if (block.trim() === "") continue;
    else if (typeof last === "string") merged[merged.length - 1] = joinMessages(last, block);
    else merged.push(trimMessage(block));
  }
  return merged;
}

function piecesOf(block: Block, options: PrepareOptions): readonly Piece[] {
  return typeof block === "string" ? chunks(block, options).map(textPiece) : [pieceOf(block)];
}

/** Every piece keeps room for the sentence that says that more waits: which one is the last is known when it is sent. */
function chunks(text: string, { textLimit, notices }: PrepareOptions): readonly string[] {
  const note = notices.moreWaits === "" ? "" : `\n${notices.moreWaits}`;
  const reserve = Math.min(characterLength(note), textLimit >> 1);
  const bytes = SAFE_BYTES - Buffer.byteLength(note);
  return chunkMessages(text, { maxCharacters: textLimit, reserve }).flatMap((chunk) =>
    Buffer.byteLength(chunk) <= bytes ? [chunk] : chunkMessages(chunk, { maxBytes: bytes }),
  );
}

/**
 * A picture has no room for words: where the last message that is allowed would be one, a sentence of its own takes its
 * place and the picture goes first the next time.
 */
function withNotices(
  pieces: readonly Piece[],
  sends: number,
  { notices, sendsPerInbound }: PrepareOptions,
): readonly Piece[] {
  if (notices.moreWaits === "") return pieces;
  const noticed: Piece[] = [];
  let rest = pieces;
  for (let room = sends; rest.length > room; room = sendsPerInbound) {
    const isText = rest[room - 1]?.content[0]?.kind === "text";
    const taken = isText ? room : room - 1;
    noticed.push(...rest.slice(0, taken), ...(isText ? [] : [textPiece(notices.moreWaits)]));
    rest = rest.slice(taken);
  }
  return [...noticed, ...rest];
}

/** Cuts the text, not the files beside it. */
function truncated(blocks: readonly Block[], sends: number, options: PrepareOptions): readonly Piece[] {
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
function inFile(blocks: readonly Block[], sends: number, options: PrepareOptions): readonly Piece[] {
  const text = blocks.filter((block) => typeof block === "string").join("\n\n");
  const others = blocks.filter((block) => typeof block !== "string").map(pieceOf);
  const [beginning] = chunks(text, options);
  if (beginning === undefined) return withNotices(others, sends, options);
  const file = pieceOf({ kind: "file", text, filename: options.notices.fileName });
  if (sends - others.length < 2) return withNotices([file, ...others], sends, options);
  return [textPiece(withEnding(beginning, options.notices.inFile, options)), file, ...others];
}

/** `text` with a sentence under it, shortened so that it still leaves the room that every piece leaves. */
function withEnding(text: string, ending: string, { textLimit, notices }: PrepareOptions): string {
  if (ending === "") return text;
  const reserve = characterLength(`\n${notices.moreWaits}\n${ending}`);
  const maxCharacters = Math.max(1, textLimit - reserve);
  return `${trimMessage(truncateText(text, { maxCharacters }))}\n${ending}`;
}

function textPiece(text: string): Piece {
  return pieceOf({ kind: "text", text, format: "plain" });
}

function pieceOf(content: OutboundContent): Piece {
  return { content: [content] };
}
