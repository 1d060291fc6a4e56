// The gateway's parts without its configuration, for servers under test.
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { createDispatcher } from "@wxgate/dispatcher";
import { openStore } from "@wxgate/store";

const log = {
  child: () => log,
  debug() {},
  info() {},
  warn() {},
  error: (fields, message) => console.error(message, fields),
};
export const clock = { now: () => Date.now(), sleep: (ms, signal) => wait(ms, undefined, { signal }) };
export const random = { bytes: (count) => randomBytes(count), fraction: () => Math.random() };

export async function openParts(url) {
  const sealer = { seal: (text) => text, open: (text) => text };
  const store = await openStore(url, { clock, random, log, sealer });
  const media = { keep: () => Promise.reject(new Error("no media in a measurement")), sign: (content) => content };
  const dispatcher = createDispatcher({ store, clock, random, log, media, worker: "bench" });
  return { store, dispatcher, clock, random, log };
}

export function channelPorts({ store, dispatcher }, id) {
  return {
    inbox: dispatcher.inbox(id),
    fetch: () => Promise.reject(new Error("nothing is fetched in this measurement")),
    clock,
    random,
    log,
    state: store.state(id),
    media: { open: () => Promise.reject(new Error("no media in a measurement")) },
    own: dispatcher.own(id),
    instant: dispatcher.instant(id),
  };
}
