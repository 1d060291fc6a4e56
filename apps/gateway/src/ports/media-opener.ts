import { homedir } from "node:os";
import {
  type Clock,
  type MediaOpener,
  type MediaSource,
  type MediaStream,
  RejectedError,
  TransientError,
} from "@wxgate/core";
import { createGuard, type HttpClient, HttpError } from "@wxgate/http-client";
import { filenameFromDisposition, MediaError, mimeOfFilename, openLocalFile, tooLarge } from "@wxgate/media";
import type { LazyConverter } from "./converter.ts";
import type { MediaFiles } from "./media.ts";
import { createPatience } from "./patience.ts";

export interface MediaOpenerOptions {
  readonly http: Pick<HttpClient, "download">;
  readonly files: MediaFiles;
  readonly localRoots: readonly string[];
  readonly maxBytes: number;
  readonly converter: LazyConverter;
  readonly clock: Pick<Clock, "now">;
  /** An existing folder of ours. */
  readonly scratchDir: string;
}

/** Opens what an agent or operator named: our own files, local ones below the channel's roots, public addresses. */
export function createMediaOpener(options: MediaOpenerOptions): MediaOpener {
  const { http, files, localRoots, maxBytes, converter, scratchDir } = options;
  const patience = createPatience(options.clock);
  // Written by people and models: nothing but public addresses.
  const guard = createGuard();

  async function openSource(source: MediaSource, signal: AbortSignal): Promise<MediaStream> {
    if (source.text !== undefined) return fromText(source.text);
    if (source.path !== undefined) return fromFile(source.path);
    if (source.url !== undefined) return (await files.openOwn(source.url)) ?? fromUrl(source.url, signal);
    throw new RejectedError("a file needs a url, a path or a text to be read from", { code: "media.no-source" });
  }

  async function fromFile(path: string): Promise<MediaStream> {
    const { body, bytes, filename } = await openLocalFile(path, { roots: localRoots, home: homedir(), maxBytes });
    const mime = mimeOfFilename(filename) ?? "application/octet-stream";
    return { body, bytes, filename, mime, givesChunks: true };
  }

  async function fromUrl(url: string, signal: AbortSignal): Promise<MediaStream> {
    const download = await http.download(url, { signal, maxBytes, guard }).catch((error: unknown) => {
      throw withPatience(toChannelError(error, maxBytes), url);
    });
    const { mime, bytes, disposition } = download;
    const filename = disposition === undefined ? undefined : filenameFromDisposition(disposition);
    const body = watched(download.body, url);
    return { body, mime, ...(bytes !== undefined && { bytes }), ...(filename !== undefined && { filename }) };
  }

  /** What breaks off, or turns out too large, on the way fails as if it had never begun. */
  async function* watched(body: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw withPatience(toChannelError(error, maxBytes), url);
    }
    patience.worked(url);
  }

  /** A host that does not exist fails like one that is away for a moment; only time tells them apart. */
  function withPatience(error: unknown, url: string): unknown {
    if (!(error instanceof TransientError) || OURS.has(error.code) || !patience.failed(url)) return error;
    return new RejectedError(`${error.message}; it was tried again and again`, { code: error.code, cause: error });
  }

  return {
    converter,
    scratchDir,
    async open(source, signal) {
      try {
        await converter.ready();
        return await openSource(source, signal);
      } catch (error) {
        throw toChannelError(error, maxBytes);
      }
    },
  };
}

function fromText(text: string): MediaStream {
  const bytes = Buffer.from(text);
  return {
    body: (async function* () {
      yield bytes;
    })(),
    bytes: bytes.length,
    mime: "text/plain",
  };
}

const LASTING = new Set(["http.bad-request", "http.blocked-address", "http.blocked-url", "http.redirect"]);

/** Failures of our own way out, whatever the address is. */
const OURS = new Set(["http.closed", "http.proxy", "http.proxy-config"]);

/** What will fail again is refused; what may go better is tried again. */
function toChannelError(error: unknown, maxBytes: number): unknown {
  if (error instanceof MediaError) return new RejectedError(error.message, { code: error.code, cause: error });
  if (!(error instanceof HttpError)) return error;
  if (error.code === "http.too-large") return toChannelError(tooLarge(maxBytes, error.bytes), maxBytes);
  const { code, status = 0, message } = error;
  const gone = code === "http.status" && status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (LASTING.has(code) || gone) return new RejectedError(message, { code, cause: error });
  return new TransientError(message, { code, cause: error });
}
