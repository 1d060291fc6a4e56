import { isCjk } from "./characters.ts";
import { BOLD, containsCjk, ITALIC, LetterStyler, MONO, STRUCK } from "./letters.ts";
import type { TextWriter } from "./text-writer.ts";

/**
 * The longest span, in UTF-16 units, that changes its letters: they take four bytes each, and a paragraph of them is
 * hard to read.
 */
const MAX_STYLED = 120;

/** Stands on both sides of struck text whose letters stay as they are. */
const STRIKE_MARK = "~";

interface Segment {
  kind: "text" | "raw" | "mark" | "break";
  text: string;
  look: number;
}

const LOOKS = [BOLD, ITALIC, MONO, STRUCK];

/**
 * Writes inline text. A styled span is held until what follows it is known: it keeps its letters when it holds Chinese
 * or touches it, since half a word in other letters reads worse than none.
 */
export class SpanWriter {
  private writer: TextWriter;
  private readonly isStyled: boolean;
  private readonly styler = new LetterStyler();
  /** The segments held are the first `heldCount`; they and their array are used again. */
  private readonly held: Segment[] = [];
  private heldCount = 0;
  private codeBefore = -1;
  private readonly open: Record<number, number> = { [BOLD]: 0, [ITALIC]: 0, [MONO]: 0, [STRUCK]: 0 };
  private depth = 0;

  constructor(writer: TextWriter, isStyled: boolean) {
    this.writer = writer;
    this.isStyled = isStyled;
  }

  /** Goes on in another writer; the span that is held belongs to the last one. */
  use(writer: TextWriter): void {
    this.end();
    this.writer = writer;
  }

  enter(look: number): void {
    if (this.depth === 0) {
      this.release(-1);
      this.codeBefore = this.writer.lastCode;
    }
    this.depth++;
    this.open[look]!++;
    if (look === STRUCK) this.hold("mark", STRIKE_MARK, look);
  }

  /** Ends a span; one that was never entered (a stray closing tag) is ignored. */
  leave(look: number): void {
    if (this.open[look] === 0) return;
    if (look === STRUCK) this.hold("mark", STRIKE_MARK, look);
    this.depth--;
    this.open[look]!--;
  }

  /** Text, with line breaks between its lines. */
  text(text: string): void {
    if (this.depth > 0) this.holdLines(text);
    else {
      if (this.heldCount > 0) this.release(text.charCodeAt(0));
      this.writer.writeLines(text);
    }
  }

  /** Text whose letters never change: an address, code, a mention. */
  raw(text: string): void {
    if (this.depth > 0) this.hold("raw", text, 0);
    else {
      if (this.heldCount > 0) this.release(text.charCodeAt(0));
      this.writer.write(text);
    }
  }

  newLine(): void {
    if (this.depth > 0) this.hold("break", "", 0);
    else {
      this.release(-1);
      this.writer.newLine();
    }
  }

  /** Ends the block: whatever is still open (an unclosed tag) ends with it. */
  end(): void {
    if (this.depth > 0) for (const look of LOOKS) while (this.open[look]! > 0) this.leave(look);
    this.release(-1);
  }

  private look(): number {
    let look = 0;
    for (const bit of LOOKS) if (this.open[bit]! > 0) look |= bit;
    return look;
  }

  private release(codeBehind: number): void {
    const { held, heldCount } = this;
    if (heldCount === 0) return;
    const isChanged = this.isStyled && !isCjk(this.codeBefore) && !isCjk(codeBehind) && this.isChangeable();
    for (let index = 0; index < heldCount; index++) {
      const { kind, text, look } = held[index]!;
      if (kind === "break") this.writer.newLine();
      else if (kind === "mark" && isChanged) continue;
      else this.writer.write(kind === "text" && isChanged ? this.styler.style(text, look) : text);
    }
    this.heldCount = 0;
  }

  private holdLines(text: string): void {
    const look = this.look();
    let from = 0;
    for (let to = text.indexOf("\n"); to >= 0; to = text.indexOf("\n", from)) {
      this.hold("text", text.slice(from, to), look);
      this.hold("break", "", 0);
      from = to + 1;
    }
    this.hold("text", from === 0 ? text : text.slice(from), look);
  }

  private hold(kind: Segment["kind"], text: string, look: number): void {
    const segment = this.held[this.heldCount];
    if (!segment) this.held.push({ kind, text, look });
    else {
      segment.kind = kind;
      segment.text = text;
      segment.look = look;
    }
    this.heldCount++;
  }

  private isChangeable(): boolean {
    let length = 0;
    for (let index = 0; index < this.heldCount; index++) {
      const { text } = this.held[index]!;
      length += text.length;
      if (length > MAX_STYLED || containsCjk(text)) return false;
    }
    return true;
  }
}
