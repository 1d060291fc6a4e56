import { Buffer } from "node:buffer";

export interface MultipartFile {
  /** Shown to the receivers; its extension matters. */
  readonly filename: string;
  readonly mime: string;
  /** The exact length, where it is known before reading. */
  readonly bytes?: number;
  readonly content: AsyncIterable<Uint8Array>;
}

export interface MultipartBody {
  readonly contentType: string;
  /** The length of the whole body, when the file's is known. */
  readonly contentLength?: number;
  readonly body: AsyncGenerator<Uint8Array, void, undefined>;
}

/** The file gave more or fewer bytes than it said. */
export class LengthMismatchError extends Error {
  override readonly name = "LengthMismatchError";
}

/**
 * A form with the one part `media`, read as it is sent. Without the `filelength` that the documentation mentions: the platform
 * does not need it, and strict readers of forms refuse it. Names go as raw UTF-8, which is what the platform understands;
 * the encoded form of RFC 5987 it does not.
 */
export function multipartBody({ filename, mime, bytes, content }: MultipartFile, boundary: string): MultipartBody {
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="media"; filename="${quotable(filename)}"\r\n` +
      `Content-Type: ${mime.replace(/[\r\n]/g, "")}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);

  async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
    let total = 0;
    yield head;
    for await (const chunk of content) {
      total += chunk.length;
      if (bytes !== undefined && total > bytes) break;
      yield chunk;
    }
    if (bytes !== undefined && total !== bytes) throw new LengthMismatchError("the file changed while it was sent");
    yield tail;
  }

  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    ...(bytes !== undefined && { contentLength: head.length + bytes + tail.length }),
    body: body(),
  };
}

function quotable(filename: string): string {
  return filename.replaceAll('"', "'").replace(/[\r\n]+/g, " ");
}
