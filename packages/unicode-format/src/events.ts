/** What encloses other nodes. `spaced`: a blank line stands before it in the source. */
export type MarkdownNode =
  | { readonly kind: "paragraph"; readonly spaced: boolean }
  | { readonly kind: "heading"; readonly spaced: boolean; readonly level: number }
  | { readonly kind: "quote"; readonly spaced: boolean }
  /** `start` is the first number of an ordered list, with the character behind it. */
  | {
      readonly kind: "list";
      readonly spaced: boolean;
      readonly start?: number;
      readonly delimiter?: "." | ")";
    }
  /** `number` in an ordered list; `checked` in a task list. */
  | { readonly kind: "item"; readonly spaced: boolean; readonly number?: number; readonly checked?: boolean }
  | { readonly kind: "table"; readonly spaced: boolean; readonly columns: readonly ColumnAlignment[] }
  | { readonly kind: "row"; readonly header: boolean }
  | { readonly kind: "cell"; readonly column: number }
  | { readonly kind: "strong" }
  | { readonly kind: "emphasis" }
  | { readonly kind: "strikethrough" }
  | { readonly kind: "link"; readonly url: string; readonly title?: string }
  | { readonly kind: "image"; readonly url: string; readonly title?: string };

export type ColumnAlignment = "left" | "center" | "right" | undefined;

/** What encloses nothing. */
export type MarkdownLeaf =
  /** Visible text: escapes resolved, entities decoded, without line breaks. */
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "code"; readonly text: string }
  /** An address that stands as itself: `https://…`, `www.…`, `a@b.c`, with or without `<>`. `text` is as written. */
  | { readonly type: "autolink"; readonly text: string; readonly url: string }
  /** `@name`, as written. */
  | { readonly type: "mention"; readonly text: string }
  | { readonly type: "break"; readonly hard: boolean }
  /** One HTML tag that only formats, in lower case, with its attributes as written. Other tags are text. */
  | { readonly type: "tag"; readonly name: string; readonly closing: boolean; readonly attributes: string }
  /** `fence` is empty for an indented block. `text` is without the last line break. */
  | {
      readonly type: "code-block";
      readonly spaced: boolean;
      readonly fence: string;
      readonly info: string;
      readonly text: string;
    }
  | { readonly type: "rule"; readonly spaced: boolean };

/** `enter` and `leave` are balanced, and `leave` carries the same node as its `enter`. */
export type MarkdownEvent =
  | { readonly type: "enter"; readonly node: MarkdownNode }
  | { readonly type: "leave"; readonly node: MarkdownNode }
  | MarkdownLeaf;

export type MarkdownNodeOf<K extends MarkdownNode["kind"]> = Extract<MarkdownNode, { kind: K }>;
export type MarkdownLeafOf<T extends MarkdownLeaf["type"]> = Extract<MarkdownLeaf, { type: T }>;
