import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { amrDurationMs } from "./amr.ts";
import type { Converter } from "./convert.ts";
import { MediaError } from "./errors.ts";
import { safeFilename, withExtension } from "./filename.ts";
import { type Fit, fileInstead, fitMedia, type MediaFacts, type MediaRules } from "./fit.ts";
import { readPieces } from "./read-pieces.ts";
import { both, type Reason } from "./reason.ts";
import { type MediaKind, mimeOfFilename, type Sniffed, sniff } from "./sniff.ts";
import { spool } from "./spool.ts";

/** Something to send, as it comes: a download, a local file, a stored one. */
export interface UploadSource {
  readonly body: AsyncIterable<Uint8Array>;
  readonly filename?: string;
  /** Nothing else uses the chunks: their memory is given back as soon as they were read. */
  readonly givesChunks?: boolean;
}

export interface UploadOptions {
  readonly wanted: MediaKind;
  readonly rules: MediaRules;
  /** For the file while it waits; created when missing, mode 0700. */
  readonly dir: string;
  /** Most bytes ever read. May exceed the platform's limits: a huge picture can be made smaller. */
  readonly maxBytes: number;
  readonly converter?: Converter;
  readonly signal: AbortSignal;
}

/** A file on disk that the platform will take. */
export interface Upload {
  readonly kind: MediaKind;
  readonly filename: string;
  readonly mime: string;
  readonly bytes: number;
  /** Why it is not sent as it was meant: converted, or as a file. */
  readonly reason?: Reason;
  readonly path: string;
  /** Hexadecimal; of a file that was not converted known already. */
  md5(): Promise<string>;
  open(): Readable;
  /** Deletes it; call it when the upload is over, however it ended. */
  remove(): Promise<void>;
}

interface LocalCopy {
  readonly path: string;
  readonly filename: string;
  readonly mime: string;
  readonly facts: MediaFacts;
  md5(): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Reads a file once, looks at what it is, and makes of it what the platform takes: as it is, converted, or as a plain
 * file with the reason. Memory stays constant (SILK apart).
 *
 * @throws MediaError `media.refused` with the reason, `media.too-large`; the source's failure; the signal's reason.
 */
export async function prepareUpload(source: UploadSource, options: UploadOptions): Promise<Upload> {
  const original = await receive(source, options);
  try {
    const fit = fitMedia(options.wanted, original.facts, options.rules, options.converter?.can);
    return await carryOut(fit, original, options);
  } catch (error) {
    await original.remove();
    throw error;
  }
}

async function carryOut(fit: Fit, original: LocalCopy, options: UploadOptions): Promise<Upload> {
  switch (fit.as) {
    case "is":
      return toUpload(original, fit.kind);
    case "file":
      return toUpload(original, "file", fit.reason);
    case "refused":
      throw new MediaError(`${original.filename}: ${fit.reason.en}`, {
        code: "media.refused",
        zh: `${original.filename}：${fit.reason.zh}`,
      });
    case "convert":
      return convertOrFile(fit, original, options);
    default:
      return fit satisfies never;
  }
}

async function convertOrFile(
  fit: Fit & { as: "convert" },
  original: LocalCopy,
  options: UploadOptions,
): Promise<Upload> {
  const instead = (problem: Reason) =>
    carryOut(fileInstead(original.facts, options.rules, both(fit.reason, problem)), original, options);
  let converted: LocalCopy;
  try {
    converted = await convert(fit, original, options);
  } catch (error) {
    if (error instanceof MediaError) return instead(error.reason);
    throw error;
  }
  const refit = fitMedia(fit.kind, converted.facts, options.rules);
  if (refit.as === "is") {
    await original.remove();
    return toUpload(converted, refit.kind, conversionOf(fit));
  }
  await converted.remove();
  return instead(both({ en: "converted", zh: "已转换" }, "reason" in refit ? refit.reason : fit.reason));
}

function conversionOf({ to, reason: { en, zh } }: Fit & { as: "convert" }): Reason {
  return { en: `converted to ${to.toUpperCase()}: ${en}`, zh: `已转换为 ${to.toUpperCase()}：${zh}` };
}

async function convert(fit: Fit & { as: "convert" }, original: LocalCopy, options: UploadOptions): Promise<LocalCopy> {
  const { converter, signal } = options;
  if (!converter) throw new MediaError("there is no converter", { code: "media.conversion-failed" });
  const { path, bytes, remove } = await converter.convert({
    path: original.path,
    from: original.facts.format,
    to: fit.to,
    maxBytes: fit.maxBytes,
    signal,
  });
  const filename = withExtension(original.filename, fit.to);
  const facts = await factsOf(path, fit.to, bytes);
  const mime = mimeOfFilename(filename) ?? original.mime;
  return { path, filename, mime, facts, md5: () => md5Of(path), remove };
}

async function receive(source: UploadSource, { dir, maxBytes, signal }: UploadOptions): Promise<LocalCopy> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, `upload-${randomUUID()}`);
  const { bytes, head, digest } = await spool(source.body, path, {
    maxBytes,
    hash: "md5",
    signal,
    givesChunks: source.givesChunks,
  });
  const remove = () => rm(path, { force: true });
  try {
    const found = await sniff(head, source.filename);
    return {
      path,
      filename: nameFor(source.filename, found),
      mime: found.mime,
      facts: await factsOf(path, found.ext, bytes),
      md5: async () => digest,
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash("md5");
  for await (const piece of readPieces(path)) hash.update(piece);
  return hash.digest("hex");
}

/** Receivers see the name, and their programs go by its extension; one that contradicts the content is corrected. */
function nameFor(filename: string | undefined, { ext, mime, kind }: Sniffed): string {
  const name = safeFilename(filename, `${kind}.${ext}`);
  if (mimeOfFilename(name) === mime || ext === "bin" || ext === "txt") return name;
  return kind === "file" && /\.\w+$/.test(name) ? name : withExtension(name, ext);
}

async function factsOf(path: string, format: string, bytes: number): Promise<MediaFacts> {
  if (format !== "amr") return { format, bytes };
  const durationMs = await amrDurationMs(createReadStream(path));
  return durationMs === undefined ? { format, bytes } : { format, bytes, seconds: durationMs / 1000 };
}

function toUpload(copy: LocalCopy, kind: MediaKind, reason?: Reason): Upload {
  const { path, filename, mime, facts, md5, remove } = copy;
  const open = () => createReadStream(path);
  return { kind, filename, mime, bytes: facts.bytes, ...(reason !== undefined && { reason }), path, md5, open, remove };
}
