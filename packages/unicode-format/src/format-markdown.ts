import { readInto } from "./read-markdown.ts";
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
 * Markdown as text that reads well where no Markdown is rendered: WeChat.
 *
 * Headings, lists, tasks, quotes, rules and tables get marks of plain text; a link is `text (address)`, an image its
 * description and address. Never changed: addresses, code, `@mentions`, words with digits, and Chinese. Takes time
 * linear in the text, whatever it holds, and never throws.
 */
export function formatMarkdown(text: string, { style, code }: FormatOptions = {}): string {
  const renderer = new Renderer({ isStyled: style !== "plain", keepsCodeMarks: code !== "bare" });
  readInto(renderer, text, { joinsLines: true });
  return renderer.take();
}
