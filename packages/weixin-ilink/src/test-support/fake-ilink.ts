import type { Fetch } from "@wxgate/core";

export interface FakeCall {
  /** Behind `/ilink/bot/`, or the last part of a media server's path. */
  readonly name: string;
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever was sent
  readonly body: any;
  readonly signal: AbortSignal | undefined;
}
type Answer = object | string | Response | Error;
type Handler = (call: FakeCall) => Answer | Promise<Answer>;

export const BASE = "https://ilink.test";
export const CDN = "https://cdn.test/c2c";

/** The platform's HTTP endpoints, answered as the test says; a poll without an answer is held. */
export function fakeIlink() {
  const calls: FakeCall[] = [];
  const standing = new Map<string, Answer | Handler>([
    ["getupdates", never],
    ["sendmessage", { ret: 0, message_id: "7497484083968569736" }],
    ["msg/notifystart", { ret: 0 }],
    ["msg/notifystop", { ret: 0 }],
    ["getconfig", { ret: 0, typing_ticket: "TICKET" }],
    ["sendtyping", { ret: 0 }],
    ["getuploadurl", { ret: 0, upload_full_url: `${CDN}/upload?encrypted_query_param=up%2B%2F%3D&filekey=f` }],
    ["upload", () => new Response("", { headers: { "x-encrypted-param": "down+/=" } })],
    ["get_bot_qrcode", { ret: 0, qrcode: "qr-1", qrcode_img_content: "https://liteapp.weixin.qq.com/q/qr-1" }],
  ]);
  const queued = new Map<string, (Answer | Handler)[]>();

  const fetch: Fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    init?.signal?.throwIfAborted();
    const name = url.pathname.replace(/^.*\/(?:ilink\/bot|c2c)\//, "");
    const call: FakeCall = {
      name,
      url,
      method: init?.method ?? "GET",
      headers: new Headers(init?.headers),
      body: await bodyOf(init),
      signal: init?.signal ?? undefined,
    };
    calls.push(call);
    const answer = queued.get(name)?.shift() ?? standing.get(name) ?? new Response("", { status: 404 });
    const given = await (typeof answer === "function" ? (answer as Handler)(call) : answer);
    if (given instanceof Error) throw given;
    if (given instanceof Response) return given;
    return new Response(typeof given === "string" ? given : JSON.stringify(given));
  };

  return {
    fetch,
    calls,
    named: (name: string) => calls.filter((call) => call.name === name),
    on: (name: string, answer: Answer | Handler) => void standing.set(name, answer),
    once(name: string, ...answers: (Answer | Handler)[]): void {
      queued.set(name, [...(queued.get(name) ?? []), ...answers]);
    },
  };
}

async function bodyOf(init: RequestInit | undefined): Promise<unknown> {
  if (init?.body === undefined || init.body === null) return undefined;
  const bytes = Buffer.from(await new Response(init.body).arrayBuffer());
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return bytes;
  }
}

/** An answer that comes only when the caller gives up. */
export function never({ signal }: FakeCall): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
