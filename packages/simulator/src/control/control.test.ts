import { describe, expect, it, onTestFinished } from "vitest";
import { ACCOUNT, CORP_ID, KF, startHarness } from "../client.fixture.ts";
import { startSimulator } from "../index.ts";

describe("control API", () => {
  it("lists the accounts with all a client needs to be configured", async () => {
    const h = await startHarness();

    const { body } = await h.control("GET", "accounts");

    expect(body.accounts[0]).toMatchObject({
      type: "kf",
      account: ACCOUNT,
      openKfId: ACCOUNT,
      corpId: CORP_ID,
      secret: KF.secret,
      token: KF.token,
      encodingAESKey: KF.encodingAESKey,
      apiBaseUrl: `${h.sim.url}/cgi-bin`,
      callbackUrl: h.receiver.url,
    });
    expect(JSON.parse(JSON.stringify(h.sim.describe())).accounts).toEqual(body.accounts);
  });

  it("takes several contents as several messages", async () => {
    const h = await startHarness();
    const content = [{ kind: "text", text: "one" }, { kind: "image" }];

    const { body } = await h.control("POST", "send", { account: ACCOUNT, from: "alice", content });

    expect(body).toEqual({ account: ACCOUNT, user: expect.stringMatching(/^wm/), id: body.ids[1], ids: body.ids });
    expect(body.ids).toHaveLength(2);
  });

  it("sends bytes, and files from an address", async () => {
    const h = await startHarness();
    const base64 = Buffer.from("hello file").toString("base64");
    const content = [
      { kind: "file", base64, filename: "a.txt", mime: "text/plain" },
      { kind: "file", url: `data:text/plain;base64,${base64}` },
    ];

    await h.control("POST", "send", { account: ACCOUNT, from: "alice", content });
    const { items } = await h.screen("alice");
    const previews = await Promise.all(
      items.map(async ({ media }: { media: { url: string } }) => (await fetch(media.url)).text()),
    );

    expect(items[0].media).toMatchObject({ filename: "a.txt", mime: "text/plain", bytes: 10 });
    expect(items[0]).not.toHaveProperty("base64");
    expect(previews).toEqual(["hello file", "hello file"]);
  });

  it("keeps every request with its answer, and every callback", async () => {
    const h = await startHarness();
    await h.write("hello");
    await h.sync();

    const { body } = await h.control("GET", "log?since=0");
    const sync = body.entries.find((entry: { path: string }) => entry.path === "/cgi-bin/kf/sync_msg");
    const since = (await h.control("GET", `log?since=${body.next}`)).body;

    expect(sync).toMatchObject({
      kind: "request",
      method: "POST",
      status: 200,
      errcode: 0,
      body: { open_kfid: ACCOUNT },
    });
    expect(sync.answer.msg_list).toHaveLength(1);
    expect(
      body.entries.some(
        (entry: { kind: string; method: string }) => entry.kind === "callback" && entry.method === "POST",
      ),
    ).toBe(true);
    expect(since.entries).toEqual([]);
  });

  it("keeps only so many entries as it was told", async () => {
    const h = await startHarness({ logEntries: 3 });
    for (let n = 0; n < 5; n += 1) await h.token();

    const { body } = await h.control("GET", "log");

    expect(body.entries).toHaveLength(3);
    expect(body.dropped).toBeGreaterThan(0);
  });

  it("forgets messages, people, tokens, faults and time on reset, but not where callbacks go", async () => {
    const h = await startHarness();
    await h.write("hello");
    await h.fault("qyapi.busy", { target: "nothing" });
    await h.control("POST", "clock", { advanceMs: 60_000 });

    const { body } = await h.control("DELETE", "state");

    expect(body).toEqual({ reset: true });
    expect((await h.screen("alice")).items).toEqual([]);
    expect((await h.control("GET", "faults")).body.active).toEqual([]);
    expect((await h.control("GET", "clock")).body.offsetMs).toBe(0);
    expect((await h.control("GET", "callbacks")).body.callbacks[0].url).toBe(h.receiver.url);
  });

  it("sets several faults, tells which are active, and clears them by name or all", async () => {
    const h = await startHarness();
    const faults = [{ name: "qyapi.busy", target: "x", count: 2 }, { name: "callback.drop" }];

    const set = (await h.control("POST", "faults", { faults })).body.active;
    const one = (await h.control("POST", "faults", { clear: "qyapi.busy" })).body.active;
    const none = (await h.control("POST", "faults", { clear: true })).body.active;

    expect(set).toMatchObject([
      { name: "qyapi.busy", hits: 0, left: 2 },
      { name: "callback.drop", left: null },
    ]);
    expect([one.length, none.length]).toEqual([1, 0]);
  });

  it("shows the window and the quota of a chat", async () => {
    const h = await startHarness();
    await h.write("hello");

    expect((await h.screen("alice")).chat).toMatchObject({
      state: 0,
      quota: 5,
      sent: 0,
      sendsLeft: 5,
      windowOpen: true,
    });
  });

  it("knows who wrote", async () => {
    const h = await startHarness();
    const { user } = await h.write("hello", "Alice");

    const { body } = await h.control("POST", "kf/people", { account: ACCOUNT });

    expect(body.people).toEqual([{ id: user, name: "Alice" }]);
  });

  it("tells watchers which screens changed", async () => {
    const h = await startHarness();
    const watch = new AbortController();
    const response = await fetch(`${h.sim.url}/control/changes`, { signal: watch.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    await reader?.read();

    const { user } = await h.write("hello");
    const { value } = (await reader?.read()) ?? {};
    watch.abort();

    expect(value).toBe(`data: ${JSON.stringify([{ account: ACCOUNT, user }])}\n\n`);
  });

  it.each([
    ["POST", "send", { account: "wkNobody", from: "a", content: { kind: "text", text: "x" } }, 404],
    ["POST", "send", { account: ACCOUNT, from: "a", content: { kind: "hologram" } }, 400],
    ["POST", "send", { account: ACCOUNT, from: "a", group: "g", content: { kind: "text", text: "x" } }, 400],
    ["POST", "send", { account: ACCOUNT, content: { kind: "text", text: "x" } }, 400],
    ["GET", "screen?account=wkSimAccount00000000000001", undefined, 400],
    ["POST", "tap", { account: ACCOUNT, user: "a", message: "nope", item: 0 }, 404],
    ["POST", "scan", { qrcode: "x", user: "a" }, 404],
    ["POST", "clock", { advanceMs: -1 }, 400],
    ["POST", "faults", { name: "no-such-fault" }, 400],
    ["POST", "kf/fly", {}, 404],
    ["POST", "kf/recall", { account: ACCOUNT, user: "a", messageId: "nope" }, 404],
    ["GET", "log?since=x", undefined, 400],
    ["GET", "log?kind=x", undefined, 400],
    ["GET", "nothing", undefined, 404],
    ["PUT", "send", {}, 405],
    ["GET", "media/none/none", undefined, 404],
  ])("%s %s with %j is refused with %4$i, an error and a hint", async (method, path, body, status) => {
    const h = await startHarness();

    const answer = await h.control(method, path, body);

    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: expect.stringMatching(/\S/), hint: expect.stringMatching(/\S/) });
  });

  it("refuses a body that is no JSON object", async () => {
    const h = await startHarness();

    const response = await fetch(`${h.sim.url}/control/send`, { method: "POST", body: "[1" });

    expect([response.status, await response.json()]).toMatchObject([400, { error: "The body is not a JSON object." }]);
  });
});

