import type { Block } from "./block-types.ts";
import type { MarkdownEvent } from "./events.ts";
import type { References } from "./links.ts";
import { BlockReader } from "./read-blocks.ts";
import { InlineReader } from "./read-inlines.ts";

const NO_REFERENCES: References = new Map();

/** Link references may be defined behind their use: where a text may hold definitions, a first pass collects them. */
function collectReferences(text: string): References {
  if (!text.includes("]:")) return NO_REFERENCES;
  const reader = new BlockReader(text, () => {});
  reader.read();
  return reader.references;
}

/**
 * Reads Markdown (CommonMark with GFM's tables, task lists, strikethrough and autolinks) and reports it in order.
 * Never throws, never recurses, and takes time linear in the text, whatever it holds.
 *
 * What differs from CommonMark, for the sake of chat: marks beside Chinese count as at a word's edge; block HTML is
 * read like inline HTML; only tags that format are tags; `@name` is reported apart; quotes and lists nest 64 deep.
 */
export function readMarkdown(text: string, onEvent: (event: MarkdownEvent) => void): void {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  const inlines = new InlineReader(collectReferences(lines), onEvent);

  function onBlock(block: Block): void {
    if (block.type === "inlines") {
      onEvent({ type: "enter", node: block.node });
      inlines.read(block.source);
      onEvent({ type: "leave", node: block.node });
    } else if (block.type === "table") {
      onEvent({ type: "enter", node: block.node });
      for (let row = 0; row < block.rows.length; row++) readRow(block.rows[row]!, row === 0);
      onEvent({ type: "leave", node: block.node });
    } else onEvent(block);
  }

  function readRow(cells: readonly string[], header: boolean): void {
    const row = { kind: "row", header } as const;
    onEvent({ type: "enter", node: row });
    for (let column = 0; column < cells.length; column++) {
      const cell = { kind: "cell", column } as const;
      onEvent({ type: "enter", node: cell });
      inlines.read(cells[column]!);
      onEvent({ type: "leave", node: cell });
    }
    onEvent({ type: "leave", node: row });
  }

  new BlockReader(lines, onBlock).read();
}
