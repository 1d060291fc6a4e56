import type { MarkdownLeafOf, MarkdownNode, MarkdownNodeOf, MarkdownSink, MarkedLeaf } from "./events.ts";
import { BOLD, ITALIC, STRUCK } from "./letters.ts";
import { LinkAddresses } from "./link-addresses.ts";
import { BULLETS, RULE } from "./marks.ts";
import { renderTag } from "./render-tag.ts";
import { SpanWriter } from "./span-writer.ts";
import { Stack } from "./stack.ts";
import { TableWriter } from "./table-text.ts";
import { TextWriter } from "./text-writer.ts";

const HEADING_MARKS = ["■ ", "◆ ", "▪ ", "▫ "];
/** Spaces as wide as the usual marks of items. */
const INDENTS = ["", " ", "  ", "   ", "    "];
const QUOTE_BAR = "│ ";

interface ListState {
  readonly node: MarkdownNodeOf<"list">;
  /** How many lists with bullets this one and those around it are. */
  readonly bullets: number;
  last: number | undefined;
}

export interface RenderOptions {
  readonly isStyled: boolean;
  readonly keepsCodeMarks: boolean;
}

/** Writes what the reader reports as plain text. */
export class Renderer implements MarkdownSink {
  readonly spans: SpanWriter;
  readonly links = new LinkAddresses();
  private readonly page = new TextWriter();
  private readonly cell = new TextWriter();
  private readonly table = new TableWriter(this.page);
  private readonly lists = new Stack<ListState>();
  private readonly keepsCodeMarks: boolean;
  private isInCell = false;

  constructor({ isStyled, keepsCodeMarks }: RenderOptions) {
    this.spans = new SpanWriter(this.page, isStyled);
    this.keepsCodeMarks = keepsCodeMarks;
  }

  /** What was written. */
  take(): string {
    return this.page.take();
  }

  get isAtLineStart(): boolean {
    return (this.isInCell ? this.cell : this.page).lastCode < 0;
  }

  text(text: string): void {
    this.links.see(text);
    this.spans.text(text);
  }

  /** Text whose letters never change. */
  raw(text: string): void {
    if (text === "") return;
    this.links.see(text);
    this.spans.raw(text);
  }

  enter(node: MarkdownNode): void {
    switch (node.kind) {
      case "paragraph":
        this.page.startBlock(node.spaced);
        break;
      case "cell":
        this.isInCell = true;
        this.spans.use(this.cell);
        break;
      case "item":
        this.enterItem(node);
        break;
      case "heading":
        this.page.startBlock(true);
        this.page.write(HEADING_MARKS[Math.min(node.level, HEADING_MARKS.length) - 1]!);
        this.spans.enter(BOLD);
        break;
      case "quote":
        this.page.startBlock(node.spaced);
        this.page.enter(QUOTE_BAR, QUOTE_BAR);
        break;
      case "list":
        this.enterList(node);
        break;
      case "table":
        this.page.startBlock(node.spaced);
        this.table.start();
        break;
      case "strong":
        this.spans.enter(BOLD);
        break;
      case "emphasis":
        this.spans.enter(ITALIC);
        break;
      case "strikethrough":
        this.spans.enter(STRUCK);
        break;
      case "link":
      case "image":
        this.links.enter(node.url);
        break;
      default:
        node.kind satisfies "row";
    }
  }

  leave(node: MarkdownNode): void {
    switch (node.kind) {
      case "paragraph":
        this.endBlock();
        break;
      case "cell":
        this.leaveCell();
        break;
      case "item":
      case "quote":
        this.page.leave();
        break;
      case "heading":
        this.endBlock();
        this.page.endHeading();
        break;
      case "list":
        this.lists.pop();
        break;
      case "row":
        this.table.endRow();
        break;
      case "table":
        this.table.end();
        break;
      case "strong":
        this.spans.leave(BOLD);
        break;
      case "emphasis":
        this.spans.leave(ITALIC);
        break;
      case "strikethrough":
        this.spans.leave(STRUCK);
        break;
      default:
        this.raw(this.links.leave(node.kind === "image"));
    }
  }

  leaf(leaf: MarkedLeaf): void {
    switch (leaf.type) {
      case "code":
        this.raw(this.keepsCodeMarks ? markedCode(leaf.text) : leaf.text);
        break;
      case "autolink":
      case "mention":
        this.raw(leaf.text);
        break;
      case "break":
        this.spans.newLine();
        break;
      case "tag":
        renderTag(leaf, this);
        break;
      case "code-block":
        this.writeCodeBlock(leaf);
        break;
      default:
        this.page.startBlock(leaf.spaced);
        this.page.write(RULE);
    }
  }

  private enterList(node: MarkdownNodeOf<"list">): void {
    this.page.startBlock(node.spaced);
    const bullets = this.lists.top?.bullets ?? 0;
    this.lists.push({ node, bullets: node.start === undefined ? bullets + 1 : bullets, last: undefined });
  }

  private enterItem(node: MarkdownNodeOf<"item">): void {
    this.page.startBlock(node.spaced);
    const mark = itemMark(node, this.lists.top);
    this.page.enter(mark, INDENTS[mark.length] ?? " ".repeat(mark.length));
  }

  private endBlock(): void {
    this.raw(this.links.leaveTag());
    this.spans.end();
  }

  private leaveCell(): void {
    this.endBlock();
    this.table.addCell(this.cell.take());
    this.isInCell = false;
    this.spans.use(this.page);
  }

  private writeCodeBlock({ fence, info, text, spaced }: MarkdownLeafOf<"code-block">): void {
    this.page.startBlock(spaced);
    const isFenced = this.keepsCodeMarks && fence !== "";
    const code = isFenced ? `${fence}${info}\n${text === "" ? "" : `${text}\n`}${fence}` : text;
    if (code !== "") this.page.writeVerbatim(code);
  }
}

function markedCode(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** As written while numbers rise ("1. 2. 5."), counted on where they do not ("1. 1. 1."). */
function itemNumber(list: ListState, written: number): number {
  list.last = list.last !== undefined && written <= list.last ? list.last + 1 : written;
  return list.last;
}

function itemMark(node: MarkdownNodeOf<"item">, list: ListState | undefined): string {
  const box = node.checked === undefined ? "" : node.checked ? "☑ " : "☐ ";
  if (list && node.number !== undefined) return `${itemNumber(list, node.number)}${list.node.delimiter ?? "."} ${box}`;
  return box || BULLETS[Math.min(list?.bullets ?? 1, BULLETS.length) - 1]!;
}
