import { createTestClock, settled } from "@wxgate/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRequests } from "./requests.ts";

const OK = { errcode: 0, errmsg: "ok", body: {} };

function start() {
  const sent: string[] = [];
  const clock = createTestClock(0);
  const ended = new AbortController();
  onTestFinished(() => ended.abort());
  const requests = createRequests((text) => sent.push(JSON.parse(text).body.n), clock, ended.signal);
  const request = (n: string, reqId = "R", signal?: AbortSignal) =>
    requests.request({ cmd: "c", reqId, body: { n } }, { timeoutMs: 5_000, signal });
  return { sent, clock, requests, request };
}

describe("frames with one req_id", () => {
  it("leave one after the other, each when the one before is acknowledged", async () => {
    const { sent, requests, request } = start();
    const all = Promise.all([request("a"), request("b"), request("c")]);
    expect(sent).toEqual(["a"]);

    requests.acknowledge("R", OK);
    expect(sent).toEqual(["a", "b"]);
    requests.acknowledge("R", OK);
    requests.acknowledge("R", OK);

    await expect(all).resolves.toHaveLength(3);
    expect(requests.open).toBe(0);
  });

  it("do not wait for those with another", () => {
    const { sent, request } = start();

    void request("a", "R1");
    void request("b", "R2");

    expect(sent).toEqual(["a", "b"]);
  });

  it("are not taken for acknowledged by an answer to an earlier one that came late", async () => {
    const { clock, requests, request } = start();
    const first = request("a");
    first.catch(() => {});
    await clock.advance(5_250);
    await expect(first).rejects.toMatchObject({ code: "wecom-bot.no-answer", sent: "unknown" });
    let outcome: unknown;
    void request("b").then((ack) => {
      outcome = ack.errcode;
    });

    requests.acknowledge("R", OK);
    await settled();
    expect(outcome).toBeUndefined();
    requests.acknowledge("R", { ...OK, errcode: 846608 });
    await settled();

    expect(outcome).toBe(846608);
  });

  it("are believed in the end when only one answer came for two", async () => {
    const { clock, requests, request } = start();
    request("a").catch(() => {});
    await clock.advance(5_250);
    const second = request("b");

    requests.acknowledge("R", OK);
    await clock.advance(5_250);

    await expect(second).resolves.toMatchObject({ errcode: 0 });
  });
});

describe("acknowledgements", () => {
  it("that come twice, or of nothing, are left out", async () => {
    const { requests, request } = start();
    const done = request("a");

    expect(requests.acknowledge("R", OK)).toBe(true);
    expect(requests.acknowledge("R", OK)).toBe(false);
    expect(requests.acknowledge("nobody", OK)).toBe(false);
    await done;
  });

  it("are not waited for when the caller gives up, and the next frame still waits its turn", async () => {
    const { sent, requests, request } = start();
    const stop = new AbortController();
    const first = request("a", "R", stop.signal);
    void request("b");

    stop.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(sent).toEqual(["a"]);
    requests.acknowledge("R", OK);

    expect(sent).toEqual(["a", "b"]);
  });

  it("leave nothing behind, however many frames there were", async () => {
    const { clock, requests, request } = start();
    for (let index = 0; index < 1_000; index += 1) request("x", `R${index}`).catch(() => {});

    await clock.advance(5_250);
    await clock.advance(61_000);

    expect(requests.open).toBe(0);
    expect(clock.sleeping).toBe(0);
  });
});
