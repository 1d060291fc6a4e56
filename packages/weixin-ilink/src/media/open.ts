import {
  type Channel,
  type Fetch,
  type JsonObject,
  type MediaStream,
  RejectedError,
  TransientError,
  textField,
} from "@wxgate/core";
import { decodeSilk, MediaError } from "@wxgate/media";
import { unreachable } from "../errors.ts";
import type { Hosts } from "../hosts.ts";
import { decrypt } from "./crypto.ts";
import { decodeKey } from "./keys.ts";

const MOST_REDIRECTS = 3;
/** A minute of speech has some 20 KB; what is longer is handed over as it came. */
const MOST_SILK_BYTES = 4 * 1024 * 1024;
const SILK = "#!SILK_V3";

interface OpenMediaOptions {
  readonly fetch: Fetch;
  readonly hosts: Hosts;
  readonly cdnBaseUrl: string;
}

/** Opens what people sent: downloaded, decrypted and, if it is WeChat's speech, made into WAV. */
export function createOpenMedia({ fetch, hosts, cdnBaseUrl }: OpenMediaOptions): NonNullable<Channel["openMedia"]> {
  async function download(address: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    let url = trusted(address);
    for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
      const response = await get(url, signal);
      const location = response.headers.get("location");
      if (response.status >= 300 && response.status < 400 && location !== null) {
        await response.body?.cancel();
        url = trusted(URL.canParse(location, url.href) ? new URL(location, url).href : location);
        continue;
      }
      if (response.ok && response.body !== null) return response.body;
      await response.body?.cancel();
      throw statusError(response.status);
    }
    throw new RejectedError("the file's address redirects without end", { code: "ilink.media-redirect" });
  }

  function trusted(address: string): URL {
    const url = hosts.trusted(address);
    if (url !== undefined) return url;
    throw new RejectedError("the file's address is none of WeChat's", {
      code: "ilink.media-host",
      hint: "If it is right, name its origin as cdnBaseUrl.",
    });
  }

  async function get(url: URL, signal: AbortSignal): Promise<Response> {
    try {
      return await fetch(url, { redirect: "manual", signal });
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable("a download", error);
    }
  }

  return async function openMedia(ref, signal): Promise<MediaStream> {
    const address = addressOf(ref, cdnBaseUrl);
    const key = keyOf(ref);
    const raw = await download(address, signal);
    const kind = textField(ref, "kind");
    if (kind === "image") return { body: readable(raw, key), mime: "application/octet-stream" };
    if (key === undefined)
      throw new RejectedError("the file came without its key", { code: "ilink.media-without-key" });
    const body = decrypt(raw, key);
    if (kind === "voice") return openVoice(body, signal);
    return { body, mime: "application/octet-stream", givesChunks: true };
  };
}

function addressOf(ref: JsonObject, cdnBaseUrl: string): string {
  const full = textField(ref, "url");
  if (full !== undefined) return full;
  const param = textField(ref, "param");
  if (param === undefined) throw new RejectedError("this names no file of WeChat's", { code: "ilink.no-media" });
  return `${cdnBaseUrl.replace(/\/$/, "")}/download?encrypted_query_param=${encodeURIComponent(param)}`;
}

function keyOf(ref: JsonObject): Buffer | undefined {
  const text = textField(ref, "key");
  if (text === undefined) return undefined;
  const key = decodeKey(text);
  if (key === undefined) throw new RejectedError("the file's key cannot be read", { code: "ilink.media-key" });
  return key;
}

function statusError(status: number): RejectedError | TransientError {
  const message = `the media server answered HTTP ${status}`;
  const isGone = status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (!isGone) return new TransientError(message, { code: "ilink.media-status" });
  return new RejectedError(message, {
    code: "ilink.media-gone",
    hint: "The file is no longer there; it must be sent again.",
  });
}

/** Pictures may come plain, with a key or without. */
async function* readable(raw: AsyncIterable<Uint8Array>, key: Buffer | undefined): AsyncGenerator<Uint8Array> {
  if (key === undefined) {
    yield* raw;
    return;
  }
  const { head, whole } = await peek(raw, PICTURE_BYTES);
  if (isPicture(head)) yield* whole;
  else yield* decrypt(whole, key);
}

const PICTURE_BYTES = 12;

function isPicture(head: Buffer): boolean {
  const text = head.toString("latin1");
  return (
    text.startsWith("\xff\xd8\xff") ||
    text.startsWith("\x89PNG\r\n\x1a\n") ||
    text.startsWith("GIF87a") ||
    text.startsWith("GIF89a") ||
    (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP")
  );
}

/** The first bytes, and the stream as if nobody had looked. */
async function peek(
  source: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<{ head: Buffer; whole: AsyncGenerator<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let size = 0;
  while (size < bytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    taken.push(next.value);
    size += next.value.byteLength;
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    let isRead = false;
    try {
      yield* taken;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
      isRead = true;
    } finally {
      if (!isRead) await iterator.return?.();
    }
  }
  return { head: Buffer.concat(taken).subarray(0, bytes), whole: whole() };
}

/** Declared codecs are wrong: the bytes say what it is. Speech that cannot be decoded is handed over as it came. */
async function openVoice(body: AsyncGenerator<Uint8Array>, signal: AbortSignal): Promise<MediaStream> {
  const { head, whole } = await peek(body, SILK.length + 1);
  const isSilk = [0, 1].some((start) => head.toString("latin1").startsWith(SILK, start));
  if (!isSilk) return { body: whole, mime: "application/octet-stream" };
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const next = await whole.next();
    if (next.done === true) break;
    parts.push(next.value);
    bytes += next.value.byteLength;
    if (bytes > MOST_SILK_BYTES) return { body: chain(parts, whole), mime: "audio/silk", filename: "voice.silk" };
  }
  const silk = Buffer.concat(parts, bytes);
  try {
    const wav = await decodeSilk(silk, { signal });
    return { body: chain([wav]), mime: "audio/wav", bytes: wav.length, filename: "voice.wav" };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return { body: chain([silk]), mime: "audio/silk", bytes, filename: "voice.silk" };
  }
}

async function* chain(parts: readonly Uint8Array[], rest?: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* parts;
  if (rest !== undefined) yield* rest;
}
