import { describe, expect, it } from "vitest";
import { ACCOUNT, type Harness, type Json, OTHER_ACCOUNT, startHarness } from "../client.fixture.ts";

const HOUR_MS = 3_600_000;

async function withTexts(...texts: string[]): Promise<Harness> {
  const h = await startHarness();
  for (const text of texts) await h.write(text);
  return h;
}

const textsIn = (page: Json) => page.msg_list.map((message: Json) => message.text.content);

describe("kf/sync_msg", () => {
  it("pages with limit, and its cursor goes on where the page ended", async () => {
    const h = await withTexts("a", "b", "c");

    const first = await h.sync({ limit: 2 });
    const second = await h.sync({ limit: 2, cursor: first.next_cursor });

    expect([textsIn(first), first.has_more]).toEqual([["a", "b"], 1]);
    expect([textsIn(second), second.has_more]).toEqual([["c"], 0]);
  });

  it("may be read again from an old cursor", async () => {
    const h = await withTexts("a", "b");
    const { next_cursor: cursor } = await h.sync({ limit: 1 });

    expect(textsIn(await h.sync({ cursor }))).toEqual(["b"]);
    expect(textsIn(await h.sync({ cursor }))).toEqual(["b"]);
  });

  it("returns the cursor it got when nothing is new", async () => {
    const h = await withTexts("a");
    const { next_cursor: cursor } = await h.sync();

    expect(await h.sync({ cursor })).toMatchObject({ next_cursor: cursor, has_more: 0, msg_list: [] });
  });

  it("gives opaque cursors of at most 64 bytes, never the same twice", async () => {
    const h = await withTexts("a");

    const cursors = [(await h.sync()).next_cursor, (await h.sync()).next_cursor];

    expect(new Set(cursors).size).toBe(2);
    for (const cursor of cursors) expect(Buffer.byteLength(cursor)).toBeLessThanOrEqual(64);
  });

  it("keeps three days", async () => {
    const h = await withTexts("old");
    await h.control("POST", "clock", { advanceMs: 73 * HOUR_MS });
    await h.write("new");

    expect(textsIn(await h.sync())).toEqual(["new"]);
  });

  it("accepts a cursor from before a reset, so that a client goes on", async () => {
    const h = await withTexts("a");
    const { next_cursor: cursor } = await h.sync();

    await h.control("DELETE", "state");
    await h.write("after");

    expect(textsIn(await h.sync({ cursor }))).toEqual(["after"]);
  });

  it.each([
    [{ cursor: "nonsense" }, 40058],
    [{ limit: 1001 }, 40058],
    [{ voice_format: 2 }, 40058],
    [{ token: "ENCwrong" }, 95007],
    [{ open_kfid: "bad" }, 95000],
    [{ open_kfid: undefined }, 95000],
    [{ open_kfid: "wkNobody" }, 95004],
  ])("refuses %o with %i", async (body, errcode) => {
    const h = await withTexts("a");

    expect(await h.sync(body)).toMatchObject({ errcode });
  });

  it("refuses another account's cursor", async () => {
    const h = await withTexts("a");
    const { next_cursor: cursor } = await h.sync();
    await h.write("b", "alice", OTHER_ACCOUNT);

    expect(await h.sync({ cursor, open_kfid: OTHER_ACCOUNT })).toMatchObject({ errcode: 40058 });
  });

  it("takes a msg token for ten minutes and for its own account only", async () => {
    const h = await withTexts("a");

    const foreign = await h.sync({ open_kfid: OTHER_ACCOUNT });
    const fresh = await h.sync();
    await h.control("POST", "clock", { advanceMs: 601_000 });
    const stale = await h.sync();

    expect([foreign.errcode, fresh.errcode, stale.errcode]).toEqual([95007, 0, 95007]);
  });

  it("lets a call without token through every five seconds", async () => {
    const h = await withTexts("a");
    const tokenless = async () => (await h.sync({ token: undefined })).errcode;

    const codes = [await tokenless(), await tokenless()];
    await h.control("POST", "clock", { advanceMs: 5000 });
    codes.push(await tokenless());

    expect(codes).toEqual([0, 45009, 0]);
  });

  it("is refused as a GET", async () => {
    const h = await withTexts("a");

    expect(await h.api("kf/sync_msg")).toMatchObject({ errcode: 40058 });
  });

  it("warns about JSON it could not read", async () => {
    const h = await withTexts("a");
    const address = `${h.sim.url}/cgi-bin/kf/sync_msg?access_token=${await h.token()}`;

    const answer = await (await fetch(address, { method: "POST", body: "{not json" })).json();

    expect(answer).toMatchObject({ errcode: 95000, errmsg: expect.stringContaining("Warning: wrong json format.") });
  });
});

