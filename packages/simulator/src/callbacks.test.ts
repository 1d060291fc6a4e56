import { describe, expect, it, onTestFinished } from "vitest";
import { ACCOUNT, type Harness, OTHER_ACCOUNT, startHarness } from "./client.fixture.ts";
import { startSimulator } from "./index.ts";

const newest = async (h: Harness) => (await h.control("GET", "callbacks")).body.callbacks[0].deliveries.at(-1);

describe("registering a callback address", () => {
  it("does the encrypted GET check and says how it went", async () => {
    const h = await startHarness();

    const { body } = await h.control("POST", "callbacks", { account: ACCOUNT, url: h.receiver.url });

    expect(body).toMatchObject({ ok: true, saved: true, check: { status: 200 }, accounts: [ACCOUNT, OTHER_ACCOUNT] });
  });

  it("does not save an address that answers the check with anything else", async () => {
    const h = await startHarness();
    h.receiver.echo = '"quoted"';

    const url = `${h.receiver.url}2`;
    const { body } = await h.control("POST", "callbacks", { account: ACCOUNT, url });

    expect(body).toMatchObject({ ok: false, saved: false, check: { reason: expect.stringContaining("not exactly") } });
    expect((await h.control("GET", "callbacks")).body.callbacks[0].url).toBe(h.receiver.url);
  });

  it("saves an unreachable address only by force", async () => {
    const h = await startHarness();
    const dead = { account: ACCOUNT, url: "http://127.0.0.1:1/hook" };

    const refused = (await h.control("POST", "callbacks", dead)).body;
    const forced = (await h.control("POST", "callbacks", { ...dead, force: true })).body;

    expect(refused).toMatchObject({ ok: false, saved: false, check: { status: null } });
    expect(forced).toMatchObject({ ok: false, saved: true });
  });

  it("refuses what is no address", async () => {
    const h = await startHarness();

    const { status, body } = await h.control("POST", "callbacks", { account: ACCOUNT, url: "nowhere" });

    expect(status).toBe(400);
    expect(body).toEqual({ error: '"nowhere" is no http(s) address.', hint: expect.any(String) });
  });

  it("keeps an address whose own query the four parameters join", async () => {
    const h = await startHarness();

    await h.control("POST", "callbacks", { account: ACCOUNT, url: `${h.receiver.url}?tenant=7` });
    await h.write("hi");

    expect(h.receiver.received[0]?.query.get("tenant")).toBe("7");
    expect(h.receiver.received[0]?.signatureIsRight).toBe(true);
  });
});

describe("callbacks", () => {
  it("are sent three times in all when they are not answered with 200, the same envelope each time", async () => {
    const h = await startHarness();
    h.receiver.answer = (_, response) => response.writeHead(500).end();

    await h.write("hi");
    for (const delay of [2000, 4000, 60_000]) {
      await h.control("POST", "clock", { advanceMs: delay });
      await h.sim.idle();
    }

    expect(h.receiver.received).toHaveLength(3);
    expect(new Set(h.receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(await newest(h)).toMatchObject({
      state: "failed",
      attempts: [{ status: 500 }, { status: 500 }, { status: 500 }],
    });
  });

  it("stop being sent once one attempt succeeded", async () => {
    const h = await startHarness();
    h.receiver.answer = (_, response) => {
      response.writeHead(h.receiver.received.length === 1 ? 503 : 200).end();
    };

    await h.write("hi");
    for (let round = 0; round < 3; round += 1) {
      await h.control("POST", "clock", { advanceMs: 5000 });
      await h.sim.idle();
    }

    expect(h.receiver.received).toHaveLength(2);
    expect(await newest(h)).toMatchObject({ state: "delivered" });
  });

  it("count an answer that is too late as none", async () => {
    const h = await startHarness({ callbacks: { timeoutMs: 50, attempts: 1 } });
    h.receiver.answer = () => {};

    await h.write("hi");

    expect(await newest(h)).toMatchObject({
      state: "failed",
      attempts: [{ status: null, error: "no answer within 50 ms" }],
    });
  });

  it("are recorded as undeliverable while no address is registered", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());

    await sim.send({ account: ACCOUNT, from: "alice", content: [{ kind: "text", text: "hi" }] });

    expect(sim.callbackStates()[0]).toMatchObject({ url: null, deliveries: [{ attempts: [], state: "no-url" }] });
  });
});

