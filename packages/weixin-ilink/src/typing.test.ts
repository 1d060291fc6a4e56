import { describe, expect, it } from "vitest";
import { handle, startIlink, TO } from "./test-support/start-ilink.ts";

const target = { to: TO, answers: ["m1"], handles: [handle()] };
const statuses = (h: ReturnType<typeof startIlink>) => h.ilink.named("sendtyping").map(({ body }) => body.status);

async function typeFor(h: ReturnType<typeof startIlink>, ms: number): Promise<void> {
  const stop = new AbortController();
  const typing = h.channel.typing?.(target, stop.signal);
  await h.clock.advance(ms);
  stop.abort();
  await typing;
  await h.channel.close?.();
}

describe("typing", () => {
  it("is shown every five seconds and ended once", async () => {
    const h = startIlink();

    await typeFor(h, 11_000);

    expect(h.ilink.named("getconfig")).toMatchObject([{ body: { ilink_user_id: TO.peer, context_token: "CTX-1" } }]);
    expect(statuses(h)).toEqual([1, 1, 1, 2]);
    expect(h.ilink.named("sendtyping")[0]?.body.typing_ticket).toBe("TICKET");
  });

  it("keeps its ticket for ten minutes", async () => {
    const h = startIlink();
    await typeFor(h, 100);
    await typeFor(h, 100);
    await h.clock.advance(10 * 60_000);
    await typeFor(h, 100);

    expect(h.ilink.named("getconfig")).toHaveLength(2);
  });

  it("asks once for a ticket that several turns wait for", async () => {
    const h = startIlink();
    let give = (_ticket: object) => {};
    h.ilink.on("getconfig", () => new Promise((resolve) => (give = resolve)));
    const stops = [new AbortController(), new AbortController()];
    const turns = stops.map(({ signal }) => h.channel.typing?.(target, signal));
    await h.clock.advance(0);

    give({ ret: 0, typing_ticket: "TICKET" });
    await h.clock.advance(0);

    expect(h.ilink.named("getconfig")).toHaveLength(1);
    for (const stop of stops) stop.abort();
    await Promise.all(turns);
  });

  it("asks ever more seldom where the platform gives no ticket, and as usual once it gave one", async () => {
    const h = startIlink();
    h.ilink.on("getconfig", { ret: -4, errmsg: "GetTypingTicket rpc failed" });

    for (let turn = 0; turn < 100; turn += 1) {
      await typeFor(h, 100);
      await h.clock.advance(900);
    }

    // At 0, 2, 6, 14, 30 and 62 seconds.
    expect(h.ilink.named("getconfig")).toHaveLength(6);
    h.ilink.on("getconfig", { ret: 0, typing_ticket: "TICKET" });
    await h.clock.advance(60_000);
    await typeFor(h, 100);
    expect(statuses(h)).toEqual([1, 2]);
  });

  it("is ended with a fresh ticket when the old one has died", async () => {
    const h = startIlink();
    h.ilink.once("sendtyping", { ret: 0 }, { ret: -2 });

    await typeFor(h, 100);

    expect(statuses(h)).toEqual([1, 2, 2]);
    expect(h.ilink.named("getconfig")).toHaveLength(2);
  });

  it("is shown with a fresh ticket when the old one has died", async () => {
    const h = startIlink();
    h.ilink.once("sendtyping", { ret: -2 });

    await typeFor(h, 6_000);

    expect(statuses(h)).toEqual([1, 1, 1, 2]);
    expect(h.ilink.named("getconfig")).toHaveLength(2);
  });

  it("fails quietly, and is not ended where it was never shown", async () => {
    const h = startIlink();
    h.ilink.on("getconfig", { ret: -4, errmsg: "GetTypingTicket rpc failed" });

    await typeFor(h, 100);

    expect(statuses(h)).toEqual([]);
    expect(h.logs.filter(({ level }) => level !== "debug")).toEqual([]);
  });

  it("is ended behind the platform's answer where the turn was over before, so that the end stays the last", async () => {
    const h = startIlink();
    let answer = (_answer: object) => {};
    h.ilink.once("sendtyping", () => new Promise((resolve) => (answer = resolve)));
    const stop = new AbortController();
    const typing = h.channel.typing?.(target, stop.signal);
    await h.clock.advance(0);

    stop.abort();
    await typing;
    await h.clock.advance(100);
    expect(statuses(h)).toEqual([1]);
    answer({ ret: 0 });
    await h.clock.advance(0);

    expect(statuses(h)).toEqual([1, 2]);
  });

  it("is ended two seconds later where the platform does not answer", async () => {
    const h = startIlink();
    h.ilink.on("sendtyping", () => new Promise(() => {}));
    const stop = new AbortController();
    const typing = h.channel.typing?.(target, stop.signal);
    await h.clock.advance(0);

    stop.abort();
    await typing;
    await h.clock.advance(1_999);
    expect(statuses(h)).toEqual([1]);
    await h.clock.advance(1);

    expect(statuses(h)).toEqual([1, 2]);
  });

  it("keeps a ticket that comes too late for its turn, and holds the turn up no longer", async () => {
    const h = startIlink();
    let give = (_ticket: object) => {};
    h.ilink.on(
      "getconfig",
      () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    );
    const stop = new AbortController();
    const typing = h.channel.typing?.(target, stop.signal);
    await h.clock.advance(0);
    stop.abort();
    await typing;

    give({ ret: 0, typing_ticket: "LATE" });
    await h.clock.advance(0);
    await typeFor(h, 100);

    expect(h.ilink.named("getconfig")).toHaveLength(1);
    expect(h.ilink.named("sendtyping")[0]?.body.typing_ticket).toBe("LATE");
  });

  it("keeps nobody waiting for its end", async () => {
    const h = startIlink();
    const stop = new AbortController();
    const typing = h.channel.typing?.(target, stop.signal);
    await h.clock.advance(100);
    h.ilink.on("sendtyping", () => new Promise(() => {}));
    stop.abort();

    await typing;
    await h.clock.advance(0);

    expect(statuses(h)).toEqual([1, 2]);
  });

  it("begins for many turns one after the other, and not for those that are over before", async () => {
    const h = startIlink();
    const stops = Array.from({ length: 4 }, () => new AbortController());
    const turns = stops.map(({ signal }, index) => {
      const to = { ...TO, peer: `person${index}` };
      return h.channel.typing?.({ ...target, to }, signal);
    });
    const shown = () => h.ilink.named("sendtyping").map(({ body }) => body.ilink_user_id);

    await h.clock.advance(19);
    expect(shown()).toEqual(["person0"]);
    stops[1]?.abort();
    await turns[1];
    await h.clock.advance(1);
    expect(shown()).toEqual(["person0", "person2"]);
    await h.clock.advance(20);

    expect(shown()).toEqual(["person0", "person2", "person3"]);
    for (const stop of stops) stop.abort();
    await Promise.all(turns);
    await h.channel.close?.();
    expect(statuses(h)).toEqual([1, 1, 1, 2, 2, 2]);
  });

  it("can be switched off", () => {
    expect(startIlink({ config: { typing: false } }).channel.typing).toBeUndefined();
  });
});
