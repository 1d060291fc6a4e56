import type { Block } from "./block-types.ts";
import type { MarkdownEvent, MarkdownNode } from "./events.ts";
import type { References } from "./links.ts";
import { BlockReader } from "./read-blocks.ts";
import { InlineReader } from "./read-inlines.ts";

const NO_REFERENCES: References = new Map();

interface NodeEvents {
  readonly enter: MarkdownEvent;
  readonly leave: MarkdownEvent;
}

function nodeEvents(node: MarkdownNode): NodeEvents {
  return { enter: { type: "enter", node }, leave: { type: "leave", node } };
}

const HEADER_ROW = nodeEvents({ kind: "row", header: true });
const BODY_ROW = nodeEvents({ kind: "row", header: false });

/** Link references may be defined behind their use: where a text may hold definitions, a first pass collects them. */
function collectReferences(text: string): References {
  if (!text.includes("]:")) return NO_REFERENCES;
  const reader = new BlockReader(text, () => {});
  reader.read();
  return reader.references;
}

interface ReadOptions {
  /** Lines of mere text are one text event, with the line breaks between them: fewer events, and fewer writes. */
  readonly joinsLines: boolean;
}

/**
 * Reads Markdown (CommonMark with GFM's tables, task lists, strikethrough and autolinks) and reports it in order.
 * Never throws, never recurses, and takes time linear in the text, whatever it holds.
 *
 * What differs from CommonMark, for the sake of chat: marks beside Chinese count as at a word's edge; block HTML is
 * read like inline HTML; only tags that format are tags; `@name` is reported apart; quotes and lists nest 64 deep.
 */
export function readMarkdown(text: string, onEvent: (event: MarkdownEvent) => void): void {
  readEvents(text, { joinsLines: false }, onEvent);
}

/** `readMarkdown` as this package's own renderer needs it. */
export function readEvents(text: string, { joinsLines }: ReadOptions, onEvent: (event: MarkdownEvent) => void): void {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  const inlines = new InlineReader(collectReferences(lines), onEvent, joinsLines);

  /** The events of the cells of each column so far. */
  const columns: NodeEvents[] = [];

  function onBlock(block: Block): void {
    if (block.type === "inlines") {
      onEvent({ type: "enter", node: block.node });
      inlines.read(block.source);
      onEvent({ type: "leave", node: block.node });
    } else if (block.type === "table") {
      onEvent({ type: "enter", node: block.node });
      for (let row = 0; row < block.rows.length; row++) readRow(block.rows[row]!, row === 0 ? HEADER_ROW : BODY_ROW);
      onEvent({ type: "leave", node: block.node });
    } else onEvent(block);
  }

  function readRow(cells: readonly string[], row: NodeEvents): void {
    onEvent(row.enter);
    for (let column = 0; column < cells.length; column++) {
      columns[column] ??= nodeEvents({ kind: "cell", column });
      const cell = columns[column]!;
      onEvent(cell.enter);
      inlines.read(cells[column]!);
      onEvent(cell.leave);
    }
    onEvent(row.leave);
  }

  new BlockReader(lines, onBlock).read();
}
