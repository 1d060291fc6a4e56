import { unescapeText } from "./entities.ts";
import type { MarkdownEvent, MarkdownLeaf, MarkdownLeafOf, MarkdownNode, MarkdownNodeOf } from "./events.ts";
import { readAttribute } from "./html-tags.ts";
import { BOLD, ITALIC, MONO, STRUCK } from "./letters.ts";
import { readEvents } from "./read-markdown.ts";
import { SpanWriter } from "./span-writer.ts";
import { tableLines } from "./table-text.ts";
import { TextWriter } from "./text-writer.ts";

export interface FormatOptions {
  /**
   * `unicode` (default) writes short bold, italic and struck Latin text in Unicode's mathematical letters; `plain`
   * leaves all letters as they are.
   */
  readonly style?: "unicode" | "plain";
  /** `marked` (default) keeps the backticks round code and the fences round code blocks; `bare` drops them. */
  readonly code?: "marked" | "bare";
}

const HEADING_MARKS = ["■ ", "◆ ", "▪ ", "▫ "];
const BULLETS = ["• ", "◦ ", "▪ "];
/** Spaces as wide as the usual marks of items. */
const INDENTS = ["", " ", "  ", "   ", "    "];
const RULE = "──────────";
const QUOTE_BAR = "│ ";

interface LinkState {
  readonly url: string;
  /** How many pieces of text stood before it. */
  readonly pieces: number;
}

interface ListState {
  readonly node: MarkdownNodeOf<"list">;
  /** How many lists with bullets this one and those around it are. */
  readonly bullets: number;
  last: number | undefined;
}

/** What the tables below write to, and what they must remember between an enter and its leave. */
class Target {
  readonly page = new TextWriter();
  readonly spans: SpanWriter;
  readonly keepsCodeMarks: boolean;
  readonly lists: ListState[] = [];
  rows: string[][] = [];
  private readonly cell = new TextWriter();
  private isInCell = false;
  private readonly links: LinkState[] = [];
  private tagLink: LinkState | undefined;
  private pieces = 0;
  private lastPiece = "";

  constructor(options: FormatOptions) {
    this.spans = new SpanWriter(this.page, options.style !== "plain");
    this.keepsCodeMarks = options.code !== "bare";
  }

  text(text: string): void {
    this.pieces++;
    this.lastPiece = text;
    this.spans.text(text);
  }

  raw(text: string): void {
    this.pieces++;
    this.lastPiece = text;
    this.spans.raw(text);
  }

  get isAtLineStart(): boolean {
    return Number.isNaN((this.isInCell ? this.cell : this.page).lastCode);
  }

  enterLink(url: string): void {
    this.links.push({ url, pieces: this.pieces });
  }

  leaveLink(isImage: boolean): void {
    const link = this.links.pop();
    if (link) this.writeAddress(link, isImage);
  }

  enterTagLink(url: string): void {
    this.tagLink = { url, pieces: this.pieces };
  }

  leaveTagLink(): void {
    if (this.tagLink) this.writeAddress(this.tagLink, false);
    this.tagLink = undefined;
  }

  /** The address behind a link's text, unless the text already is the address, or it leads nowhere outside the page. */
  private writeAddress(link: LinkState, isImage: boolean): void {
    const { url } = link;
    const written = this.pieces - link.pieces;
    if (leadsNowhere(url)) {
      if (isImage && written === 0) this.raw("[image]");
    } else if (written === 0) this.raw(url);
    else if (written > 1 || !isSameAddress(this.lastPiece, url)) this.raw(` (${url})`);
  }

  endBlock(): void {
    this.leaveTagLink();
    this.spans.end();
  }

  enterCell(): void {
    this.isInCell = true;
    this.spans.use(this.cell);
  }

  leaveCell(): void {
    this.endBlock();
    const text = this.cell.take();
    this.rows[this.rows.length - 1]?.push(text.includes("\n") ? text.replaceAll("\n", " ") : text);
    this.isInCell = false;
    this.spans.use(this.page);
  }
}

