import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { createBackground } from "./background.ts";

/** Work that goes on until its signal fires. */
const untilClosed = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

describe("background work", () => {
  it("begins at once, and is told when it is to end", async () => {
    const background = createBackground();
    const seen: boolean[] = [];

    background.start(async (signal) => {
      seen.push(signal.aborted);
      await untilClosed(signal);
      seen.push(signal.aborted);
    });
    expect(seen).toEqual([false]);
    await background.close();

    expect(seen).toEqual([false, true]);
  });

  it("is waited for at the end, also where it does not listen", async () => {
    const background = createBackground();
    let finish = () => {};
    const deaf = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let isClosed = false;

    background.start(() => deaf);
    const closing = background.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    finish();
    await closing;
  });

  it("is waited for together with what it begins while all is closed", async () => {
    const background = createBackground();
    const done: string[] = [];
    background.start(async (signal) => {
      await untilClosed(signal);
      background.start(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        done.push("farewell");
      });
    });

    await background.close();

    expect(done).toEqual(["farewell"]);
  });

  it("may be much at a time without a warning of a leak", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    const background = createBackground();
    let signal: AbortSignal | undefined;
    for (let count = 0; count < 30; count += 1) {
      background.start((given) => {
        signal = given;
        return untilClosed(given);
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);

    expect(signal && getEventListeners(signal, "abort")).toHaveLength(30);
    expect(warnings).toEqual([]);
    await background.close();
  });
});
