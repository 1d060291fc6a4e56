import { describe, expect, it } from "vitest";
import { CORP_ID, gettoken, type Harness, KF, startHarness } from "../client.fixture.ts";

const HOUR_MS = 3_600_000;
const list = (h: Harness) => h.api("kf/account/list", {});

describe("gettoken", () => {
  it("gives the same token while it is valid, and another one after two hours", async () => {
    const h = await startHarness();

    const first = await gettoken(h.sim.url);
    const second = await gettoken(h.sim.url);
    await h.control("POST", "clock", { advanceMs: 2 * HOUR_MS });
    const third = await gettoken(h.sim.url);

    expect(first).toMatchObject({ errcode: 0, errmsg: "ok", expires_in: expect.any(Number) });
    expect(second.access_token).toBe(first.access_token);
    expect(third.access_token).not.toBe(first.access_token);
    expect(await withToken(h, first.access_token)).toMatchObject({ errcode: 42001 });
  });

  it.each([
    ["a wrong secret", "wrong", CORP_ID, 40001],
    ["an unknown corp", KF.secret, "wwNobody", 40013],
    ["no corp", KF.secret, "", 41002],
    ["no secret", "", CORP_ID, 41004],
  ])("refuses %s with HTTP 200 and an errcode", async (_, secret, corpId, errcode) => {
    const h = await startHarness();

    expect(await gettoken(h.sim.url, secret, corpId)).toMatchObject({ errcode });
  });

  it("refuses a secret that belongs to another corp with 40091", async () => {
    const account = { openKfId: "wkOther", name: "Other" };
    const other = { corpId: "wwOther", kf: { ...KF, secret: "other-secret", accounts: [account] } };
    const h = await startHarness({ corps: [{ corpId: CORP_ID, kf: KF }, other] });

    expect(await gettoken(h.sim.url, "other-secret")).toMatchObject({ errcode: 40091 });
  });

  it("bans an address for an hour after too many wrong secrets", async () => {
    const h = await startHarness({ wrongSecretsBeforeBan: 3 });
    for (let n = 0; n < 3; n += 1) await gettoken(h.sim.url, "wrong");

    const banned = await gettoken(h.sim.url);
    await h.control("POST", "clock", { advanceMs: HOUR_MS });

    expect(banned.errcode).toBe(45009);
    expect((await gettoken(h.sim.url)).errcode).toBe(0);
  });

  it("gettoken.new-each-time and gettoken.expires-in change what it gives", async () => {
    const h = await startHarness();
    await h.fault("gettoken.new-each-time", { count: 2 });
    const tokens = [await gettoken(h.sim.url), await gettoken(h.sim.url)].map((answer) => answer.access_token);
    await h.fault("gettoken.expires-in", { value: 60 });

    expect(new Set(tokens).size).toBe(2);
    expect((await gettoken(h.sim.url)).expires_in).toBe(60);
  });
});

async function withToken(h: Harness, token: string) {
  const address = `${h.sim.url}/cgi-bin/kf/account/list${token ? `?access_token=${token}` : ""}`;
  return (await fetch(address, { method: "POST", body: "{}" })).json();
}

describe("every call", () => {
  it.each([
    ["", 41001],
    ["made-up", 40014],
  ])("is refused with the token %j", async (token, errcode) => {
    const h = await startHarness();

    expect(await withToken(h, token)).toMatchObject({ errcode });
  });

  it("words its errors with hint, address and link", async () => {
    const h = await startHarness();

    const { errmsg } = (await withToken(h, "made-up")) as { errmsg: string };

    expect(errmsg).toMatch(
      /^invalid access_token, hint: \[\d{20}\], from ip: 127\.0\.0\.1, more info at https:\/\/open\.work\.weixin\.qq\.com\/devtool\/query\?e=40014$/,
    );
  });

  it("is refused after revoke-tokens until a new token is taken", async () => {
    const h = await startHarness();
    const token = await h.token();

    const { body } = await h.control("POST", "kf/revoke-tokens", { account: CORP_ID });

    expect(body).toEqual({ revoked: 1 });
    expect(await withToken(h, token)).toMatchObject({ errcode: 40014 });
    expect((await list(h)).errcode).toBe(0);
  });

  it("is 404 where there is no such API", async () => {
    const h = await startHarness();

    expect((await fetch(`${h.sim.url}/cgi-bin/kf/nothing`)).status).toBe(404);
  });

  it("says where callbacks come from", async () => {
    const h = await startHarness();

    expect(await h.api("getcallbackip")).toMatchObject({ errcode: 0, ip_list: ["127.0.0.1"] });
  });

  it("allows debug=1 five times a minute", async () => {
    const h = await startHarness();

    const codes = [];
    for (let n = 0; n < 6; n += 1) codes.push((await h.api("kf/account/list", {}, { debug: "1" })).errcode);

    expect(codes).toEqual([0, 0, 0, 0, 0, 45009]);
  });
});

