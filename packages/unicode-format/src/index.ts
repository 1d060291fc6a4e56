export type {
  ColumnAlignment,
  MarkdownEvent,
  MarkdownLeaf,
  MarkdownLeafOf,
  MarkdownNode,
  MarkdownNodeOf,
} from "./events.ts";
export { type FormatOptions, formatMarkdown } from "./format-markdown.ts";
export { readMarkdown } from "./read-markdown.ts";
