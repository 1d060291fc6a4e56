import type { Brackets } from "./brackets.ts";
import { type LinkTarget, normalizeLabel, type References, readInlineTarget, readLabel } from "./links.ts";
import type { UnitText } from "./unit-text.ts";

const OPENING_PARENTHESIS = 0x28;
const CLOSING_PARENTHESIS = 0x29;
const OPENING_BRACKET = 0x5b;

/** The longest label of a reference (CommonMark 4.7). */
const MAX_LABEL = 999;

/** What is not looked for before it is needed. */
const UNKNOWN = -1;

export interface FoundTarget {
  readonly target: LinkTarget;
  /** The index behind it. */
  readonly end: number;
}

/** Finds what links point to, in one text after the other. */
export class LinkTargets {
  private readonly references: References;
  /** Where the last `)` stands. */
  private lastParenthesis = UNKNOWN;

  constructor(references: References) {
    this.references = references;
  }

  /** Forgets the text. */
  clear(): void {
    this.lastParenthesis = UNKNOWN;
  }

  /** What the brackets that were closed by the `]` at `at` point to; undefined when they make no link. */
  find(source: UnitText, at: number, { content, holdsBracket }: Brackets): FoundTarget | undefined {
    const { references } = this;
    const next = source.code(at + 1);
    const isInline = next === OPENING_PARENTHESIS && this.isClosedBehind(source, at + 1);
    const inline = isInline ? readInlineTarget(source, at + 1) : undefined;
    if (inline || references.size === 0) return inline;
    const label = next === OPENING_BRACKET ? readLabel(source, at + 1) : undefined;
    if (label?.text) {
      const target = references.get(normalizeLabel(label.text));
      return target && { target, end: label.end };
    }
    if (holdsBracket || at - content > MAX_LABEL) return undefined;
    const target = references.get(normalizeLabel(source.slice(content, at)));
    return target && { target, end: label ? label.end : at + 1 };
  }

  /** Whether a `)` stands behind `at`: where there is none, a row of `[a](` is not read once more for each of them. */
  private isClosedBehind(source: UnitText, at: number): boolean {
    if (this.lastParenthesis === UNKNOWN) {
      let last = source.end - 1;
      while (last > at && source.code(last) !== CLOSING_PARENTHESIS) last--;
      this.lastParenthesis = last;
    }
    return this.lastParenthesis > at;
  }
}