describe("faults of every call", () => {
  const target = "kf/account/list";

  it.each([
    ["qyapi.errcode", 95017, 95017],
    ["qyapi.errcode", { errcode: 95011, errmsg: "edition" }, 95011],
    ["qyapi.busy", undefined, -1],
    ["qyapi.frequency", undefined, 45009],
    ["qyapi.ip-not-trusted", "198.51.100.7", 60020],
    ["qyapi.token-expired", undefined, 42001],
  ])("%s (%j) answers %i, once", async (name, value, errcode) => {
    const h = await startHarness();
    await h.fault(name, { target, value, count: 1 });

    expect([(await list(h)).errcode, (await list(h)).errcode]).toEqual([errcode, 0]);
  });

  it("qyapi.ip-not-trusted names the address to allow", async () => {
    const h = await startHarness();
    await h.fault("qyapi.ip-not-trusted", { target: "gettoken", value: "198.51.100.7" });

    expect((await gettoken(h.sim.url)).errmsg).toContain("from ip: 198.51.100.7");
  });

  it("qyapi.token-revoked kills the token for all later calls", async () => {
    const h = await startHarness();
    const token = await h.token();
    await h.fault("qyapi.token-revoked", { target, count: 1 });

    const codes = [await withToken(h, token), await withToken(h, token)].map(
      (answer) => (answer as { errcode: number }).errcode,
    );

    expect(codes).toEqual([40014, 40014]);
  });

  it("qyapi.minute-limit refuses a minute long what is over the limit", async () => {
    const h = await startHarness();
    await h.fault("qyapi.minute-limit", { target, value: 2 });

    const codes = [];
    for (let n = 0; n < 3; n += 1) codes.push((await list(h)).errcode);
    await h.control("POST", "clock", { advanceMs: 60_001 });

    expect([...codes, (await list(h)).errcode]).toEqual([0, 0, 45009, 0]);
  });

  it.each(["qyapi.reset", "qyapi.reset-after-accept", "qyapi.cut-body", "qyapi.garbage"])(
    "%s leaves the caller without an answer",
    async (name) => {
      const h = await startHarness();
      await h.fault(name, { target });

      await expect(list(h)).rejects.toThrow();
    },
  );

  it("qyapi.timeout: the call is not done and the connection is cut in the end", async () => {
    const h = await startHarness();
    await h.fault("qyapi.timeout", { target, value: 30 });

    await expect(list(h)).rejects.toThrow();
    expect(h.sim.log({ path: target }).entries.at(-1)).toMatchObject({ status: null, notes: ["fault: qyapi.timeout"] });
  });

  it("qyapi.http-status: another status", async () => {
    const h = await startHarness();
    await h.fault("qyapi.http-status", { value: 502, target: "gettoken" });

    expect((await fetch(`${h.sim.url}/cgi-bin/gettoken`)).status).toBe(502);
  });

  it.each(["qyapi.delay", "qyapi.slow-body"])("%s: the whole answer comes, but late", async (name) => {
    const h = await startHarness();
    const token = await h.token();
    await h.fault(name, { target, value: 200 });

    const started = performance.now();
    const answer = await withToken(h, token);

    expect(answer).toMatchObject({ errcode: 0 });
    expect(performance.now() - started).toBeGreaterThan(150);
  });
});
