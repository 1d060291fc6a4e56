const encoder = new TextEncoder();
/** Bun and Deno answer with nothing but what they made themselves. */
const TAKES_OURS = !("bun" in process.versions || "deno" in process.versions);

/** The answer "received": the platform does not send this callback again. */
export function acknowledged(): Response {
  return textResponse("success");
}

/** A `Response` with status 200 and this text, without the cost of one. */
export function textResponse(text: string, contentType?: string): Response {
  if (!TAKES_OURS) return new Response(text, { headers: headersOf(contentType) });
  return new TextResponse(text, contentType) as unknown as Response;
}

/**
 * Making a `Response`, and the stream of its body, costs more than opening the callback did. This one has its text at hand, and
 * builds the rest only for those who ask for it.
 */
class TextResponse {
  readonly #text: string;
  readonly #contentType: string | undefined;
  #used = false;
  #headers: Headers | undefined;
  #streamed: Response | undefined;

  constructor(text: string, contentType: string | undefined) {
    this.#text = text;
    this.#contentType = contentType;
  }

  get status(): number {
    return 200;
  }
  get statusText(): string {
    return "";
  }
  get ok(): boolean {
    return true;
  }
  get redirected(): boolean {
    return false;
  }
  get type(): Response["type"] {
    return "default";
  }
  get url(): string {
    return "";
  }
  get headers(): Headers {
    this.#headers ??= new Headers(headersOf(this.#contentType));
    return this.#headers;
  }
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    this.#streamed ??= new Response(this.#text);
    return this.#streamed.body;
  }
  get bodyUsed(): boolean {
    return this.#used || this.#streamed?.bodyUsed === true;
  }

  async text(): Promise<string> {
    return this.#use();
  }
  async json(): Promise<unknown> {
    return JSON.parse(this.#use());
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return encoder.encode(this.#use()).buffer;
  }
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return encoder.encode(this.#use());
  }
  async blob(): Promise<Blob> {
    return new Blob([this.#use()], { type: this.#contentType ?? "" });
  }
  formData(): Promise<FormData> {
    return Promise.reject(new TypeError("the body is no form"));
  }
  clone(): Response {
    if (this.bodyUsed) throw new TypeError("the body was read before");
    return textResponse(this.#text, this.#contentType);
  }

  #use(): string {
    if (this.bodyUsed) throw new TypeError("the body was read before");
    this.#used = true;
    return this.#text;
  }
}

function headersOf(contentType: string | undefined): Record<string, string> {
  return contentType === undefined ? {} : { "content-type": contentType };
}

// Whoever asks gets "yes": it is used wherever a Response is.
Object.setPrototypeOf(TextResponse.prototype, Response.prototype);
