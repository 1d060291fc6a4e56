import { createReader } from "./read-markdown.ts";
import { Renderer } from "./renderer.ts";

export interface FormatOptions {
  /**
   * `unicode` (default) writes short bold, italic and struck Latin text in Unicode's mathematical letters; `plain`
   * leaves all letters as they are.
   */
  readonly style?: "unicode" | "plain";
  /** `marked` (default) keeps the backticks round code and the fences round code blocks; `bare` drops them. */
  readonly code?: "marked" | "bare";
}

/**
 * A reader and its renderer that do nothing. When a collection finds no object of a shape left, as it would between two
 * answers, the engine drops the code that it optimized for them, and the next answer takes eight times as long.
 */
const kept: object[] = [];

/**
 * Markdown as text that reads well where no Markdown is rendered: WeChat.
 *
 * Headings, lists, tasks, quotes, rules and tables get marks of plain text; a link is `text (address)`, an image its
 * description and address. Never changed: addresses, code, `@mentions`, words with digits, and Chinese. Takes time
 * linear in the text, whatever it holds, and never throws.
 */
export function formatMarkdown(text: string, { style, code }: FormatOptions = {}): string {
  const options = { isStyled: style !== "plain", keepsCodeMarks: code !== "bare" };
  if (kept.length === 0) kept.push(createReader(new Renderer(options), ""));
  const renderer = new Renderer(options);
  createReader(renderer, text).read();
  return renderer.take();
}
