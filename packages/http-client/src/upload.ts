import { isReplayable, type OutboundRequest } from "./request.ts";

/** A body of this size is given to the network at once; of what is larger, slices are seen to move. */
export const UPLOAD_SLICE_BYTES = 64 * 1024;

/** What goes out, and under which headers. */
export interface Upload {
  readonly body: Buffer | AsyncIterable<Uint8Array> | null;
  readonly headers: Record<string, string>;
  /** For a request that failed: lets go of a source that was not read to its end. */
  discard(): void;
}

/** What `fetch` sends, too: some servers refuse who says neither what it is nor what it takes. */
const CUSTOMARY: Readonly<Record<string, string>> = { accept: "*/*", "user-agent": "wxgate" };

/** Text, bytes and forms leave with their length; streams in chunks, unless the caller states one. */
export async function toUpload({ body, headers, onChunkSent }: OutboundRequest): Promise<Upload> {
  const fields = { ...CUSTOMARY, ...Object.fromEntries(headers) };
  if (body == null) return { body: null, headers: fields, discard: nothingToDiscard };
  if (!isReplayable(body)) {
    const { chunks, discard } = toUploadStream(body as StreamBody);
    return { body: onChunkSent === undefined ? chunks : telling(chunks, onChunkSent), headers: fields, discard };
  }
  const { bytes, type } = await toWhole(body);
  if (type !== undefined && fields["content-type"] === undefined) fields["content-type"] = type;
  delete fields["content-length"];
  if (bytes.length <= UPLOAD_SLICE_BYTES) return { body: bytes, headers: fields, discard: nothingToDiscard };
  // What is larger must be seen to move, so it leaves in slices.
  fields["content-length"] = String(bytes.length);
  return { body: toUploadStream([bytes]).chunks, headers: fields, discard: nothingToDiscard };
}

async function toWhole(body: NonNullable<OutboundRequest["body"]>): Promise<{ bytes: Buffer; type?: string }> {
  if (typeof body === "string") return { bytes: Buffer.from(body), type: "text/plain;charset=UTF-8" };
  if (ArrayBuffer.isView(body)) return { bytes: Buffer.from(body.buffer, body.byteOffset, body.byteLength) };
  if (body instanceof ArrayBuffer) return { bytes: Buffer.from(body) };
  // Forms and the like are written by the standard's own rules.
  const written = new Response(body);
  const type = written.headers.get("content-type");
  return { bytes: Buffer.from(await written.arrayBuffer()), ...(type !== null && { type }) };
}

function nothingToDiscard(): void {}

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

/** The connection asks for the next chunk when it has taken the last one. */
async function* telling(
  chunks: AsyncIterable<Uint8Array>,
  onSent: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    onSent(chunk);
  }
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
