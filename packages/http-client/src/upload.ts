/** A body that can be read once, and given up before or while it is read. */
export interface UploadStream {
  readonly chunks: AsyncIterable<Uint8Array>;
  discard(): void;
}

type StreamBody = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/** One way to read the streams `fetch` takes: web streams, Node streams, iterables of bytes or text. */
export function toUploadStream(body: StreamBody): UploadStream {
  if (body instanceof ReadableStream) return fromWebStream(body);
  if (Symbol.asyncIterator in body) return fromIterator(body[Symbol.asyncIterator](), body);
  return fromIterator(body[Symbol.iterator](), body);
}

/** Read by a reader of our own: a stream that is being iterated could not be cancelled while it is silent. */
function fromWebStream(body: ReadableStream<Uint8Array>): UploadStream {
  const reader = body.getReader();
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield toBytes(part.value);
  }
  return { chunks: chunks(), discard: () => void reader.cancel().catch(alreadyFailed) };
}

type AnyIterator = AsyncIterator<Uint8Array | string> | Iterator<Uint8Array | string>;

function fromIterator(iterator: AnyIterator, body: object): UploadStream {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let part = await iterator.next(); !part.done; part = await iterator.next()) yield toBytes(part.value);
  }
  function discard(): void {
    // A Node stream holds its file or socket until it is destroyed; ending an iterator nobody began does not do that.
    if ("destroy" in body && typeof body.destroy === "function") body.destroy();
    else void Promise.resolve(iterator.return?.()).catch(alreadyFailed);
  }
  return { chunks: chunks(), discard };
}

function toBytes(chunk: Uint8Array | string): Uint8Array {
  return typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

/** The source's own failure has reached the request already. */
function alreadyFailed(): void {}