describe("starting", () => {
  it("runs several simulators side by side that share nothing", async () => {
    const one = await startSimulator();
    const other = await startSimulator();
    onTestFinished(async () => {
      await one.close();
      await other.close();
    });

    await one.send({ account: ACCOUNT, from: "alice", content: [{ kind: "text", text: "hi" }] });

    expect(one.screen({ account: ACCOUNT, user: "alice" }).items).toHaveLength(1);
    expect(other.screen({ account: ACCOUNT, user: "alice" }).items).toHaveLength(0);
  });

  it("starts at a given time with given faults", async () => {
    const h = await startHarness({
      clock: { startAt: new Date("2030-01-01T00:00:00Z") },
      faults: [{ name: "qyapi.busy", target: "getcallbackip" }],
    });

    expect(h.sim.clock().now).toMatch(/^2030-01-01T00:00:0/);
    expect((await h.api("getcallbackip")).errcode).toBe(-1);
  });

  it("says that a port is taken", async () => {
    const h = await startHarness();

    await expect(startSimulator({ port: Number(new URL(h.sim.url).port) })).rejects.toThrow("EADDRINUSE");
  });

  it("refuses a corp whose key is no EncodingAESKey", async () => {
    const corps = [{ corpId: "ww1", kf: { ...KF, encodingAESKey: "short" } }];

    await expect(startSimulator({ corps })).rejects.toThrow("43 characters");
  });
});
