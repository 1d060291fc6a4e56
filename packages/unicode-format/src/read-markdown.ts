import { EventSink } from "./event-sink.ts";
import type { MarkdownEvent } from "./events.ts";
import type { References } from "./links.ts";
import { BlockReader } from "./read-blocks.ts";
import { InlineReader } from "./read-inlines.ts";
import type { MarkdownSink } from "./sink.ts";

const NO_REFERENCES: References = new Map();

function ignore(): void {}

/** Link references may be defined behind their use: where a text may hold definitions, a first pass collects them. */
function collectReferences(text: string): References {
  if (!text.includes("]:")) return NO_REFERENCES;
  const reader = new BlockReader(text, new EventSink(ignore), { read: ignore });
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
  createReader(new EventSink(onEvent), text).read();
}

/** A reader of one text, which reports to `sink`. */
export function createReader(sink: MarkdownSink, text: string): BlockReader {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  return new BlockReader(lines, sink, new InlineReader(collectReferences(lines), sink));
}
