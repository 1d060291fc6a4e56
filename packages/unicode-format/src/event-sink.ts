import type { ColumnAlignment, MarkdownEvent, MarkdownLeafOf, MarkdownNode } from "./events.ts";
import type { MarkdownSink, SpanKind } from "./sink.ts";
import type { UnitText } from "./unit-text.ts";

/** What is reported, as events. */
export class EventSink implements MarkdownSink {
  private readonly onEvent: (event: MarkdownEvent) => void;
  private readonly open: MarkdownNode[] = [];

  constructor(onEvent: (event: MarkdownEvent) => void) {
    this.onEvent = onEvent;
  }

  paragraph(spaced: boolean): void {
    this.enter({ kind: "paragraph", spaced });
  }

  heading(spaced: boolean, level: number): void {
    this.enter({ kind: "heading", spaced, level });
  }

  quote(spaced: boolean): void {
    this.enter({ kind: "quote", spaced });
  }

  list(spaced: boolean, start: number | undefined, delimiter: "." | ")" | undefined): void {
    this.enter(start === undefined ? { kind: "list", spaced } : { kind: "list", spaced, start, delimiter });
  }

  item(spaced: boolean, number: number | undefined, checked: boolean | undefined): void {
    this.enter({ kind: "item", spaced, number, checked });
  }

  table(spaced: boolean, columns: readonly ColumnAlignment[]): void {
    this.enter({ kind: "table", spaced, columns });
  }

  row(header: boolean): void {
    this.enter({ kind: "row", header });
  }

  cell(column: number): void {
    this.enter({ kind: "cell", column });
  }

  span(kind: SpanKind): void {
    this.enter({ kind });
  }

  link(url: string, title: string | undefined): void {
    this.enter({ kind: "link", url, title });
  }

  image(url: string, title: string | undefined): void {
    this.enter({ kind: "image", url, title });
  }

  leave(): void {
    const node = this.open.pop();
    if (node) this.onEvent({ type: "leave", node });
  }

  text(source: UnitText, from: number, to: number): void {
    this.onEvent({ type: "text", text: source.slice(from, to) });
  }

  lines(source: UnitText, from: number, to: number): void {
    for (const [index, text] of source.slice(from, to).split("\n").entries()) {
      if (index > 0) this.lineBreak(false);
      // An address that starts the next line is no part of these.
      if (text !== "") this.onEvent({ type: "text", text });
    }
  }

  decodedText(text: string): void {
    this.onEvent({ type: "text", text });
  }

  code(source: UnitText, from: number, to: number): void {
    this.onEvent({ type: "code", text: source.slice(from, to).replaceAll("\n", " ") });
  }

  autolink(text: string, url: string): void {
    this.onEvent({ type: "autolink", text, url });
  }

  mention(text: string): void {
    this.onEvent({ type: "mention", text });
  }

  lineBreak(hard: boolean): void {
    this.onEvent({ type: "break", hard });
  }

  tag(tag: MarkdownLeafOf<"tag">): void {
    this.onEvent(tag);
  }

  codeBlock(spaced: boolean, fence: string, info: string, source: UnitText, from: number, to: number): void {
    this.onEvent({ type: "code-block", spaced, fence, info, text: source.slice(from, to) });
  }

  rule(spaced: boolean): void {
    this.onEvent({ type: "rule", spaced });
  }

  private enter(node: MarkdownNode): void {
    this.open.push(node);
    this.onEvent({ type: "enter", node });
  }
}
