import type { ColumnAlignment, MarkdownLeafOf, MarkdownNode } from "./events.ts";

/** What the block structure holds, in order. Inline content is still source. */
export type Block =
  | { readonly type: "enter"; readonly node: MarkdownNode }
  | { readonly type: "leave"; readonly node: MarkdownNode }
  | { readonly type: "inlines"; readonly node: MarkdownNode; readonly source: string }
  | MarkdownLeafOf<"code-block">
  | MarkdownLeafOf<"rule">
  | { readonly type: "table"; readonly node: MarkdownNode; readonly rows: readonly (readonly string[])[] };

/** An open block that holds others. */
export type Container =
  | { readonly kind: "quote"; readonly node: MarkdownNode; hasContent: boolean }
  | { readonly kind: "list"; readonly node: MarkdownNode; readonly type: string; hasContent: boolean }
  | { readonly kind: "item"; readonly node: MarkdownNode; readonly indent: number; hasContent: boolean };

/** The block that lines are being added to. A paragraph's last line is apart, as it may become a table's header. */
export type Open =
  | { readonly kind: "paragraph"; readonly spaced: boolean; before: string; lastLine: string }
  | { readonly kind: "fence"; readonly spaced: boolean; fence: string; info: string; indent: number; lines: string[] }
  | { readonly kind: "indented"; readonly spaced: boolean; lines: string[]; blanks: string[] }
  | { readonly kind: "raw"; readonly spaced: boolean; end: string; isShown: boolean; lines: string[] }
  | { readonly kind: "table"; readonly spaced: boolean; columns: readonly ColumnAlignment[]; rows: string[][] };
