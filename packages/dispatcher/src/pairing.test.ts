import type { Agent } from "@wxgate/core";
import { openStore } from "@wxgate/store";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  answering,
  movableClock,
  type PlatformOptions,
  quiet,
  said,
  startGateway,
  testRandom,
} from "./test-support/gateway.ts";

const HOUR_MS = 3_600_000;
const echo = answering((text) => `echo ${text}`);
async function start(options: PlatformOptions = {}, agent: Agent = echo) {
  const gateway = await startGateway(agent, { ...options, settings: { dmPolicy: "pairing", ...options.settings } });
  return gateway;
}
const codeIn = (text: string | undefined) => /your code: ([A-Z2-9]{8})$/.exec(text ?? "")?.[1] ?? "";

describe("a stranger under pairing", () => {
  it("gets one code and one sentence, whatever they write after it", async () => {
    const { receive, texts, observations, dispatcher } = await start();

    await receive(said("hi"));
    await expect.poll(() => texts().length).toBe(1);
    await receive(said("hello?"), said("/help"), said("继续"));

    await expect
      .poll(() => observations.filter(({ outcome }) => outcome === "denied").length)
      .toBeGreaterThanOrEqual(3);
    const [request, ...more] = await dispatcher.pairing.requests();
    expect(texts()).toEqual([`your code: ${request?.code}`]);
    expect(request).toMatchObject({ conversation: { channel: "support", peer: "wmBob" }, sender: { id: "wmBob" } });
    expect(more).toEqual([]);
  });

  it("gets another code when the first has expired, three in a day", async () => {
    const { receive, texts, clock, dispatcher, observations } = await start();

    for (let time = 1; time <= 5; time += 1) {
      await receive(said(`try ${time}`));
      await expect.poll(() => observations.filter(({ outcome }) => outcome === "denied").length).toBe(time);
      clock.advance(HOUR_MS + 1);
    }

    await expect.poll(() => new Set(texts()).size).toBe(3);
    expect(await dispatcher.pairing.requests()).toEqual([]);
  });

  it("waits in a queue that a crowd cannot flood", async () => {
    const { receive, dispatcher, observations } = await start();

    await receive(...Array.from({ length: 60 }, (_, index) => said("hi", { peer: `wm${index}` })));

    const denied = () => observations.filter(({ outcome }) => outcome === "denied").length;
    await expect.poll(denied, { timeout: 10_000 }).toBe(60);
    expect(await dispatcher.pairing.requests()).toHaveLength(50);
  });

  it("is told the same code again when the turn broke off before the sentence was stored", async () => {
    const { receive, texts, store, dispatcher } = await start();
    const completeTurn = store.completeTurn;
    let failures = 1;
    store.completeTurn = (claim, result) =>
      failures-- > 0 ? Promise.reject(new Error("the disk is full")) : completeTurn(claim, result);

    await receive(said("hi"));

    await expect.poll(texts, { timeout: 5_000 }).toHaveLength(1);
    expect(await dispatcher.pairing.requests()).toMatchObject([{ code: codeIn(texts()[0]) }]);
  });
});

describe("the operator", () => {
  it("lets somebody in, who is told and heard from then on, commands and welcome too", async () => {
    const { receive, texts, dispatcher } = await start({ settings: { dmPolicy: "pairing", welcomeText: "welcome" } });
    const entered = {
      kind: "entered",
      id: "e1",
      at: new Date(),
      from: { channel: "support", account: "wk1", kind: "direct", peer: "wmBob" },
    } as const;
    await receive(said("hi"));
    await expect.poll(() => texts().length).toBe(1);
    expect(await dispatcher.instant("support")(entered)).toBeUndefined();

    const approved = await dispatcher.pairing.approve(` ${codeIn(texts()[0]).toLowerCase()} `);

    expect(approved).toMatchObject({ told: true, request: { sender: { id: "wmBob" } } });
    await expect.poll(() => texts()[1]).toBe("welcome in");
    await receive(said("hi again"));
    await expect.poll(() => texts()[2]).toBe("echo hi again");
    await receive(said("/whoami"));
    await expect.poll(() => texts()[3]).toContain("wmBob");
    expect(await dispatcher.instant("support")(entered)).toMatchObject({ text: "welcome" });
    expect(await dispatcher.pairing.requests()).toEqual([]);
    expect(await dispatcher.pairing.people()).toMatchObject([{ channel: "support", id: "wmBob" }]);
  });

  it("lets nobody in by a code that is used up, rejected, expired or made up", async () => {
    const { receive, texts, dispatcher, clock } = await start();
    await receive(said("hi"), said("hi", { peer: "wmEve" }), said("hi", { peer: "wmTom" }));
    await expect.poll(() => texts().length).toBe(3);
    const [bob, eve, tom] = (await dispatcher.pairing.requests()).map(({ code }) => code);

    await dispatcher.pairing.approve(bob ?? "");
    await dispatcher.pairing.reject(eve ?? "");

    expect(await dispatcher.pairing.approve(bob ?? "")).toBeUndefined();
    expect(await dispatcher.pairing.approve(eve ?? "")).toBeUndefined();
    expect(await dispatcher.pairing.approve("AAAAAAAA")).toBeUndefined();
    clock.advance(HOUR_MS + 1);
    expect(await dispatcher.pairing.approve(tom ?? "")).toBeUndefined();
    expect(await dispatcher.pairing.people()).toHaveLength(1);
  });

  it("rejects somebody, who gets no new code for a day", async () => {
    const { receive, texts, dispatcher, observations, clock } = await start();
    await receive(said("hi"));
    await expect.poll(() => texts().length).toBe(1);

    await dispatcher.pairing.reject(codeIn(texts()[0]));
    await receive(said("please"));

    await expect.poll(() => observations.filter(({ outcome }) => outcome === "denied").length).toBe(2);
    expect(await dispatcher.pairing.requests()).toEqual([]);
    clock.advance(25 * HOUR_MS);
    await receive(said("tomorrow?"));
    await expect.poll(() => texts().length).toBe(2);
  });

  it("takes it back", async () => {
    const { receive, texts, dispatcher, observations } = await start();
    await receive(said("hi"));
    await expect.poll(() => texts().length).toBe(1);
    await dispatcher.pairing.approve(codeIn(texts()[0]));

    expect(await dispatcher.pairing.revoke("support", "wmBob")).toBe(true);
    await receive(said("still there?"));

    await expect.poll(() => observations.filter(({ outcome }) => outcome === "denied").length).toBe(2);
    expect(texts().some((text) => text.startsWith("echo"))).toBe(false);
    expect(await dispatcher.pairing.revoke("support", "wmBob")).toBe(false);
  });

  it("finds approvals again after a restart, whatever the case the platform ignores", async () => {
    const store = await openStore("sqlite::memory:", { clock: movableClock(), random: testRandom, log: quiet });
    onTestFinished(() => store.close());
    const folding: PlatformOptions = { store, channel: { personKey: (id) => id.toLowerCase() } };
    const first = await startGateway(echo, { ...folding, settings: { dmPolicy: "pairing" } });
    await first.receive(said("hi"));
    await expect.poll(() => first.texts().length).toBe(1);
    await first.dispatcher.pairing.approve(codeIn(first.texts()[0]));
    await first.stop();

    const { receive, texts } = await start(folding);
    await receive(said("back", { peer: "WMBOB" }));

    await expect.poll(texts).toContain("echo back");
  });
});
