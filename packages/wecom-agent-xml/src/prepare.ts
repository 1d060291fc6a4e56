import { chunkMessages, joinMessages, trimMessage } from "@wxgate/chunker";
import type { Channel, Piece } from "@wxgate/core";
import { type Block, type DegradeOptions, degrade, type TextBlock } from "./degrade.ts";
import { TEXT_BYTES } from "./wire.ts";

/** A channel's `prepare`. */
export type Prepare = Channel["prepare"];

/** Formats, degrades, merges and splits a reply into messages an app can send. */
export function createPrepare(options: DegradeOptions): Channel["prepare"] {
  return (reply, room) => mergeTexts(reply.flatMap((content) => degrade(content, room.to, options))).flatMap(toPieces);
}

function mergeTexts(blocks: readonly Block[]): readonly Block[] {
  const merged: Block[] = [];
  for (const block of blocks) {
    const last = merged.at(-1);
    if (block.kind !== "text") merged.push(block);
    else if (block.text.trim() === "") continue;
    else if (last?.kind === "text" && last.format === block.format) merged[merged.length - 1] = joined(last, block);
    else merged.push({ ...block, text: trimMessage(block.text) });
  }
  return merged;
}

function joined(first: TextBlock, second: TextBlock): TextBlock {
  return { ...first, text: joinMessages(first.text, second.text) };
}

function toPieces(block: Block): readonly Piece[] {
  if (block.kind !== "text") return [{ content: [block] }];
  return chunkMessages(block.text, { maxBytes: TEXT_BYTES }).map((text) => ({ content: [{ ...block, text }] }));
}