describe("callback faults", () => {
  it("callback.drop: nothing is sent, the message is there all the same", async () => {
    const h = await startHarness();
    await h.fault("callback.drop", { count: 1 });

    await h.write("dropped");
    await h.write("rung");

    expect(h.receiver.received).toHaveLength(1);
    expect((await h.sync()).msg_list).toHaveLength(2);
  });

  it("callback.delay: it comes when the clock says so", async () => {
    const h = await startHarness();
    await h.fault("callback.delay", { value: 60_000 });

    await h.write("hi");
    const before = h.receiver.received.length;
    await h.control("POST", "clock", { advanceMs: 60_000 });
    await h.sim.idle();

    expect([before, h.receiver.received.length]).toEqual([0, 1]);
  });

  it("callback.duplicate: the same envelope comes again", async () => {
    const h = await startHarness();
    await h.fault("callback.duplicate", { value: 2 });

    await h.write("hi");

    expect(h.receiver.received).toHaveLength(3);
    expect(new Set(h.receiver.received.map(({ body }) => body)).size).toBe(1);
  });

  it("callback.reorder: the first comes after the second", async () => {
    const h = await startHarness();
    await h.fault("callback.reorder", { count: 1 });

    await h.write("one");
    await h.write("two", "alice", OTHER_ACCOUNT);
    await h.sim.idle();

    expect(h.receiver.received.map(({ openKfId }) => openKfId)).toEqual([OTHER_ACCOUNT, ACCOUNT]);
  });

  it("callback.reorder: it comes by itself when no second follows", async () => {
    const h = await startHarness();
    await h.fault("callback.reorder", { count: 1 });

    await h.write("one");
    await h.control("POST", "clock", { advanceMs: 10_000 });
    await h.sim.idle();

    expect(h.receiver.received).toHaveLength(1);
  });

  it("kf.callback.burst: many doorbells for one message, each with its own Token", async () => {
    const h = await startHarness();
    await h.fault("kf.callback.burst", { value: 5 });

    await h.write("hi");

    expect(new Set(h.receiver.received.map(({ token }) => token)).size).toBe(5);
  });

  it("kf.callback.omit-open-kfid: the doorbell does not say whose it is", async () => {
    const h = await startHarness();
    await h.fault("kf.callback.omit-open-kfid");

    await h.write("hi");

    expect(h.receiver.received[0]?.openKfId).toBeUndefined();
  });

  it.each([
    ["callback.bad-signature", { signatureIsRight: false, openKfId: ACCOUNT }],
    ["callback.bad-padding", { signatureIsRight: true, plain: "bad padding" }],
    ["callback.bad-receiveid", { signatureIsRight: true, receiveId: "ww51a3c0ffee000001WRONG" }],
    ["callback.bad-ciphertext", { signatureIsRight: true, plain: "bad length" }],
  ])("%s: the package is damaged in that place only", async (name, expected) => {
    const h = await startHarness();
    await h.fault(name);

    await h.write("hi");

    expect(h.receiver.received[0]).toMatchObject(expected);
  });

  it("callback.timeout-ms: the platform hangs up early", async () => {
    const h = await startHarness({ callbacks: { attempts: 1 } });
    await h.fault("callback.timeout-ms", { value: 30 });
    h.receiver.answer = () => {};

    await h.write("hi");

    expect((await newest(h)).attempts[0].error).toBe("no answer within 30 ms");
  });

  it("callback.fresh-retry: a retry is another package", async () => {
    const h = await startHarness();
    await h.fault("callback.fresh-retry");
    h.receiver.answer = (_, response) => response.writeHead(500).end();

    await h.write("hi");
    await h.control("POST", "clock", { advanceMs: 2000 });
    await h.sim.idle();

    expect(new Set(h.receiver.received.map(({ body }) => body)).size).toBe(2);
  });
});
