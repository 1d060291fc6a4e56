import { bytesOf, readUnits, roomFor, writeUnits } from "./units.ts";

const NO_UNITS = new Uint16Array(0);
/**
 * How much room is asked for first, if nothing else is said: the engine keeps arrays of up to 64 bytes among its objects,
 * which costs less than memory of their own.
 */
const FIRST_LENGTH = 32;
const GROWTH = 4;

/** From these lengths on, in UTF-16 units, the engine's copying is faster than a loop, whose start costs nothing. */
const LONG = 40;
const LONG_TEXT = 7;

/** A text that grows by its end, as UTF-16 units. */
export class UnitBuffer {
  units: Uint16Array = NO_UNITS;
  length = 0;
  /** The units' memory, once it was needed. */
  private bytes: Buffer | undefined = undefined;
  private readonly firstLength: number;

  /** `firstLength` is how much room is asked for first. */
  constructor(firstLength = FIRST_LENGTH) {
    this.firstLength = firstLength;
  }

  /** Makes room for as many units more, so that they may be written into `units`, and `length` be set. */
  reserve(length: number): void {
    if (this.length + length > this.units.length) this.makeRoom(length);
  }

  addUnit(unit: number): void {
    if (this.length === this.units.length) this.makeRoom(1);
    this.units[this.length++] = unit;
  }

  addText(text: string): void {
    const { length } = text;
    this.reserve(length);
    if (length >= LONG_TEXT) writeUnits(this.allBytes, this.length, text);
    else {
      const { units, length: to } = this;
      for (let at = 0; at < length; at++) units[to + at] = text.charCodeAt(at);
    }
    this.length += length;
  }

  /** Adds `source[from]` to `source[to - 1]`. */
  addUnits(source: Uint16Array, from: number, to: number): void {
    const length = to - from;
    this.reserve(length);
    if (length >= LONG) this.units.set(source.subarray(from, to), this.length);
    else {
      const { units } = this;
      let next = this.length;
      let at = from;
      for (; at + 4 <= to; at += 4, next += 4) {
        units[next] = source[at]!;
        units[next + 1] = source[at + 1]!;
        units[next + 2] = source[at + 2]!;
        units[next + 3] = source[at + 3]!;
      }
      for (; at < to; at++, next++) units[next] = source[at]!;
    }
    this.length += length;
  }

  /** The last unit; there must be one. */
  get last(): number {
    return this.units[this.length - 1]!;
  }

  /** What was added, as a string. */
  text(): string {
    return readUnits(this.units, this.allBytes, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  private makeRoom(length: number): void {
    const units = roomFor(Math.max(this.firstLength, this.length + length, GROWTH * this.units.length));
    if (this.length > 0) units.set(this.units.subarray(0, this.length));
    this.units = units;
    this.bytes = undefined;
  }

  private get allBytes(): Buffer {
    this.bytes ??= bytesOf(this.units);
    return this.bytes;
  }
}
