import { chunkMessages, joinMessages, trimMessage, truncateText } from "@wxgate/chunker";
import type { Channel, OutboundContent, Piece, Room } from "@wxgate/core";
import type { KfConfig } from "./config.ts";
import { type Block, type DegradeOptions, degrade } from "./degrade.ts";
import { byteLength, TEXT_BYTES } from "./text.ts";

export interface PrepareOptions extends DegradeOptions {
  readonly notices: KfConfig["notices"];
  readonly longReply?: KfConfig["longReply"];
  readonly sendsPerInbound: number;
}

/** Merges, formats, degrades and splits a reply into messages WeChat takes, sparing the five it allows. */
export function createPrepare(options: PrepareOptions): Channel["prepare"] {
  return function prepare(reply, room) {
    const blocks = mergeTexts(reply.flatMap((content) => degrade(content, options)));
    const pieces = toPieces(blocks, options);
    const sends = roomFor(room, options);
    if (sends === undefined || pieces.length <= sends) return pieces;
    switch (options.longReply ?? room.longReply) {
      case "continue":
        return pieces;
      case "truncate":
        return truncated(blocks, sends, options);
      case "file":
        return inFile(blocks, sends, options);
    }
  };
}

/** Where nothing is left, the reply goes out when the customer has written again: with the full number. */
function roomFor({ sendsLeft }: Room, { sendsPerInbound }: PrepareOptions): number | undefined {
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

function toPieces(blocks: readonly Block[], options: PrepareOptions): readonly Piece[] {
  return blocks.flatMap((block) =>
    typeof block === "string" ? chunks(block, options).map(textPiece) : [pieceOf(block)],
  );
}

/** Every piece keeps room for the sentence that says that more waits: which one is the last is known when it is sent. */
function chunks(text: string, { notices }: PrepareOptions): readonly string[] {
  const reserve = notices.moreWaits === "" ? 0 : byteLength(`\n${notices.moreWaits}`);
  return chunkMessages(text, { maxBytes: TEXT_BYTES, reserve });
}

/** Cuts the text, not the files beside it. */
function truncated(blocks: readonly Block[], sends: number, options: PrepareOptions): readonly Piece[] {
  const others = blocks.filter((block) => typeof block !== "string").length;
  let left = Math.max(1, sends - others);
  return blocks.flatMap((block) => {
    if (typeof block !== "string") return [pieceOf(block)];
    if (left === 0) return [];
    const all = chunks(block, options);
    const kept = all.slice(0, left);
    left -= kept.length;
    const isLast = left === 0 && (kept.length < all.length || hasTextAfter(blocks, block));
    const last = kept.at(-1);
    if (isLast && last !== undefined) kept[kept.length - 1] = withEnding(last, options.notices.truncated, options);
    return kept.map(textPiece);
  });
}

/** A first message that says how it begins, and the whole text as a file. */
function inFile(blocks: readonly Block[], sends: number, options: PrepareOptions): readonly Piece[] {
  const texts = blocks.filter((block) => typeof block === "string");
  const others = blocks.filter((block) => typeof block !== "string").map(pieceOf);
  const [beginning] = chunks(texts.join("\n\n"), options);
  if (beginning === undefined) return others;
  const file = pieceOf({ kind: "file", text: texts.join("\n\n"), filename: options.notices.fileName });
  if (sends - others.length < 2) return [file, ...others];
  return [textPiece(withEnding(beginning, options.notices.inFile, options)), file, ...others];
}

/** `text` with a sentence under it, shortened so that it still leaves the room that every piece leaves. */
function withEnding(text: string, ending: string, options: PrepareOptions): string {
  if (ending === "") return text;
  const reserve = byteLength(`\n${options.notices.moreWaits}\n${ending}`);
  return `${trimMessage(truncateText(text, { maxBytes: TEXT_BYTES - reserve }))}\n${ending}`;
}

function hasTextAfter(blocks: readonly Block[], block: Block): boolean {
  return blocks.slice(blocks.indexOf(block) + 1).some((other) => typeof other === "string");
}

function textPiece(text: string): Piece {
  return pieceOf({ kind: "text", text, format: "plain" });
}

function pieceOf(content: OutboundContent): Piece {
  return { content: [content] };
}
