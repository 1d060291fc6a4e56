import { nextSpecial } from "./special-characters.ts";
import { bytesOf, roomFor, writeUnits } from "./units.ts";

/** No unit: stands for what is behind an end. */
export const NO_UNIT = -1;

const NO_UNITS = new Uint16Array(0);
const NO_BYTES = Buffer.alloc(0);
const LF = 0x0a;

/** How many units are looked at one by one, before it pays to start the engine's search. */
const NEAR = 32;

/** A text with its UTF-16 units, and the part of it that is being read: what stands behind its end is not seen. */
export class UnitText {
  /** The whole text. */
  text = "";
  /** Its units; there may be more behind them. */
  units: Uint16Array = NO_UNITS;
  private bytes: Buffer = NO_BYTES;
  /** The part that is being read. */
  start = 0;
  end = 0;
  /** Up to here nothing in the line whose end was asked for last is more than text. */
  plainEnd = 0;

  load(text: string): void {
    if (text.length > this.units.length) {
      this.units = roomFor(Math.max(text.length, 2 * this.units.length));
      this.bytes = bytesOf(this.units);
    }
    writeUnits(this.bytes, 0, text);
    this.text = text;
    this.readAll();
  }

  /** Reads only `text.slice(start, end)`. */
  readPart(start: number, end: number): void {
    this.start = start;
    this.end = end;
  }

  readAll(): void {
    this.readPart(0, this.text.length);
  }

  /** The unit at an index, which is not negative; `NO_UNIT` behind the end. */
  code(at: number): number {
    return at < this.end ? this.units[at]! : NO_UNIT;
  }

  slice(from: number, to: number): string {
    return this.text.slice(from, to);
  }

  /** Where the next unit of this value stands, at or behind `from`; -1 when there is none before the end. */
  find(code: number, from: number): number {
    const { units, end } = this;
    for (let at = from; at < end; at++) if (units[at] === code) return at;
    return -1;
  }

  /** Where the line that starts at `from` ends. */
  lineEnd(from: number): number {
    const { units, end } = this;
    const special = nextSpecial(this, from);
    this.plainEnd = special;
    if (special === end || units[special] === LF) return special;
    const near = Math.min(end, special + NEAR);
    for (let at = special + 1; at < near; at++) if (units[at] === LF) return at;
    const found = near < end ? this.text.indexOf("\n", near) : -1;
    return found < 0 ? end : found;
  }

  /** Where this text starts, at or behind `from`; -1 when it does not before the end. */
  indexOf(text: string, from: number): number {
    const at = this.slice(from, this.end).indexOf(text);
    return at < 0 ? -1 : from + at;
  }

  startsWith(text: string, at: number): boolean {
    return at + text.length <= this.end && this.text.startsWith(text, at);
  }
}
