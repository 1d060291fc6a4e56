import type { ColumnAlignment, MarkdownLeafOf, MarkdownNode } from "./events.ts";
import type { UnitText } from "./unit-text.ts";

export type NodeKind = MarkdownNode["kind"];
export type SpanKind = "strong" | "emphasis" | "strikethrough";

/**
 * What the reader reports to, in order. Each kind of node and leaf is a call of its own, so that what is reported need be
 * no object; `leave` ends the innermost node that is open, which is of the kind given. `MarkdownNode` and `MarkdownLeaf`
 * say what the values mean.
 */
export interface MarkdownSink {
  paragraph(spaced: boolean): void;
  heading(spaced: boolean, level: number): void;
  quote(spaced: boolean): void;
  list(spaced: boolean, start: number | undefined, delimiter: "." | ")" | undefined): void;
  item(spaced: boolean, number: number | undefined, checked: boolean | undefined): void;
  table(spaced: boolean, columns: readonly ColumnAlignment[]): void;
  row(header: boolean): void;
  cell(column: number): void;
  span(kind: SpanKind): void;
  link(url: string, title: string | undefined): void;
  image(url: string, title: string | undefined): void;
  leave(kind: NodeKind): void;

  /** Text of one line as it stands at `from`…`to`. It is not empty, and the source stays as it is until the block is left. */
  text(source: UnitText, from: number, to: number): void;
  /** The same of several lines, with soft breaks between them: fewer calls than one for each. */
  lines(source: UnitText, from: number, to: number): void;
  /** Text that stands for something else: a character reference. */
  decodedText(text: string): void;
  /** What stands at `from`…`to`, in which a line break means a space. */
  code(source: UnitText, from: number, to: number): void;
  autolink(text: string, url: string): void;
  mention(text: string): void;
  lineBreak(hard: boolean): void;
  tag(tag: MarkdownLeafOf<"tag">): void;
  /** Its lines stand at `from`…`to`. */
  codeBlock(spaced: boolean, fence: string, info: string, source: UnitText, from: number, to: number): void;
  rule(spaced: boolean): void;
}
