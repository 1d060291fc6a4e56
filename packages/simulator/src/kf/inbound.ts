import type { Content, MediaContent } from "../control/content.ts";
import { ControlError } from "../control/errors.ts";
import { type Sample, sampleMedia, sampleSilk } from "../media-samples.ts";
import type { NewMedia, StoredMedia } from "../media-store.ts";
import type { Corp } from "../qyapi/corps.ts";
import { INBOUND_LIMITS } from "../qyapi/media-rules.ts";
import { isMedia } from "./incoming.ts";

/** The files of one message, fetched and stored; SILK beside AMR where the sample has both. */
export type StoredFiles = ReadonlyMap<Content, { readonly media: StoredMedia; readonly silk?: StoredMedia }>;

const NO_FILES: StoredFiles = new Map();

/** Stores every file a message carries, also inside forwarded records. */
export async function storeFiles(corp: Corp, contents: readonly Content[]): Promise<StoredFiles> {
  const carriers = contents.flatMap(carriersIn);
  if (carriers.length === 0) return NO_FILES;
  const files = new Map<Content, { media: StoredMedia; silk?: StoredMedia }>();
  for (const content of carriers) files.set(content, await storeCarried(corp, content));
  return files;
}

function carriersIn(content: Content): Content[] {
  if (isMedia(content) || content.kind === "miniprogram") return [content];
  return content.kind === "forwarded" ? content.items.flatMap((item) => carriersIn(item.content)) : [];
}

/** Stores what one message carries; a sample where it names no source. */
async function storeCarried(corp: Corp, content: Content): Promise<{ media: StoredMedia; silk?: StoredMedia }> {
  if (!isMedia(content)) return { media: corp.media.add({ kind: "image", ...named(sampleMedia("image")) }) };
  const media = await storeFile(corp, content);
  const isSample = content.kind === "voice" && !content.base64 && !content.url && content.bytes === undefined;
  return isSample ? { media, silk: corp.media.add({ kind: "voice", ...named(sampleSilk()) }) } : { media };
}

/** A file as a person sends it, in the enterprise's media. */
export async function storeFile(corp: Corp, content: MediaContent): Promise<StoredMedia> {
  return corp.media.add(await source(content));
}

function named({ data, mime, filename }: Sample): Omit<NewMedia, "kind"> {
  return { mime, filename, content: data };
}

async function source({ kind, base64, url, bytes, filename, mime }: MediaContent): Promise<NewMedia> {
  const sample = sampleMedia(kind);
  const names = { filename: filename ?? sample.filename, mime: mime ?? sample.mime };
  if (base64 !== undefined) return { kind, ...names, content: Buffer.from(base64, "base64") };
  if (bytes !== undefined) return { kind, ...names, content: bytes };
  if (url !== undefined) return { kind, ...names, content: await fetchFile(url) };
  return { kind, ...named(sample), ...(filename ? { filename } : {}), ...(mime ? { mime } : {}) };
}

async function fetchFile(url: string): Promise<Buffer> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ControlError(
      400,
      `The file at ${url} could not be fetched: ${reason}.`,
      "Give base64 instead, or another url.",
    );
  }
}

/** The text that reaches the business instead of a file that is too large. */
export function tooLargeNotice(content: MediaContent, media: StoredMedia): string | undefined {
  const limit = INBOUND_LIMITS[content.kind];
  if (media.bytes <= limit) return undefined;
  return `[The customer sent a ${content.kind} of ${media.bytes} bytes, which is larger than ${limit} and was not passed on]`;
}
