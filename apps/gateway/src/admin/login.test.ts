import { type Channel, type LoginEvent, TransientError } from "@wxgate/core";
import { openStore } from "@wxgate/store";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEventHub } from "../observe/event-hub.ts";
import { createLogBook } from "../observe/log-book.ts";
import { createMetrics } from "../observe/metrics.ts";
import { systemClock } from "../ports/clock.ts";
import { createLogger } from "../ports/logger.ts";
import { systemRandom } from "../ports/random.ts";
import { createToolbox } from "../tools/toolbox.ts";
import { createAdminServer } from "./admin-server.ts";
import type { GatewayView } from "./gateway.ts";

const HEADERS = { authorization: "Bearer t", "content-type": "application/json" };

/** Shows a QR code, asks for a code, and signs in whoever types 1234. */
async function* login(answers: AsyncIterable<string>): AsyncGenerator<LoginEvent> {
  yield { kind: "qr", content: "https://example.com/qr", expiresAt: new Date(0) };
  yield { kind: "code-needed", prompt: "Code?" };
  for await (const code of answers) {
    if (code === "1234") {
      yield { kind: "confirmed", account: "me" };
      return;
    }
    yield { kind: "failed", reason: "wrong code" };
    return;
  }
}

async function startAdmin(signIn: NonNullable<Channel["login"]> = login): Promise<string> {
  const logs = createLogBook(() => undefined);
  const log = createLogger("error", logs);
  const store = await openStore("sqlite::memory:", { clock: systemClock, random: systemRandom, log });
  const channel = {
    id: "me",
    type: "test",
    login: signIn,
    health: () => ({ state: "ok", accounts: [] }),
  } as unknown as Channel;
  const view: GatewayView = {
    version: "0",
    startedAt: 0,
    store,
    clock: systemClock,
    random: systemRandom,
    log,
    logs,
    events: createEventHub(systemClock.now),
    metrics: createMetrics(),
    channels: () => [
      { id: "me", type: "test", enabled: true, agent: "echo", paths: [], channel },
      { id: "off", type: "test", enabled: false, agent: "echo", paths: [] },
    ],
    agents: () => [],
    permissions: { requests: async () => [], decide: async () => undefined },
    pairing: {
      requests: async () => [],
      people: async () => [],
      approve: async () => undefined,
      reject: async () => undefined,
      revoke: async () => false,
    },
    callbacksOf: () => ({}),
    discard: async () => false,
    schedules: {
      list: async () => [],
      get: async () => undefined,
      add: async () => Promise.reject(new Error("no schedules here")),
      edit: async () => undefined,
      remove: async () => false,
      run: async () => undefined,
      runs: async () => ({ items: [] }),
    },
    target: async () => ({ channel: "me", account: "a", kind: "direct", peer: "p" }),
    send: async () => [],
    tools: createToolbox(async () => ({ tools: [], skills: [] }), log),
    reload: async () => ({ ok: true, changed: [], needsRestart: [] }),
    media: { keep: async () => Promise.reject(new Error("no media here")), openSigned: async () => undefined },
    notReady: () => undefined,
  };
  const server = createAdminServer(view, "t");
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  const { port } = await server.listen("127.0.0.1", 0);
  return `http://127.0.0.1:${port}/api/channels`;
}

describe("signing an account in", () => {
  it("streams what to show, takes the code that is asked for, and ends when it is confirmed", async () => {
    const url = await startAdmin();

    const response = await fetch(`${url}/me/login`, { method: "POST", headers: HEADERS, body: "{}" });
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes("event: code-needed") && !text.includes("event: confirmed")) {
        await fetch(`${url}/me/login/code`, { method: "POST", headers: HEADERS, body: '{"code":"1234"}' });
      }
    }

    expect(text.match(/^event: .+$/gm)).toEqual(["event: qr", "event: code-needed", "event: confirmed"]);
    expect(text).toContain('data: {"kind":"confirmed","account":"me"}');
  });

  it("says what to do where the platform cannot be reached", async () => {
    const url = await startAdmin(async function* () {
      yield { kind: "scanned" };
      throw new TransientError("no connection", { code: "test.unreachable", hint: "Check the proxy." });
    });

    const response = await fetch(`${url}/me/login`, { method: "POST", headers: HEADERS, body: "{}" });

    expect(await response.text()).toContain(
      'data: {"kind":"failed","reason":"no connection","hint":"Check the proxy."}',
    );
  });

  it("goes on once at a time", async () => {
    const url = await startAdmin();
    const stop = new AbortController();
    await fetch(`${url}/me/login`, { method: "POST", headers: HEADERS, body: "{}", signal: stop.signal });

    const second = await fetch(`${url}/me/login`, { method: "POST", headers: HEADERS, body: "{}" });
    stop.abort();

    expect([second.status, await second.json()]).toMatchObject([409, { code: "login-runs" }]);
  });

  it("is refused with a reason where there is nothing to sign in to", async () => {
    const url = await startAdmin();
    const post = async (path: string, body: string) => {
      const response = await fetch(`${url}/${path}`, { method: "POST", headers: HEADERS, body });
      return [response.status, ((await response.json()) as { detail: string }).detail];
    };

    expect(await post("nobody/login", "{}")).toEqual([404, 'there is no channel "nobody"']);
    expect(await post("off/login", "{}")).toEqual([409, 'channel "off" is switched off']);
    expect(await post("me/login/code", '{"code":"1"}')).toEqual([409, 'no login runs for "me"']);
  });
});
