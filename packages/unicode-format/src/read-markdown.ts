import { EventSink } from "./event-sink.ts";
import type { MarkdownEvent } from "./events.ts";
import type { References } from "./links.ts";
import { BlockReader } from "./read-blocks.ts";
import { InlineReader } from "./read-inlines.ts";
import type { MarkdownSink } from "./sink.ts";
import { UnitText } from "./unit-text.ts";

const NO_REFERENCES: References = new Map();

function ignore(): void {}

/** Link references may be defined behind their use: where a text may hold definitions, a first pass collects them. */
function collectReferences(source: UnitText): References {
  if (!source.text.includes("]:")) return NO_REFERENCES;
  const reader = new BlockReader(source, new EventSink(ignore), { read: ignore });
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
  readInto(new EventSink(onEvent), text, { joinsLines: false });
}

interface ReadOptions {
  /** Lines of mere text are one text, with the line breaks between them: fewer calls, and fewer writes. */
  readonly joinsLines: boolean;
}

/** `readMarkdown` as this package's own renderer needs it. */
export function readInto(sink: MarkdownSink, text: string, { joinsLines }: ReadOptions): void {
  const source = new UnitText();
  source.load(text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text);
  const inlines = new InlineReader(collectReferences(source), sink, joinsLines);
  new BlockReader(source, sink, inlines).read();
}
