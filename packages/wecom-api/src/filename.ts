import { Buffer, isUtf8 } from "node:buffer";

const MAX_CHARS = 120;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control and direction characters disguise what a name is
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff<>:"|?*]/g;

/**
 * The name a download carries, made safe: `filename*` wins over `filename`, which may be raw UTF-8 or percent-encoded.
 *
 * @param header Content-Disposition as `fetch` gives it (each byte one character)
 */
export function filenameFromDisposition(header: string | null): string | undefined {
  if (header === null) return undefined;
  const extended = /(?:^|;)\s*filename\*\s*=\s*"?([\w-]*)'[^']*'([^";]*)/i.exec(header);
  const name = extended && decodeExtended(extended[1] as string, extended[2] as string);
  return safeFilename(name ?? plainName(header) ?? "");
}

/**
 * A file name without path, control and direction characters, at most 120 characters with its extension kept; undefined
 * when nothing is left of it.
 */
export function safeFilename(name: string): string | undefined {
  const last = name.split(/[/\\]/).at(-1) as string;
  // Through bytes, so that half a surrogate pair does not survive.
  const wellFormed = Buffer.from(last).toString();
  const clean = wellFormed
    .replace(UNSAFE, "")
    .trim()
    .replace(/^\.+/, "")
    .replace(/[. ]+$/, "");
  return clean === "" ? undefined : shorten(clean);
}

function plainName(header: string): string | undefined {
  const match = /(?:^|;)\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/i.exec(header);
  if (!match) return undefined;
  const text = match[1]?.replace(/\\(["\\])/g, "$1") ?? (match[2] as string).trim();
  const bytes = Buffer.from(text, "latin1");
  const name = isUtf8(bytes) ? bytes.toString() : text;
  return /%[0-9a-f]{2}/i.test(name) ? (percentDecoded(name) ?? name) : name;
}

function decodeExtended(charset: string, encoded: string): string | undefined {
  return /^utf-?8$/i.test(charset) ? percentDecoded(encoded.trim()) : undefined;
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function shorten(name: string): string {
  const characters = [...name];
  if (characters.length <= MAX_CHARS) return name;
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? "";
  return characters.slice(0, MAX_CHARS - extension.length).join("") + extension;
}
