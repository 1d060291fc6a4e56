import { createHash } from "node:crypto";
import {
  type Clock,
  type JsonObject,
  numberField,
  ProtocolError,
  RejectedError,
  TransientError,
  textField,
} from "@wxgate/core";
import type { FileUpload, UploadedMedia } from "@wxgate/wecom-api";
import { isUnknownOutcome } from "./errors.ts";
import type { Link } from "./link.ts";
import { CMD } from "./wire.ts";

export type Upload = (
  kind: "image" | "voice" | "video" | "file",
  file: FileUpload,
  signal?: AbortSignal,
) => Promise<UploadedMedia>;

/** https://developer.work.weixin.qq.com/document/path/101463, before Base64. */
const CHUNK_BYTES = 512 * 1024;
const MOST_CHUNKS = 100;
const CHUNK_RETRY_MS = [500, 1_000];
const TIMEOUT_MS = 15_000;

/** Uploads a file in pieces: twice read (for its checksum, then for its pieces), never held whole. */
export function createUpload(link: Link, clock: Clock): Upload {
  return async function upload(kind, file, signal) {
    const { bytes, md5 } = await measure(file);
    const chunks = Math.max(1, Math.ceil(bytes / CHUNK_BYTES));
    if (chunks > MOST_CHUNKS) {
      throw new RejectedError(`the file has ${bytes} bytes; the bot takes ${CHUNK_BYTES * MOST_CHUNKS}`, {
        code: "wecom-bot.file-too-large",
      });
    }
    const call = (cmd: string, body: JsonObject) =>
      link.request({ cmd, body, timeoutMs: TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) });

    const begun = await call(CMD.uploadInit, {
      type: kind,
      filename: nameWithin(file.filename),
      total_size: bytes,
      total_chunks: chunks,
      md5,
    });
    const uploadId = textField(begun, "upload_id");
    if (uploadId === undefined) throw badAnswer(CMD.uploadInit, "upload_id");

    const sendChunk = (index: number, data: Buffer) =>
      repeated(
        () => call(CMD.uploadChunk, { upload_id: uploadId, chunk_index: index, base64_data: data.toString("base64") }),
        clock,
        signal,
      );
    await inParallel(chunksOf(await file.open()), lanesFor(chunks), sendChunk);

    const done = await call(CMD.uploadFinish, { upload_id: uploadId });
    const mediaId = textField(done, "media_id");
    if (mediaId === undefined) throw badAnswer(CMD.uploadFinish, "media_id");
    const seconds = numberField(done, "created_at");
    return { mediaId, createdAtMs: seconds === undefined ? clock.now() : seconds * 1000 };
  };
}

async function measure({ open }: FileUpload): Promise<{ bytes: number; md5: string }> {
  const hash = createHash("md5");
  let bytes = 0;
  for await (const chunk of await open()) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return { bytes, md5: hash.digest("hex") };
}

/** More at once brought "system error". */
function lanesFor(chunks: number): number {
  if (chunks <= 4) return 4;
  return chunks <= 10 ? 3 : 2;
}

/** A piece that was refused or not answered is repeated alone: the platform knows pieces by their number. */
async function repeated(work: () => Promise<unknown>, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  for (const pauseMs of CHUNK_RETRY_MS) {
    try {
      await work();
      return;
    } catch (error) {
      const isLost =
        error instanceof TransientError && !isUnknownOutcome(error) && error.code === "wecom-bot.not-connected";
      if (signal?.aborted || isLost) throw error;
      await clock.sleep(pauseMs, signal);
    }
  }
  await work();
}

/** Takes the next item when a lane is free; the first failure ends all. */
async function inParallel<T>(
  items: AsyncIterable<T>,
  lanes: number,
  work: (index: number, item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failed: { readonly error: unknown } | undefined;
  let index = 0;
  for await (const item of items) {
    const mine: Promise<void> = work(index, item)
      .catch((error: unknown) => {
        failed ??= { error };
      })
      .finally(() => running.delete(mine));
    running.add(mine);
    index += 1;
    if (running.size >= lanes) await Promise.race(running);
    if (failed !== undefined) break;
  }
  await Promise.all(running);
  if (failed !== undefined) throw failed.error;
}

async function* chunksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    let rest = part;
    while (size + rest.length >= CHUNK_BYTES) {
      const head = rest.subarray(0, CHUNK_BYTES - size);
      yield Buffer.concat([...parts, head]);
      rest = rest.subarray(head.length);
      parts = [];
      size = 0;
    }
    if (rest.length > 0) {
      // A copy: some readers use their buffer again.
      parts.push(Uint8Array.from(rest));
      size += rest.length;
    }
  }
  if (size > 0) yield Buffer.concat(parts);
}

const FILENAME_BYTES = 256;

/** The end of a name tells programs what it is, so the beginning is cut. */
function nameWithin(filename: string): string {
  let name = filename;
  while (Buffer.byteLength(name) > FILENAME_BYTES) name = [...name].slice(1).join("");
  return name;
}

function badAnswer(cmd: string, field: string): ProtocolError {
  return new ProtocolError(`WeCom's answer to ${cmd} names no ${field}`, { code: "wecom-bot.bad-answer" });
}
