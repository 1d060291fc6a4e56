/** What most file systems take for one name. */
const MAX_BYTES = 255;
const WINDOWS_DEVICES = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
/** Control characters, and those that turn or hide text: `exe.gpj` must not read as `jpg.exe` backwards. */
const INVISIBLE =
  /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/gu;
const FORBIDDEN = /[<>:"|?*]/g;

/**
 * A name that is safe as one path component on any system and in a header: no folders, nothing invisible, no reserved
 * names, at most 255 UTF-8 bytes with the extension kept.
 *
 * @param fallback used when nothing of the name remains; must itself be safe.
 */
export function safeFilename(name: string | undefined, fallback: string): string {
  if (name === undefined) return fallback;
  const last =
    name
      .toWellFormed()
      .replaceAll("\\", "/")
      .split("/")
      .findLast((part) => part.trim() !== "") ?? "";
  const visible = last.replace(INVISIBLE, "").replace(FORBIDDEN, "_").normalize("NFC");
  const trimmed = visible.replace(/^[\s.]+/, "").replace(/[\s.]+$/, "");
  if (trimmed === "") return fallback;
  return shorten(WINDOWS_DEVICES.test(trimmed) ? `_${trimmed}` : trimmed);
}

/** The name with another extension: `a.webp` → `a.jpg`. */
export function withExtension(name: string, ext: string): string {
  const stem = name.slice(0, name.length - extensionOf(name).length);
  return shorten(`${stem}.${ext}`);
}

const MAX_EXTENSION_CHARS = 16;

function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 && name.length - dot <= MAX_EXTENSION_CHARS ? name.slice(dot) : "";
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const extension = extensionOf(name);
  const budget = MAX_BYTES - Buffer.byteLength(extension);
  let stem = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(
    name.slice(0, Math.min(name.length - extension.length, MAX_BYTES)),
  )) {
    used += Buffer.byteLength(segment);
    if (used > budget) break;
    stem += segment;
  }
  return stem.trimEnd() + extension;
}
