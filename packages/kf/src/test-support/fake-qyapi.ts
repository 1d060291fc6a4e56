import type { Fetch } from "@wxgate/core";

export interface FakeCall {
  readonly path: string;
  readonly query: URLSearchParams;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever was sent
  readonly body: any;
  readonly signal: AbortSignal | undefined;
}
type Answer = object | Response | Error;
type Handler = (call: FakeCall) => Answer | Promise<Answer>;

export interface FakeQyapi {
  readonly fetch: Fetch;
  readonly calls: FakeCall[];
  /** Bodies of the calls to one path, oldest first. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever was sent
  sent(path: string): any[];
  /** Answers every call to `path` like this from now on. */
  on(path: string, answer: Answer | Handler): void;
  /** Answers the next call to `path` like this, before what `on` says. */
  once(path: string, answer: Answer | Handler): void;
}

export const ok = { errcode: 0, errmsg: "ok" };
export function refusal(errcode: number, errmsg = "refused"): object {
  return {
    errcode,
    errmsg: `${errmsg}, hint: [1700000000], from ip: 203.0.113.9, more info at https://x/?e=${errcode}`,
  };
}

/** The HTTP endpoints of the platform, answered as the test says. */
export function fakeQyapi(): FakeQyapi {
  const calls: FakeCall[] = [];
  const standing = new Map<string, Answer | Handler>([
    ["gettoken", { ...ok, access_token: "AT-canary-token", expires_in: 7200 }],
    ["kf/account/list", { ...ok, account_list: [{ open_kfid: "wkA", name: "Support", manage_privilege: true }] }],
    ["kf/customer/batchget", { ...ok, customer_list: [], invalid_external_userid: [] }],
    ["kf/sync_msg", ({ body }) => ({ ...ok, next_cursor: body.cursor ?? "c0", has_more: 0, msg_list: [] })],
    ["kf/send_msg", ({ body }) => ({ ...ok, msgid: body.msgid })],
    ["kf/send_msg_on_event", ({ body }) => ({ ...ok, msgid: body.msgid })],
    ["kf/service_state/get", { ...ok, service_state: 1 }],
    ["kf/service_state/trans", { ...ok, msg_code: "MC1" }],
  ] satisfies [string, Answer | Handler][]);
  const queued = new Map<string, (Answer | Handler)[]>();

  async function readBody(init: RequestInit | undefined): Promise<unknown> {
    if (init?.body === undefined || init.body === null) return undefined;
    const text = await new Response(init.body).text();
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  return {
    calls,
    sent: (path) => calls.filter((call) => call.path === path).map(({ body }) => body),
    on: (path, answer) => void standing.set(path, answer),
    once: (path, answer) => void queued.set(path, [...(queued.get(path) ?? []), answer]),
    async fetch(input, init) {
      const url = new URL(String(input));
      init?.signal?.throwIfAborted();
      const path = url.pathname.replace(/^\/cgi-bin\//, "");
      const call = { path, query: url.searchParams, body: await readBody(init), signal: init?.signal ?? undefined };
      calls.push(call);
      const answer = queued.get(path)?.shift() ?? standing.get(path) ?? refusal(40058, `nobody answers ${path}`);
      const given = await (typeof answer === "function" ? (answer as Handler)(call) : answer);
      if (given instanceof Error) throw given;
      return given instanceof Response ? given : Response.json(given);
    },
  };
}

/** An answer that comes only when the caller gives up. */
export function never({ signal }: FakeCall): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
