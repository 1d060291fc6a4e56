import type { Agent, Channel, ChannelPorts, MediaStream, StoredMedia } from "@wxgate/core";
import { createDispatcher } from "@wxgate/dispatcher";
import { type Simulator, startSimulator } from "@wxgate/simulator";
import { openStore } from "@wxgate/store";
import { createTestPorts } from "@wxgate/testing";
import { onTestFinished } from "vitest";
import { SENTENCES } from "../src/config/sentences.ts";
import { systemClock } from "../src/ports/clock.ts";
import { systemRandom } from "../src/ports/random.ts";

/*
 * The gateway's own parts in the test's process, store, dispatcher and one channel, before the simulated platforms: here hours
 * can pass, which they cannot in a gateway of its own process.
 */

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

/** Keeps nothing of a file but what is told about it. */
async function measured({ body, mime }: MediaStream): Promise<StoredMedia> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return { id: `med_${bytes}`, mime, bytes, sha256: "" };
}

interface PartsOptions {
  readonly channel: string;
  create(sim: Simulator, ports: ChannelPorts): Channel;
  readonly agent?: Agent;
  readonly turnTimeoutMs?: number;
}

export async function startParts({ channel: id, create, agent, turnTimeoutMs = 600_000 }: PartsOptions) {
  const sim = await startSimulator();
  const clock = createMovedClock();
  const random = systemRandom;
  const { ports } = createTestPorts();
  const { log } = ports;
  const store = await openStore("sqlite::memory:", { clock, random, log });
  const media = { keep: measured, sign: <T>(content: T) => content };
  const dispatcher = createDispatcher({ store, clock, random, log, worker: "test", media });
  const channel = create(sim, {
    ...ports,
    fetch,
    clock,
    random,
    inbox: dispatcher.inbox(id),
    own: dispatcher.own(id),
    instant: dispatcher.instant(id),
    state: store.state(id),
  });
  const open = { dmPolicy: "open", allowFrom: [], groupPolicy: "open", groupAllowFrom: [], groups: {} } as const;
  dispatcher.configure({
    channels: new Map([[id, { ...open, channel, commands: {}, session: "peer", notices: SENTENCES.en }]]),
    agents: new Map(agent === undefined ? [] : [["own", agent]]),
    defaultAgent: "own",
    bindings: [],
    concurrency: 16,
    turnTimeoutMs,
    turnRetryMs: 0,
    mediaGraceMs: 0,
    longReply: "continue",
    deferHours: 72,
  });
  const stop = new AbortController();
  const running = Promise.all([dispatcher.run(stop.signal, 0), channel.run?.(stop.signal)]);
  onTestFinished(async () => {
    stop.abort();
    await running;
    await channel.close?.();
    await store.close();
    await sim.close();
  });
  return {
    sim,
    clock,
    channel,
    dispatcher,
    /** Moves both clocks on, step by step; `each` is waited for after every step. */
    async pass(steps: number, stepMs: number, each: () => Promise<unknown>) {
      for (let step = 0; step < steps; step += 1) {
        await sim.advance(stepMs);
        clock.move(stepMs);
        await each();
      }
    },
  };
}