function leadsNowhere(url: string): boolean {
  return url === "" || url.startsWith("#") || (!url.startsWith("http") && /^(?:javascript|data):/i.test(url));
}

/** The most that `bareAddress` takes off. */
const MAX_TRIMMED = "https:///".length;

function isSameAddress(text: string, url: string): boolean {
  if (Math.abs(text.length - url.length) > MAX_TRIMMED) return false;
  return text === url || bareAddress(text) === bareAddress(url);
}

function bareAddress(url: string): string {
  return url.replace(/^(?:https?:\/\/|mailto:)/i, "").replace(/\/$/, "");
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

type OnNode = { readonly [K in MarkdownNode["kind"]]: (node: MarkdownNodeOf<K>, target: Target) => void };
type OnLeaf = {
  readonly [K in Exclude<MarkdownLeaf["type"], "text">]: (leaf: MarkdownLeafOf<K>, target: Target) => void;
};

function ignore(): void {}

const ENTER: OnNode = {
  paragraph: (node, target) => target.page.startBlock(node.spaced),
  heading: (node, target) => {
    target.page.startBlock(true);
    target.page.write(HEADING_MARKS[Math.min(node.level, HEADING_MARKS.length) - 1]!);
    target.spans.enter(BOLD);
  },
  quote: (node, target) => {
    target.page.startBlock(node.spaced);
    target.page.enter(QUOTE_BAR, QUOTE_BAR);
  },
  list: (node, target) => {
    target.page.startBlock(node.spaced);
    const bullets = target.lists[target.lists.length - 1]?.bullets ?? 0;
    target.lists.push({ node, bullets: node.start === undefined ? bullets + 1 : bullets, last: undefined });
  },
  item: (node, target) => {
    target.page.startBlock(node.spaced);
    const mark = itemMark(node, target.lists[target.lists.length - 1]);
    target.page.enter(mark, INDENTS[mark.length] ?? " ".repeat(mark.length));
  },
  table: (node, target) => {
    target.page.startBlock(node.spaced);
    target.rows = [];
  },
  row: (_node, target) => target.rows.push([]),
  cell: (_node, target) => target.enterCell(),
  strong: (_node, target) => target.spans.enter(BOLD),
  emphasis: (_node, target) => target.spans.enter(ITALIC),
  strikethrough: (_node, target) => target.spans.enter(STRUCK),
  link: (node, target) => target.enterLink(node.url),
  image: (node, target) => target.enterLink(node.url),
};

const LEAVE: OnNode = {
  paragraph: (_node, target) => target.endBlock(),
  heading: (_node, target) => {
    target.endBlock();
    target.page.endHeading();
  },
  quote: (_node, target) => target.page.leave(),
  list: (_node, target) => target.lists.pop(),
  item: (_node, target) => target.page.leave(),
  table: (_node, target) => {
    for (const line of tableLines(target.rows)) {
      target.page.newLine();
      target.page.write(line);
    }
  },
  row: ignore,
  cell: (_node, target) => target.leaveCell(),
  strong: (_node, target) => target.spans.leave(BOLD),
  emphasis: (_node, target) => target.spans.leave(ITALIC),
  strikethrough: (_node, target) => target.spans.leave(STRUCK),
  link: (_node, target) => target.leaveLink(false),
  image: (_node, target) => target.leaveLink(true),
};

/** What the looks of HTML's tags are; of the other tags, those that are no part of a line break it. */
const TAG_LOOKS: Readonly<Record<string, number>> = {
  b: BOLD,
  strong: BOLD,
  i: ITALIC,
  em: ITALIC,
  cite: ITALIC,
  dfn: ITALIC,
  var: ITALIC,
  kbd: MONO,
  samp: MONO,
  s: STRUCK,
  del: STRUCK,
  strike: STRUCK,
};
const TAGS_WITHIN_A_LINE: ReadonlySet<string> = new Set(
  "abbr big code font ins mark rp rt ruby small span sub u wbr".split(" "),
);

type OnTag = (tag: MarkdownLeafOf<"tag">, target: Target) => void;
const TAGS: Readonly<Record<string, OnTag>> = {
  a: ({ closing, attributes }, target) => {
    if (closing) target.leaveTagLink();
    else target.enterTagLink(unescapeText(readAttribute(attributes, "href") ?? ""));
  },
  img: ({ attributes }, target) => {
    target.enterLink(unescapeText(readAttribute(attributes, "src") ?? ""));
    const alt = unescapeText(readAttribute(attributes, "alt") ?? "");
    if (alt !== "") target.text(alt);
    target.leaveLink(true);
  },
  li: ({ closing }, target) => {
    target.spans.newLine();
    if (!closing) target.spans.raw(BULLETS[0]!);
  },
  hr: (_tag, target) => {
    target.spans.newLine();
    target.spans.raw(RULE);
    target.spans.newLine();
  },
  td: writeCellTag,
  th: writeCellTag,
  q: ({ closing }, target) => target.spans.raw(closing ? "”" : "“"),
  sup: ({ closing }, target) => {
    if (!closing) target.spans.raw("^");
  },
};

function writeCellTag({ closing }: MarkdownLeafOf<"tag">, target: Target): void {
  if (!closing && !target.isAtLineStart) target.spans.raw(" | ");
}

const LEAF: OnLeaf = {
  code: (leaf, target) => {
    const ticks = leaf.text.includes("`") ? "``" : "`";
    const pad = ticks.length > 1 ? " " : "";
    target.raw(target.keepsCodeMarks ? ticks + pad + leaf.text + pad + ticks : leaf.text);
  },
  autolink: (leaf, target) => target.raw(leaf.text),
  mention: (leaf, target) => target.raw(leaf.text),
  break: (_leaf, target) => target.spans.newLine(),
  tag: (leaf, target) => {
    const look = TAG_LOOKS[leaf.name];
    const onTag = TAGS[leaf.name];
    if (look !== undefined) {
      if (leaf.closing) target.spans.leave(look);
      else target.spans.enter(look);
    } else if (onTag) onTag(leaf, target);
    else if (!TAGS_WITHIN_A_LINE.has(leaf.name)) target.spans.newLine();
  },
  "code-block": ({ fence, info, text, spaced }, target) => {
    target.page.startBlock(spaced);
    const isFenced = target.keepsCodeMarks && fence !== "";
    const code = isFenced ? `${fence}${info}\n${text === "" ? "" : `${text}\n`}${fence}` : text;
    if (code !== "") target.page.writeVerbatim(code);
  },
  rule: ({ spaced }, target) => {
    target.page.startBlock(spaced);
    target.page.write(RULE);
  },
};

function render(event: MarkdownEvent, target: Target): void {
  if (event.type === "text") target.text(event.text);
  else if (event.type === "enter")
    (ENTER[event.node.kind] as (node: MarkdownNode, target: Target) => void)(event.node, target);
  else if (event.type === "leave")
    (LEAVE[event.node.kind] as (node: MarkdownNode, target: Target) => void)(event.node, target);
  else (LEAF[event.type] as (leaf: MarkdownLeaf, target: Target) => void)(event, target);
}

/**
 * Markdown as text that reads well where no Markdown is rendered: WeChat.
 *
 * Headings, lists, tasks, quotes, rules and tables get marks of plain text; a link is `text (address)`, an image its
 * description and address. Never changed: addresses, code, `@mentions`, words with digits, and Chinese. Takes time
 * linear in the text, whatever it holds, and never throws.
 */
export function formatMarkdown(text: string, options: FormatOptions = {}): string {
  const target = new Target(options);
  readEvents(text, { joinsLines: true }, (event) => {
    render(event, target);
  });
  return target.page.take();
}
