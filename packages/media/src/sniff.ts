import mimeTypes from "mime-types";

/** What a platform can be asked to show it as. */
export type MediaKind = "image" | "voice" | "video" | "file";

export interface Sniffed {
  /** Without parameters, lower case. */
  readonly mime: string;
  /** Usual file name extension, which also names the format: `jpg`, `amr`, `silk`, `mp4`, `bin`. */
  readonly ext: string;
  /** What it is by nature. */
  readonly kind: MediaKind;
}

/** How much of the beginning `sniff` wants to see; less is fine for less. */
export const SNIFF_BYTES = 4100;

/** Our names first: WeChat's voice formats, which general detectors miss or mix up. */
const VOICE_MAGIC: readonly { magic: string; mime: string; ext: string }[] = [
  { magic: "\x02#!SILK_V3", mime: "audio/silk", ext: "silk" },
  { magic: "#!SILK_V3", mime: "audio/silk", ext: "silk" },
  { magic: "#!AMR-WB", mime: "audio/amr-wb", ext: "awb" },
  { magic: "#!AMR", mime: "audio/amr", ext: "amr" },
];

/** Formats that others are built on: the name knows better which of them it is. */
const CONTAINERS = new Set(["application/zip", "application/x-cfb", "application/xml"]);
const DRAWINGS = new Set(["image/svg+xml", "image/vnd.adobe.photoshop", "image/vnd.dwg", "image/x-eps"]);

/**
 * Says by its first bytes what a file is. The name is asked only where the bytes leave it open: office documents, which
 * are zip files, and formats without a mark such as text. It never makes a picture of something else.
 */
export async function sniff(head: Uint8Array, filename?: string): Promise<Sniffed> {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 16)).toString("latin1");
  const voice = VOICE_MAGIC.find(({ magic }) => start.startsWith(magic));
  if (voice) return { mime: voice.mime, ext: voice.ext, kind: "voice" };

  const found = await detect(head);
  const named = byName(filename);
  if (!found) return unmarked(head, named);
  if (CONTAINERS.has(found.mime) && named) return { ...named, kind: "file" };
  return { ...found, kind: kindOf(found.mime) };
}

/** Whether these bytes can be shown as `kind`; everything can be a file. */
export async function matchesKind(kind: MediaKind, head: Uint8Array): Promise<boolean> {
  return kind === "file" || (await sniff(head)).kind === kind;
}

/** Media type for a file name, or undefined when its extension says nothing. */
export function mimeOfFilename(filename: string): string | undefined {
  return mimeTypes.lookup(filename) || undefined;
}

async function detect(head: Uint8Array): Promise<{ mime: string; ext: string } | undefined> {
  // With the first file: a gateway that starts has none to look at.
  const { fileTypeFromBuffer } = await import("file-type");
  try {
    const found = await fileTypeFromBuffer(head.subarray(0, SNIFF_BYTES));
    if (!found) return undefined;
    const mime = found.mime.split(";")[0]!.trim();
    return mime === "application/ogg" ? { mime: "audio/ogg", ext: "ogg" } : { mime, ext: found.ext };
  } catch {
    // A beginning that breaks a detector's parser is one we do not know.
    return undefined;
  }
}

function unmarked(head: Uint8Array, named: { mime: string; ext: string } | undefined): Sniffed {
  if (named && kindOf(named.mime) === "file") return { ...named, kind: "file" };
  return isText(head)
    ? { mime: "text/plain", ext: "txt", kind: "file" }
    : { mime: "application/octet-stream", ext: "bin", kind: "file" };
}

function byName(filename: string | undefined): { mime: string; ext: string } | undefined {
  const ext = filename && /\.([A-Za-z0-9]{1,10})$/.exec(filename)?.[1]?.toLowerCase();
  const mime = ext && mimeOfFilename(`x.${ext}`);
  return ext && mime ? { mime, ext } : undefined;
}

function kindOf(mime: string): MediaKind {
  if (DRAWINGS.has(mime)) return "file";
  if (mime.startsWith("image/")) return "image";
  if (mime.startsWith("audio/")) return "voice";
  return mime.startsWith("video/") ? "video" : "file";
}

function isText(head: Uint8Array): boolean {
  if (head.byteLength === 0 || head.includes(0)) return false;
  try {
    // `stream`: the last character may be cut off.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