describe("sync faults", () => {
  it("kf.sync.page-cap: pages are shorter than asked", async () => {
    const h = await withTexts("a", "b");
    await h.fault("kf.sync.page-cap", { value: 1 });

    expect(await h.sync()).toMatchObject({ has_more: 1, msg_list: [{ text: { content: "a" } }] });
  });

  it("kf.sync.empty-page: an empty page says there is more, as often as its count", async () => {
    const h = await withTexts("a");
    await h.fault("kf.sync.empty-page", { count: 2 });

    const pages = [await h.sync(), await h.sync(), await h.sync()];

    expect(pages.map((page) => [page.has_more, page.msg_list.length])).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
  });

  it("kf.sync.stuck-cursor: the cursor stays and there is always more", async () => {
    const h = await withTexts("a");
    const { next_cursor: cursor } = await h.sync();
    await h.fault("kf.sync.stuck-cursor");

    expect(await h.sync({ cursor })).toMatchObject({ has_more: 1, next_cursor: cursor, msg_list: [] });
  });

  it("kf.sync.no-next-cursor: the key is missing", async () => {
    const h = await withTexts("a");
    await h.fault("kf.sync.no-next-cursor");

    expect(await h.sync()).not.toHaveProperty("next_cursor");
  });

  it("kf.sync.no-list: an empty page has no msg_list", async () => {
    const h = await withTexts("a");
    const { next_cursor: cursor } = await h.sync();
    await h.fault("kf.sync.no-list");

    expect(await h.sync({ cursor })).not.toHaveProperty("msg_list");
  });

  it("kf.sync.duplicate-items: a page repeats what the last one had", async () => {
    const h = await withTexts("a", "b", "c");
    const { next_cursor: cursor } = await h.sync({ limit: 2 });
    await h.fault("kf.sync.duplicate-items", { value: 1 });

    expect(textsIn(await h.sync({ cursor }))).toEqual(["b", "c"]);
  });

  it("kf.sync.reverse: newest first", async () => {
    const h = await withTexts("a", "b");
    await h.fault("kf.sync.reverse");

    expect(textsIn(await h.sync())).toEqual(["b", "a"]);
  });

  it("kf.sync.invalid-token: 95007 with a token, none without", async () => {
    const h = await withTexts("a");
    await h.fault("kf.sync.invalid-token");

    expect([(await h.sync()).errcode, (await h.sync({ token: undefined })).errcode]).toEqual([95007, 0]);
  });

  it("kf.sync.tokenless-interval-ms: the limit without token is lifted", async () => {
    const h = await withTexts("a");
    await h.fault("kf.sync.tokenless-interval-ms");

    const codes = [(await h.sync({ token: undefined })).errcode, (await h.sync({ token: undefined })).errcode];

    expect(codes).toEqual([0, 0]);
  });

  it("kf.event.no-msgid: an event has no id of its own", async () => {
    const h = await startHarness();
    await h.fault("kf.event.no-msgid");
    await h.control("POST", "send", {
      account: ACCOUNT,
      from: "alice",
      content: { kind: "event", event: "enter_session" },
    });
    await h.sim.idle();

    const [event] = (await h.sync()).msg_list;

    expect(event).toMatchObject({ origin: 4, msgtype: "event" });
    expect(event).not.toHaveProperty("msgid");
  });

  it("qyapi.token-expired with skip: the access_token dies at page n, a new one goes on", async () => {
    const h = await withTexts("a", "b", "c");
    await h.fault("kf.sync.page-cap", { value: 1 });
    await h.fault("qyapi.token-expired", { target: "kf/sync_msg", skip: 1, count: 1 });

    const codes = [await h.sync(), await h.sync(), await h.sync()].map((page) => page.errcode);

    expect(codes).toEqual([0, 42001, 0]);
  });
});
