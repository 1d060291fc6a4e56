import { setTimeout as wait } from "node:timers/promises";

/** Looks every few milliseconds; throws when `seen` stays false. */
export async function until(seen, limitMs = 120_000) {
  const end = performance.now() + limitMs;
  while (!(await seen())) {
    if (performance.now() > end) throw new Error("waited in vain");
    await wait(10);
  }
}
