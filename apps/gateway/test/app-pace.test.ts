import { createDispatcher } from "@wxgate/dispatcher";
import { startSimulator } from "@wxgate/simulator";
import { openStore } from "@wxgate/store";
import { createTestPorts } from "@wxgate/testing";
import { createAgentXmlChannel } from "@wxgate/wecom-agent-xml";
import { expect, it, onTestFinished } from "vitest";
import { SENTENCES } from "../src/config/sentences.ts";
import { systemClock } from "../src/ports/clock.ts";
import { systemRandom } from "../src/ports/random.ts";
import { APP, appChannel } from "./bots.ts";
import { waitFor } from "./harness.ts";

const MINUTE_MS = 60_000;
const MEMBER = "zhangsan";

/** The real time, and what the test puts before it; who sleeps looks anew when it is moved. */
function createMovedClock() {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  return {
    now,
    async sleep(ms: number, signal?: AbortSignal) {
      const until = now() + ms;
      while (now() < until) await systemClock.sleep(Math.min(until - now(), 10), signal);
    },
    move(ms: number) {
      ahead += ms;
    },
  };
}

/** The gateway's own parts in this process, so that hours can pass: store, dispatcher and the app's channel. */
async function startApp() {
  const sim = await startSimulator();
  const clock = createMovedClock();
  const random = systemRandom;
  const { ports } = createTestPorts();
  const { log } = ports;
  const store = await openStore("sqlite::memory:", { clock, random, log });
  const { token: _token, encodingAESKey: _key, ...keys } = appChannel(sim);
  const channel = createAgentXmlChannel("app", keys as unknown as Parameters<typeof createAgentXmlChannel>[1], {
    ...ports,
    fetch,
    clock,
    random,
  });
  const media = { keep: () => Promise.reject(new Error("no media here")), sign: <T>(content: T) => content };
  const dispatcher = createDispatcher({ store, clock, random, log, worker: "test", media });
  dispatcher.configure({
    channels: new Map([
      [
        "app",
        {
          channel,
          dmPolicy: "open",
          allowFrom: [],
          groupPolicy: "open",
          groupAllowFrom: [],
          groups: {},
          commands: {},
          session: "peer",
          notices: SENTENCES.en,
        },
      ],
    ]),
    agents: new Map(),
    defaultAgent: "none",
    bindings: [],
    concurrency: 16,
    turnTimeoutMs: MINUTE_MS,
    turnRetryMs: 0,
    mediaGraceMs: 0,
    longReply: "continue",
    deferHours: 72,
  });
  const stop = new AbortController();
  const running = dispatcher.run(stop.signal, 0);
  onTestFinished(async () => {
    stop.abort();
    await running;
    await store.close();
    await sim.close();
  });
  return {
    store,
    /** Every minute both clocks are moved on by one. */
    async pass(minutes: number, each: () => Promise<unknown>) {
      for (let minute = 0; minute < minutes; minute += 1) {
        await sim.advance(MINUTE_MS);
        clock.move(MINUTE_MS);
        await each();
      }
    },
    items: () => sim.screen({ account: APP, user: MEMBER }).items,
    send: async (count: number) => {
      const to = await channel.target(MEMBER);
      for (let at = 1; at <= count; at += 1) await dispatcher.send(to, [{ kind: "text", text: `${at}` }], "test");
    },
  };
}

it("an app writes 25 messages a minute and 900 an hour to one member, and all 910 arrive", async () => {
  const app = await startApp();
  const shown = () => app.items().length;
  await app.send(910);
  await waitFor(() => shown() === 25);

  await app.pass(35, async () => {
    const before = shown();
    await waitFor(() => shown() === before + 25);
  });
  expect(shown()).toBe(900);
  await app.pass(23, () => new Promise((resolve) => setTimeout(resolve, 30)));
  expect(shown()).toBe(900);
  await app.pass(2, () => new Promise((resolve) => setTimeout(resolve, 30)));
  await waitFor(() => shown() === 910);

  // What the platform drops silently would stand here as failed.
  expect(app.items().filter(({ state }) => state === "failed")).toEqual([]);
  expect(app.items().map(({ text }) => text)).toEqual(Array.from({ length: 910 }, (_, index) => `${index + 1}`));
});
