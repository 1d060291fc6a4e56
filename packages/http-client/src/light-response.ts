import { Readable } from "node:stream";
import type { IncomingBody } from "./incoming-body.ts";

const UTF8 = new TextDecoder();

type Untouched = Pick<Response, "headers" | "ok" | "redirected" | "status" | "statusText" | "type">;
/** What is overridden is left out: TypeScript takes the standard's members for properties, which no getter may stand for. */
const Head: new (body: null, init: ResponseInit) => Untouched = Response;

/**
 * Node's Response, so that `instanceof` holds for everybody, with a body that becomes a stream only for those who ask for one:
 * most answers are a few bytes that are read whole, and the stream costs half as much as the rest of the exchange.
 */
export function toLightResponse(body: IncomingBody, init: ResponseInit, url: string): Response {
  return new LightResponse(body, init, url) as unknown as Response;
}

class LightResponse extends Head {
  readonly url: string;
  readonly #incoming: IncomingBody;
  readonly #init: ResponseInit;
  #stream: ReadableStream<Uint8Array> | undefined;
  #isRead = false;

  constructor(incoming: IncomingBody, init: ResponseInit, url: string) {
    super(null, init);
    this.#incoming = incoming;
    this.#init = init;
    this.url = url;
  }

  get body(): ReadableStream<Uint8Array> {
    this.#stream ??= this.#incoming.stream();
    return this.#stream;
  }

  get bodyUsed(): boolean {
    return this.#isRead || (this.#stream !== undefined && Readable.isDisturbed(this.#stream as never));
  }

  async text(): Promise<string> {
    return UTF8.decode(await this.#whole());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#whole());
  }

  async blob(): Promise<Blob> {
    return this.#standard().blob();
  }

  async formData(): Promise<FormData> {
    return this.#standard().formData();
  }

  clone(): Response {
    if (this.bodyUsed) throw alreadyRead();
    const [mine, other] = this.body.tee();
    this.#stream = mine;
    return Object.defineProperty(new Response(other, this.#init), "url", { value: this.url });
  }

  async #whole(): Promise<Uint8Array> {
    if (this.#isRead) throw alreadyRead();
    if (this.#stream !== undefined) return new Uint8Array(await this.#standard().arrayBuffer());
    this.#isRead = true;
    return this.#incoming.whole();
  }

  /** For what is asked rarely, by the standard's own rules. */
  #standard(): Response {
    if (this.#isRead) throw alreadyRead();
    return new Response(this.body, this.#init);
  }
}

function alreadyRead(): TypeError {
  return new TypeError("the body has already been read");
}
