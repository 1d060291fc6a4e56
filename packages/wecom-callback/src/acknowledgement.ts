const TEXT = "success";
const BYTES = new TextEncoder().encode(TEXT);

/** The answer "received": the platform does not send this callback again. */
export function acknowledged(): Response {
  return new Acknowledgement() as unknown as Response;
}

/**
 * Making a `Response`, and the stream of its body, costs more than opening the callback did. This one has its text at hand, and
 * builds the rest only for those who ask for it.
 */
class Acknowledgement {
  readonly status = 200;
  readonly statusText = "";
  readonly ok = true;
  readonly redirected = false;
  readonly type = "default";
  readonly url = "";
  #used = false;
  #headers: Headers | undefined;
  #streamed: Response | undefined;

  get headers(): Headers {
    this.#headers ??= new Headers();
    return this.#headers;
  }
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    this.#streamed ??= new Response(TEXT);
    return this.#streamed.body;
  }
  get bodyUsed(): boolean {
    return this.#used || this.#streamed?.bodyUsed === true;
  }

  async text(): Promise<string> {
    this.#use();
    return TEXT;
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    this.#use();
    return BYTES.slice().buffer;
  }
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    this.#use();
    return BYTES.slice();
  }
  async blob(): Promise<Blob> {
    this.#use();
    return new Blob([TEXT]);
  }
  formData(): Promise<FormData> {
    return Promise.reject(new TypeError("the body is no form"));
  }
  clone(): Response {
    if (this.bodyUsed) throw new TypeError("the body was read before");
    return acknowledged();
  }

  #use(): void {
    if (this.bodyUsed) throw new TypeError("the body was read before");
    this.#used = true;
  }
}
// Whoever asks gets "yes": it is used wherever a Response is.
Object.setPrototypeOf(Acknowledgement.prototype, Response.prototype);
