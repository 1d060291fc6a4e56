import {
  type MarkdownEvent,
  type MarkdownLeaf,
  type MarkdownLeafOf,
  type MarkdownNode,
  type MarkdownNodeOf,
  readMarkdown,
} from "@wxgate/unicode-format";

/**
 * Markdown in the part of it that WeCom shows: headings, bold, links, inline code, quotes and coloured text stay; lists,
 * tables, rules, pictures and code blocks become text, since their marks would stand on the screen.
 *
 * https://developer.work.weixin.qq.com/document/path/90236
 */
export function toWecomMarkdown(text: string): string {
  const page = new Page();
  readMarkdown(text, (event) => write(event, page));
  return page.text();
}

interface List {
  next: number | undefined;
}

/** Lines with what stands before each of them: quotation marks and the indentation of lists. */
class Page {
  readonly lists: List[] = [];
  /** Open link targets; where nothing stands inside, the address itself does. */
  readonly links: { readonly url: string; readonly start: number }[] = [];
  row: string[] = [];
  #done = "";
  #line = "";
  #prefixes: string[] = [];
  #mark = "";

  write(text: string): void {
    this.#line += text;
  }

  lineLength(): number {
    return this.#line.length;
  }

  takeFrom(start: number): string {
    const taken = this.#line.slice(start);
    this.#line = this.#line.slice(0, start);
    return taken;
  }

  newLine(): void {
    // A mark waits for its line.
    if (this.#line === "") return;
    this.#done += `${this.#prefixes.join("")}${this.#mark}${this.#line}`.trimEnd();
    this.#done += "\n";
    this.#line = "";
    this.#mark = "";
  }

  startBlock(spaced: boolean): void {
    this.newLine();
    if (spaced && this.#done !== "" && !this.#done.endsWith("\n\n")) this.#done += "\n";
  }

  enter(prefix: string): void {
    this.#prefixes.push(prefix);
  }

  leave(): void {
    this.newLine();
    this.#prefixes.pop();
  }

  /** Stands before the next line only. */
  mark(text: string): void {
    this.newLine();
    this.#mark = text;
  }

  text(): string {
    this.newLine();
    return this.#done.trimEnd();
  }
}

type OnNode = { readonly [K in MarkdownNode["kind"]]?: (node: MarkdownNodeOf<K>, page: Page) => void };
type OnLeaf = { readonly [T in MarkdownLeaf["type"]]: (leaf: MarkdownLeafOf<T>, page: Page) => void };

const words = ({ text }: { readonly text: string }, page: Page): void => page.write(text);
const startBlock = ({ spaced }: { readonly spaced: boolean }, page: Page): void => page.startBlock(spaced);
const bold = (_node: MarkdownNode, page: Page): void => page.write("**");
const enterLink = ({ url }: { readonly url: string }, page: Page): void => {
  page.links.push({ url, start: page.lineLength() });
};
const leaveLink = (_node: MarkdownNode, page: Page): void => {
  const link = page.links.pop();
  if (link === undefined) return;
  const inside = page.takeFrom(link.start);
  page.write(inside === "" || inside === link.url ? link.url : `[${inside}](${link.url})`);
};

const LEAF: OnLeaf = {
  text: words,
  mention: words,
  autolink: words,
  code: ({ text }, page) => page.write(`\`${text}\``),
  break: (_leaf, page) => page.newLine(),
  tag: ({ name, closing, attributes }, page) => {
    if (name === "font") page.write(closing ? "</font>" : `<font ${attributes.trim()}>`);
    else if (name === "br") page.newLine();
  },
  "code-block": ({ spaced, text }, page) => {
    page.startBlock(spaced);
    for (const line of text.split("\n")) {
      page.write(line === "" ? " " : line);
      page.newLine();
    }
  },
  rule: ({ spaced }, page) => {
    page.startBlock(spaced);
    page.write("──────────");
  },
};

const ENTER: OnNode = {
  paragraph: startBlock,
  table: startBlock,
  heading: ({ level }, page) => {
    page.startBlock(true);
    page.write(`${"#".repeat(Math.min(level, 6))} `);
  },
  quote: ({ spaced }, page) => {
    page.startBlock(spaced);
    page.enter("> ");
  },
  list: ({ spaced, start }, page) => {
    page.startBlock(spaced);
    page.lists.push({ next: start });
    if (page.lists.length > 1) page.enter("  ");
  },
  item: (node, page) => page.mark(itemMark(node, page.lists.at(-1))),
  row: (_node, page) => {
    page.newLine();
    page.row = [];
  },
  strong: bold,
  link: enterLink,
  image: enterLink,
};

const LEAVE: OnNode = {
  heading: (_node, page) => page.newLine(),
  item: (_node, page) => page.newLine(),
  quote: (_node, page) => page.leave(),
  list: (_node, page) => {
    page.newLine();
    page.lists.pop();
    if (page.lists.length > 0) page.leave();
  },
  cell: (_node, page) => {
    page.row.push(page.takeFrom(0));
  },
  row: (_node, page) => {
    page.write(page.row.join(" | "));
    page.newLine();
  },
  strong: bold,
  link: leaveLink,
  image: leaveLink,
};

function itemMark(node: MarkdownNodeOf<"item">, list: List | undefined): string {
  if (node.checked !== undefined) return node.checked ? "☑ " : "☐ ";
  if (list?.next === undefined) return "• ";
  list.next += 1;
  return `${list.next - 1}. `;
}

function write(event: MarkdownEvent, page: Page): void {
  if (event.type === "enter" || event.type === "leave") {
    const on = (event.type === "enter" ? ENTER : LEAVE)[event.node.kind];
    (on as ((node: MarkdownNode, page: Page) => void) | undefined)?.(event.node, page);
  } else (LEAF[event.type] as (leaf: MarkdownLeaf, page: Page) => void)(event, page);
}
