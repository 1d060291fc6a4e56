/** UTF-16 units in arrays, where they are read and written several times as fast as in strings. */

/** Node's "utf16le" is the order of the units' bytes in memory, but for machines that keep the high byte first. */
const IS_BIG_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** The last unit of Latin-1, whose strings need one byte for each unit. */
const LAST_NARROW = 0xff;

/** The units of a text. */
export function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at);
  return units;
}

/** From this length on room is asked for as it is: until then it costs less to have it filled with zeros. */
const LONG = 4096;

/** Room for units, which hold anything until they are written. */
export function roomFor(length: number): Uint16Array {
  if (length < LONG) return new Uint16Array(length);
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(2 * length);
  return new Uint16Array(buffer, byteOffset, length);
}

/** The same memory as bytes: to be kept with the units, as asking for it costs more than most writes. */
export function bytesOf(units: Uint16Array): Buffer {
  return Buffer.from(units.buffer, units.byteOffset, units.byteLength);
}

/** Writes the units of a text from the index `at` on into the memory of units, where there must be room. */
export function writeUnits(bytes: Buffer, at: number, text: string): void {
  const written = bytes.write(text, 2 * at, "utf16le");
  if (IS_BIG_ENDIAN) bytes.subarray(2 * at, 2 * at + written).swap16();
}

/** The first `length` units as a string, of one byte each where that is enough. */
export function readUnits(units: Uint16Array, bytes: Buffer, length: number): string {
  if (areNarrow(units, length)) return Buffer.from(units.subarray(0, length)).toString("latin1");
  return (IS_BIG_ENDIAN ? Buffer.from(bytes).swap16() : bytes).toString("utf16le", 0, 2 * length);
}

function areNarrow(units: Uint16Array, length: number): boolean {
  let at = 0;
  // Four at a time, as this walks through all of a text in English.
  for (; at + 4 <= length; at += 4) {
    if ((units[at]! | units[at + 1]! | units[at + 2]! | units[at + 3]!) > LAST_NARROW) return false;
  }
  for (; at < length; at++) if (units[at]! > LAST_NARROW) return false;
  return true;
}
