import { Buffer, isUtf8 } from "node:buffer";
import { type Envelope, parseEnvelope } from "./envelope.ts";
import { type CallbackQuery, parseQuery } from "./query.ts";

/**
 * One HTTP request as it is passed from channel to channel along a shared path: its body is read and its envelope is
 * parsed once, by whoever comes first.
 */
export interface Call {
  readonly method: string;
  readonly query: CallbackQuery | undefined;
  /** Somebody has verified the callback and given it its answer. */
  claimed: boolean;
  /** A channel waits for the answer of those behind it, and asks `second` before it answers itself. */
  hasFirst: boolean;
  /** Those that let the others go first, in the order of the path; each is given the answer so far. */
  readonly second: ((call: Call, answer: Response | undefined) => Promise<Response>)[];
  /** The envelope, once somebody has read it. */
  readonly parsed: Envelope | "garbage" | undefined;
  /**
   * The envelope, "too-large" when the body has more than `maxBytes` (a later, more generous caller may go on reading),
   * or "garbage" when it is no envelope.
   */
  envelope(maxBytes: number): Promise<Envelope | "too-large" | "garbage"> | Envelope | "garbage";
  /** Stops the sender of a body that nobody will read to its end. */
  discard(): Promise<void>;
}

/** On the request itself, not in a table of this module: two copies of this package must find it too. */
const CALL = Symbol.for("@wxgate/wecom-callback/1");
type Carrier = Request & { [CALL]?: Call };

export function callOf(request: Request): Call {
  const carrier = request as Carrier;
  carrier[CALL] ??= createCall(request);
  return carrier[CALL];
}

function createCall(request: Request): Call {
  const body = createBodyReader(request);
  let parsed: Envelope | "garbage" | undefined;

  return {
    method: request.method,
    query: parseQuery(request.url),
    claimed: false,
    hasFirst: false,
    second: [],
    get parsed() {
      return parsed;
    },
    envelope(maxBytes) {
      return parsed ?? read(maxBytes);
    },
    discard: body.discard,
  };

  async function read(maxBytes: number): Promise<Envelope | "too-large" | "garbage"> {
    const bytes = await body.read(maxBytes);
    if (bytes === "too-large") return bytes;
    parsed = bytes === "broken" ? "garbage" : envelopeOf(bytes);
    return parsed;
  }
}

function envelopeOf(bytes: Buffer): Envelope | "garbage" {
  if (!isUtf8(bytes)) return "garbage";
  try {
    return parseEnvelope(bytes.toString());
  } catch {
    // Whatever a stranger may write instead of an envelope; the answer does not depend on what it was.
    return "garbage";
  }
}

interface BodyReader {
  /** The whole body; "broken" when the sender went away in the middle of it. */
  read(maxBytes: number): Promise<Buffer | "too-large" | "broken">;
  discard(): Promise<void>;
}

function createBodyReader(request: Request): BodyReader {
  const announcedBytes = Number(request.headers.get("content-length") ?? 0);
  const chunks: Uint8Array[] = [];
  let total = 0;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  return {
    async read(maxBytes) {
      if (!reader && request.bodyUsed) throw new Error("the body was read before; hand on the Request as it came");
      if (announcedBytes > maxBytes || total > maxBytes) return "too-large";
      try {
        reader ??= request.body?.getReader();
        while (reader) {
          const { done, value } = await reader.read();
          if (done) break;
          chunks.push(value);
          total += value.length;
          if (total > maxBytes) return "too-large";
        }
      } catch {
        return "broken";
      }
      return chunks.length === 1 ? viewOf(chunks[0] as Uint8Array) : Buffer.concat(chunks, total);
    },
    async discard() {
      await (reader ?? request.body)?.cancel().catch(() => undefined);
    },
  };
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
