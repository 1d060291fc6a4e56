import { createHash, randomBytes } from "node:crypto";
import type { MediaContent } from "../control/content.ts";
import { ControlError } from "../control/errors.ts";
import { sampleMedia, sampleSilk } from "../media-samples.ts";

/** One file on the media server. */
export interface CdnFile {
  /** As it is stored, mostly encrypted. */
  readonly bytes: Buffer;
  /** As the person sees it; undefined: it cannot be read with the key it was announced with. */
  readonly plain: Buffer | undefined;
  readonly filename: string;
  readonly mime: string;
}

/** An upload that was announced and has not come yet. */
interface PlannedUpload {
  readonly filekey: string;
  readonly filesize: number;
  readonly md5: string;
  readonly key: Buffer;
}

export interface Cdn {
  readonly files: Map<string, CdnFile>;
  readonly planned: Map<string, PlannedUpload>;
}

export function createCdn(): Cdn {
  return { files: new Map(), planned: new Map() };
}

/** A query value with `+`, `/` and `=` in it, so that whoever does not encode it is found out. */
export function newParam(): string {
  return `${randomBytes(24).toString("base64")}+/${randomBytes(4).toString("base64")}==`;
}

/** An address of our own for the page: the plain bytes by a hash of the parameter. */
export function previewName(param: string): string {
  return createHash("sha256").update(param).digest("hex").slice(0, 32);
}

/** What a person sends, with a small sample where they name no file. */
export async function fileOf(content: MediaContent): Promise<{ plain: Buffer; filename: string; mime: string }> {
  const sample = content.kind === "voice" ? sampleSilk() : sampleMedia(content.kind);
  const names = { filename: content.filename ?? sample.filename, mime: content.mime ?? sample.mime };
  if (content.base64 !== undefined) return { ...names, plain: Buffer.from(content.base64, "base64") };
  if (content.bytes !== undefined) return { ...names, plain: pattern(content.bytes) };
  if (content.url !== undefined) return { ...names, plain: await fetchFile(content.url) };
  return { ...names, plain: sample.data };
}

/** The byte at `n` is `n % 251`. */
function pattern(bytes: number): Buffer {
  return Buffer.alloc(
    bytes,
    Uint8Array.from({ length: 251 }, (_, index) => index),
  );
}

async function fetchFile(url: string): Promise<Buffer> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ControlError(400, `The file at ${url} could not be fetched: ${reason}.`, "Give base64 instead.");
  }
}
