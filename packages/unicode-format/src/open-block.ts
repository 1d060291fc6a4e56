import type { MarkdownNode } from "./events.ts";

/** The block that lines are being added to. `fence` is empty for an indented code block. */
export type Open =
  | { readonly kind: "paragraph"; readonly node: MarkdownNode }
  | {
      readonly kind: "code";
      readonly spaced: boolean;
      readonly fence: string;
      readonly info: string;
      readonly indent: number;
    }
  | { readonly kind: "raw"; readonly spaced: boolean; readonly end: RegExp; readonly isShown: boolean }
  | { readonly kind: "table"; readonly node: MarkdownNode };

/** What most of a text consists of, made once. */
const PARAGRAPH: MarkdownNode = { kind: "paragraph", spaced: false };
export const SPACED_PARAGRAPH: MarkdownNode = { kind: "paragraph", spaced: true };
export const OPEN_PARAGRAPH: Open = { kind: "paragraph", node: PARAGRAPH };
export const OPEN_SPACED_PARAGRAPH: Open = { kind: "paragraph", node: SPACED_PARAGRAPH };
