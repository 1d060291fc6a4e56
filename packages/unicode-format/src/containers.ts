import type { LineCursor } from "./line-cursor.ts";
import type { MarkdownSink } from "./sink.ts";
import { Stack } from "./stack.ts";

const QUOTE_MARK = 0x3e;

/** An open block that holds others. All kinds have one shape, as each line is matched against all that are open. */
export interface Container {
  readonly kind: "quote" | "list" | "item";
  /** Of a list: what its items have in common, the bullet or the character behind the number. */
  readonly mark: number;
  /** Of an item: how far its lines are indented. */
  readonly indent: number;
  hasContent: boolean;
}

/** Takes the mark of a quote off the line, if there is one. */
export function takeQuoteMark(line: LineCursor): boolean {
  if (line.code !== QUOTE_MARK || line.indent > 3) return false;
  line.takeMark(1);
  line.takeSpace(1);
  return true;
}

/** The quotes, lists and items that are open, from the outermost inwards. */
export class Containers {
  private readonly line: LineCursor;
  private readonly sink: MarkdownSink;
  private readonly open = new Stack<Container>();

  constructor(line: LineCursor, sink: MarkdownSink) {
    this.line = line;
    this.sink = sink;
  }

  get depth(): number {
    return this.open.size;
  }

  /** The container around what stands at this depth. */
  around(depth: number): Container | undefined {
    return this.open.at(depth - 1);
  }

  /** How many containers the line belongs to; their marks are taken off it. */
  match(isBlockOpen: boolean): number {
    const { line, open } = this;
    let matched = 0;
    for (; matched < open.size; matched++) {
      const container = open.at(matched)!;
      if (container.kind === "quote") {
        if (!takeQuoteMark(line)) break;
      } else if (container.kind === "item") {
        if (line.isBlank) {
          if (!container.hasContent && !isBlockOpen) break;
        } else if (line.indent < container.indent) break;
        line.takeSpace(container.indent);
      }
    }
    // A list goes on only with an item, which the line may still start.
    return matched;
  }

  enterQuote(spaced: boolean): void {
    this.open.push({ kind: "quote", mark: 0, indent: 0, hasContent: false });
    this.sink.quote(spaced);
  }

  /** `number` is the first of an ordered list. */
  enterList(spaced: boolean, mark: number, number: number | undefined): void {
    this.open.push({ kind: "list", mark, indent: 0, hasContent: true });
    this.sink.list(spaced, number, number === undefined ? undefined : mark === 0x2e ? "." : ")");
  }

  enterItem(spaced: boolean, number: number | undefined, checked: boolean | undefined, indent: number): void {
    this.open.push({ kind: "item", mark: 0, indent, hasContent: false });
    this.sink.item(spaced, number, checked);
  }

  leaveTo(depth: number): void {
    while (this.open.size > depth) this.sink.leave(this.open.pop()!.kind);
  }
}
