import { Buffer } from "node:buffer";
import { type ChannelError, type MediaStream, RejectedError, TransientError } from "@wxgate/core";
import { type Answer, type Exchange, type ExchangeRequest, parseAnswer, unreachable } from "./exchange.ts";
import { filenameFromDisposition } from "./filename.ts";
import type { Outcome, Perform } from "./perform.ts";
import type { Secrets } from "./secrets.ts";

const PATH = "media/get";
const TOO_LARGE_FOR_ONE_REQUEST = 830002;
/** The most the platform gives at once when it asks for ranges. */
const RANGE_BYTES = 20 * 1024 * 1024;
/** An error answer has a few hundred bytes. */
const MAX_ERROR_BYTES = 16 * 1024;

export interface DownloadOptions {
  /** More than this is refused, before reading where the length is announced. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export type Download = (mediaId: string, options: DownloadOptions) => Promise<MediaStream>;

interface Part {
  readonly mime: string;
  readonly filename?: string;
  /** Length of the whole file, where announced. */
  readonly totalBytes?: number;
  /** It is the range that was asked for, not the whole file. */
  readonly isRange: boolean;
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of the connection, whether or not reading has begun. */
  cancel(): Promise<void>;
}

export interface CreateDownloadOptions {
  readonly exchange: Exchange;
  readonly perform: Perform;
  readonly secrets: Secrets;
}

/** https://developer.work.weixin.qq.com/document/path/90254 */
export function createDownload({ exchange, perform, secrets }: CreateDownloadOptions): Download {
  type Found = Part | "use-ranges";

  const request = (mediaId: string, fromByte: number | undefined, signal?: AbortSignal): Promise<Found> =>
    perform<Found>(
      PATH,
      async (token) => {
        const range = fromByte === undefined ? undefined : `bytes=${fromByte}-${fromByte + RANGE_BYTES - 1}`;
        const asked: ExchangeRequest = {
          method: "GET",
          path: PATH,
          query: { access_token: token, media_id: mediaId },
          headers: range ? { range } : {},
          secrets,
          signal,
        };
        const outcome = await readPart(await exchange(asked), asked);
        const needsRanges = "errcode" in outcome && outcome.errcode === TOO_LARGE_FOR_ONE_REQUEST && !range;
        return needsRanges ? { value: "use-ranges" } : outcome;
      },
      signal,
    );

  async function requestPart(mediaId: string, fromByte: number | undefined, signal?: AbortSignal): Promise<Part> {
    const part = await request(mediaId, fromByte, signal);
    return part === "use-ranges" ? requestPart(mediaId, 0, signal) : part;
  }

  function readAll(first: Part, mediaId: string, maxBytes: number, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    let part = first;
    let at = 0;

    async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
      for (;;) {
        const start = at;
        for await (const chunk of part.body) {
          at += chunk.length;
          if (at > maxBytes) throw tooLarge(maxBytes);
          yield chunk;
        }
        if (at >= (first.totalBytes ?? at)) return;
        if (at === start) throw brokenOff();
        part = await requestPart(mediaId, at, signal);
        if (!part.isRange) throw brokenOff();
      }
    }
    return closable(pieces(), () => part.cancel());
  }

  return async function download(mediaId, { maxBytes, signal }) {
    const first = await requestPart(mediaId, undefined, signal);
    const { mime, filename, totalBytes: bytes } = first;
    if (bytes !== undefined && bytes > maxBytes) {
      await first.cancel();
      throw tooLarge(maxBytes);
    }
    const body = readAll(first, mediaId, maxBytes, signal);
    return { body, mime, ...(bytes !== undefined && { bytes }), ...(filename && { filename }) };
  };
}

async function readPart(response: Response, request: ExchangeRequest): Promise<Outcome<Part>> {
  const reader = response.body?.getReader();
  const cancel = async (): Promise<void> => reader?.cancel().catch(() => undefined);
  const chunks = readChunks(reader, contentLength(response), request);
  // A person may have sent a JSON file; a file always comes with a disposition, an error never does.
  const disposition = response.headers.get("content-disposition");
  const { error, body } = disposition === null ? await splitError(chunks) : { error: undefined, body: chunks };
  if (error) return error;

  const mime = response.headers.get("content-type")?.split(";")[0]?.trim() || "application/octet-stream";
  const filename = filenameFromDisposition(disposition);
  const isRange = response.status === 206;
  const totalBytes = isRange ? rangeTotal(response) : contentLength(response);
  return { value: { mime, filename, totalBytes, isRange, body, cancel } };
}

/** The announced length; not to be trusted where the body was compressed on the way. */
function contentLength(response: Response): number | undefined {
  const header = response.headers.get("content-length");
  const isPlain = response.headers.get("content-encoding") === null;
  return isPlain && header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

function rangeTotal(response: Response): number | undefined {
  const total = /\/(\d{1,15})\s*$/.exec(response.headers.get("content-range") ?? "")?.[1];
  return total === undefined ? undefined : Number(total);
}

async function* readChunks(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  announcedBytes: number | undefined,
  { path, secrets, signal }: ExchangeRequest,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  for (;;) {
    const next = await reader?.read().catch((error: unknown) => {
      throw unreachable(path, error, secrets, signal);
    });
    if (!next || next.done) break;
    total += next.value.length;
    yield next.value;
  }
  if (announcedBytes !== undefined && total < announcedBytes) throw brokenOff();
}

/** Reads on until the answer is known to be an error or too long for one; a file keeps what was read of it. */
async function splitError(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<{ error?: Answer; body: AsyncIterable<Uint8Array> }> {
  const read: Uint8Array[] = [];
  let total = 0;
  let ended = false;
  while (total <= MAX_ERROR_BYTES && !ended) {
    const { done, value } = await chunks.next();
    if (done) ended = true;
    else {
      read.push(value);
      total += value.length;
      if (!startsLikeJson(read)) break;
    }
  }
  return { error: ended ? toError(Buffer.concat(read)) : undefined, body: continued(read, chunks) };
}

function startsLikeJson(chunks: readonly Uint8Array[]): boolean {
  const start = Buffer.from(chunks.find((chunk) => chunk.length > 0) ?? [])
    .subarray(0, 64)
    .toString("latin1")
    .trimStart();
  return start === "" || start.startsWith("{");
}

function toError(bytes: Buffer): Answer | undefined {
  const text = bytes.toString();
  if (!/"errcode"/.test(text)) return undefined;
  try {
    const answer = parseAnswer(text, PATH);
    return answer.errcode === 0 ? undefined : answer;
  } catch {
    // Not an answer of the platform after all: a file.
    return undefined;
  }
}

async function* continued(
  read: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* read;
  yield* rest;
}

/** A generator that is closed before its first step runs nothing; what it holds must be let go all the same. */
function closable(
  source: AsyncGenerator<Uint8Array, void, undefined>,
  close: () => Promise<void>,
): AsyncIterableIterator<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        return await source.next();
      } catch (error) {
        await close();
        throw error;
      }
    },
    async return() {
      await close();
      return source.return();
    },
  };
}

function tooLarge(maxBytes: number): ChannelError {
  return new RejectedError(`the file has more than ${maxBytes} bytes`, {
    code: "wecom.media-too-large",
    hint: "Raise media.maxBytes, or ask for a smaller file.",
  });
}

function brokenOff(): ChannelError {
  return new TransientError("the download broke off before its end", { code: "wecom.download-cut", sent: "no" });
}
