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
  /** What is to be told of the answer, should nobody claim the request: the one whose answer stands. */
  report: (() => void) | undefined;
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
  carrier[CALL] ??= new HttpCall(request);
  return carrier[CALL];
}

/** An object with methods: closures would be made anew for every request. */
class HttpCall implements Call {
  readonly method: string;
  readonly query: CallbackQuery | undefined;
  claimed = false;
  hasFirst = false;
  readonly second: Call["second"] = [];
  report: Call["report"];
  parsed: Envelope | "garbage" | undefined;
  readonly #body: RequestBody;

  constructor(request: Request) {
    this.method = request.method;
    this.query = parseQuery(request.url);
    this.#body = new RequestBody(request);
  }

  envelope(maxBytes: number): Promise<Envelope | "too-large" | "garbage"> | Envelope | "garbage" {
    return this.parsed ?? this.#read(maxBytes);
  }

  discard(): Promise<void> {
    return this.#body.discard();
  }

  async #read(maxBytes: number): Promise<Envelope | "too-large" | "garbage"> {
    const bytes = await this.#body.read(maxBytes);
    if (bytes === "too-large") return bytes;
    this.parsed = bytes === "broken" ? "garbage" : envelopeOf(bytes);
    return this.parsed;
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

class RequestBody {
  readonly #request: Request;
  readonly #announcedBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #total = 0;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(request: Request) {
    this.#request = request;
    this.#announcedBytes = Number(request.headers.get("content-length") ?? 0);
  }

  /** The whole body; "broken" when the sender went away in the middle of it. */
  async read(maxBytes: number): Promise<Buffer | "too-large" | "broken"> {
    if (!this.#reader && this.#request.bodyUsed) {
      throw new Error("the body was read before; hand on the Request as it came");
    }
    if (this.#announcedBytes > maxBytes || this.#total > maxBytes) return "too-large";
    try {
      this.#reader ??= this.#request.body?.getReader();
      while (this.#reader && !this.#isWhole()) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        this.#chunks.push(value);
        this.#total += value.length;
        if (this.#total > maxBytes) return "too-large";
      }
    } catch {
      return "broken";
    }
    return this.#chunks.length === 1 ? viewOf(this.#chunks[0] as Uint8Array) : Buffer.concat(this.#chunks, this.#total);
  }

  async discard(): Promise<void> {
    await (this.#reader ?? this.#request.body)?.cancel().catch(() => undefined);
  }

  /** The server lets no more through than was announced: the stream's end need not be waited for. */
  #isWhole(): boolean {
    return this.#announcedBytes > 0 && this.#total >= this.#announcedBytes;
  }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
