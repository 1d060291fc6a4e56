import { BULLETS } from "./marks.ts";
import type { UnitBuffer } from "./unit-buffer.ts";
import { unitsOf } from "./units.ts";

const BULLET_MARKS = BULLETS.map(unitsOf);
const CHECKED = unitsOf("☑ ");
const UNCHECKED = unitsOf("☐ ");
const SPACE = 0x20;
const ZERO = 0x30;

/** What has to be known of a list that is open. */
export interface ListState {
  /** How many lists with bullets this one and those around it are. */
  readonly bullets: number;
  /** What stands behind the numbers of an ordered list. */
  readonly delimiter: string;
  /** The number of the item before; -1 before the first. */
  last: number;
}

/** As written while numbers rise ("1. 2. 5."), counted on where they do not ("1. 1. 1."). */
function nextNumber(list: ListState, written: number): number {
  list.last = written <= list.last ? list.last + 1 : written;
  return list.last;
}

/** Adds what stands before an item: its number, or a bullet, or a box. */
export function addItemMark(
  out: UnitBuffer,
  list: ListState | undefined,
  number: number | undefined,
  checked: boolean | undefined,
): void {
  if (list && number !== undefined) {
    addNumber(out, nextNumber(list, number));
    out.addUnit(list.delimiter.charCodeAt(0));
    out.addUnit(SPACE);
  }
  const mark = checked === undefined ? bulletOf(list) : checked ? CHECKED : UNCHECKED;
  if (checked !== undefined || out.length === 0) out.addUnits(mark, 0, mark.length);
}

function bulletOf(list: ListState | undefined): Uint16Array {
  return BULLET_MARKS[Math.min(list?.bullets ?? 1, BULLET_MARKS.length) - 1]!;
}

function addNumber(out: UnitBuffer, number: number): void {
  if (number < 10) out.addUnit(ZERO + number);
  else out.addText(String(number));
}
