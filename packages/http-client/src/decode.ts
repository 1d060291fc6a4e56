import type { IncomingHttpHeaders } from "node:http";
import { Duplex, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { describeUrl, HttpError } from "./errors.ts";

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** More than one is a list, and none that can be decoded here. */
export function encodingOf(fields: IncomingHttpHeaders): string {
  return String(fields["content-encoding"] ?? "")
    .trim()
    .toLowerCase();
}

/** Whether the bytes that come are others than those that are meant. */
export function isEncoded(encoding: string): boolean {
  return Object.hasOwn(DECODERS, encoding);
}

/** The bytes themselves. Nobody is asked to compress, but some servers and proxies do so anyway. */
export function decode(body: ReadableStream<Uint8Array>, encoding: string, url: URL): ReadableStream<Uint8Array> {
  const create = DECODERS[encoding];
  if (create === undefined) return body;
  const decoder = Duplex.toWeb(create());
  const failure = body.pipeTo(decoder.writable).then(
    () => undefined,
    (error: unknown) => error,
  );
  const reader = decoder.readable.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (cause) {
          const reason = await failure;
          controller.error(reason instanceof HttpError ? reason : garbled(encoding, url, cause));
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function garbled(encoding: string, url: URL, cause: unknown): HttpError {
  const message = `the answer of ${describeUrl(url)} is not the ${encoding} it says it is`;
  return new HttpError(message, { code: "http.bad-response", sent: "unknown", cause });
}
