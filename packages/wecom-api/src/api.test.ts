import { inspect } from "node:util";
import {
  AuthenticationError,
  type JsonValue,
  ProtocolError,
  RejectedError,
  type State,
  type StateOptions,
  TransientError,
} from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { fakePlatform, fixedRandom, manualClock } from "./fixtures/fake-platform.ts";
import {
  APP_ERRCODES,
  createStateTokenStore,
  createWecomApi,
  KF_ERRCODES,
  SHARED_ERRCODES,
  type WecomApiOptions,
} from "./index.ts";

const SECRET = "CANARY-SECRET";
const MINUTE_MS = 60_000;

function setUp(platform = fakePlatform(), overrides: Partial<WecomApiOptions> = {}) {
  const clock = manualClock();
  const api = createWecomApi({
    corpId: "ww1",
    secret: SECRET,
    fetch: platform.fetch,
    clock,
    random: fixedRandom,
    errcodes: KF_ERRCODES,
    ...overrides,
  });
  return { api, clock, platform };
}
const refusing = (...codes: number[]) => {
  let i = 0;
  return fakePlatform(() => ({ errcode: codes[Math.min(i++, codes.length - 1)], errmsg: "no" }));
};
const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable("nothing was refused"),
    (error: unknown) => error,
  );
const refusedBy = async (codes: number[], clockMoves?: number) => {
  const { api, clock } = setUp(refusing(...codes));
  if (clockMoves) clock.advance(clockMoves);
  return failure(api.post("kf/send_msg", {}));
};

describe("a call", () => {
  it("goes to the public platform with the token in the query and JSON in the body", async () => {
    const { api, platform } = setUp();

    await api.post("kf/send_msg", { text: { content: "你好" } });

    const [call] = platform.calls("kf/send_msg");
    expect(`${call?.url.origin}${call?.url.pathname}`).toBe("https://qyapi.weixin.qq.com/cgi-bin/kf/send_msg");
    expect(call?.query.get("access_token")).toBe("CANARY-TOKEN-1");
    expect(call?.request.headers.get("content-type")).toBe("application/json");
    expect(await call?.request.text()).toBe('{"text":{"content":"你好"}}');
  });

  it.each([
    ["http://127.0.0.1:9100", "http://127.0.0.1:9100/cgi-bin/kf/send_msg"],
    ["http://127.0.0.1:9100/cgi-bin/", "http://127.0.0.1:9100/cgi-bin/kf/send_msg"],
    ["https://corp.example/wecom", "https://corp.example/wecom/cgi-bin/kf/send_msg"],
  ])("goes to the configured platform: %s", async (apiBaseUrl, expected) => {
    const { api, platform } = setUp(fakePlatform(), { apiBaseUrl });

    await api.post("kf/send_msg", {});

    const url = platform.calls("kf/send_msg")[0]?.url;
    expect(`${url?.origin}${url?.pathname}`).toBe(expected);
  });

  it("sends JSON that was written before byte by byte", async () => {
    const { api, platform } = setUp();

    await api.post("message/send", '{ "b":1,"a" : 2 }');

    expect(await platform.calls("message/send")[0]?.request.text()).toBe('{ "b":1,"a" : 2 }');
  });

  it("takes parameters on GET and leaves out what is undefined", async () => {
    const { api, platform } = setUp(fakePlatform(() => ({ errcode: 0, chat_info: { name: "x" } })));

    const answer = await api.get<{ chat_info: { name: string } }>("appchat/get", { chatid: "wr 1", other: undefined });

    expect(answer.chat_info.name).toBe("x");
    expect(platform.calls("appchat/get")[0]?.query.get("chatid")).toBe("wr 1");
    expect(platform.calls("appchat/get")[0]?.query.has("other")).toBe(false);
  });

  it("counts a missing errcode as success", async () => {
    const { api } = setUp(fakePlatform(() => ({ ip_list: ["1.2.3.4"] })));

    expect(await api.get("getcallbackip")).toEqual({ ip_list: ["1.2.3.4"] });
  });

  it("needs an http address", () => {
    expect(() => setUp(fakePlatform(), { apiBaseUrl: "qyapi.weixin.qq.com" })).toThrow("apiBaseUrl");
  });
});

describe("the access token", () => {
  it("is fetched once for twenty calls at a time", async () => {
    const { api, platform } = setUp();

    await Promise.all(Array.from({ length: 20 }, () => api.post("message/send", {})));

    expect(platform.calls("gettoken")).toHaveLength(1);
    expect(platform.calls("message/send")).toHaveLength(20);
  });

  it.each([42001, 40014, 40001, 41001])(
    "is renewed once when it is refused with %i, and the call repeated",
    async (errcode) => {
      const platform = fakePlatform(({ query }) =>
        query.get("access_token") === "CANARY-TOKEN-1" ? { errcode, errmsg: "token" } : { errcode: 0, msgid: "m1" },
      );
      const { api } = setUp(platform);

      const answers = await Promise.all([1, 2, 3].map((n) => api.post("message/send", { n })));

      expect(answers).toEqual([1, 2, 3].map(() => ({ errcode: 0, msgid: "m1" })));
      expect(platform.calls("gettoken")).toHaveLength(2);
      expect(platform.calls("message/send")).toHaveLength(6);
    },
  );

  it("that is refused again is the operator's to look at", async () => {
    const { api, platform } = setUp(refusing(42001));

    const error = await failure(api.post("message/send", {}));

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ code: "wecom.token-refused", platformCode: 42001 });
    expect(platform.calls("message/send")).toHaveLength(2);
  });

  it("is asked for once a minute at most when the secret is refused", async () => {
    const { api, clock, platform } = setUp();
    platform.token = () => ({ errcode: 40001, errmsg: "invalid credential" });

    for (let i = 0; i < 5; i++) {
      expect(await failure(api.post("message/send", {}))).toMatchObject({ code: "wecom.secret-refused" });
      clock.advance(10_000);
    }
    expect(platform.calls("gettoken")).toHaveLength(1);
    clock.advance(MINUTE_MS);
    await failure(api.post("message/send", {}));

    expect(platform.calls("gettoken")).toHaveLength(2);
    expect(platform.calls("message/send")).toHaveLength(0);
  });

  it("is not asked for during a ban of gettoken", async () => {
    const { api, clock, platform } = setUp();
    platform.token = () => ({ errcode: 45009, errmsg: "freq" });
    await failure(api.get("x"));

    clock.advance(MINUTE_MS - 1);
    const error = await failure(api.get("x"));

    expect(error).toBeInstanceOf(TransientError);
    expect(platform.calls("gettoken")).toHaveLength(1);
  });

  it("is shared by gateways through the channel's state, sealed and with an end", async () => {
    const platform = fakePlatform();
    const clock = manualClock();
    const kept: { key: string; options?: StateOptions }[] = [];
    const state = memoryState((key, options) => kept.push({ key, options }));
    const tokenStore = createStateTokenStore(state, fixedRandom, clock.now);
    const create = () => setUp(platform, { clock, tokenStore }).api;

    await Promise.all([create().get("a"), create().get("b")]);

    expect(platform.calls("gettoken")).toHaveLength(1);
    const token = kept.find(({ key }) => key.startsWith("token/"));
    expect(token?.options).toEqual({ ttlMs: expect.closeTo(7_200_000, -4), sealed: true });
    expect(JSON.stringify(kept)).not.toContain("CANARY");
  });

  it.each([
    ["numbers as text", { errcode: "0", access_token: "T", expires_in: "7200" }],
    ["no numbers", { access_token: "T" }],
  ])("is taken from an answer with %s", async (_what, answer) => {
    const { api, clock, platform } = setUp();
    platform.token = () => answer;

    await api.get("x");
    clock.advance(7_200_000 - 10 * MINUTE_MS);
    await api.get("x");

    expect(platform.calls("gettoken")).toHaveLength(1);
  });

  it("that does not come is an error in the answer, not a call without one", async () => {
    const { api, platform } = setUp();
    platform.token = () => ({ errcode: 0, expires_in: 7200 });

    expect(await failure(api.get("x"))).toMatchObject({ code: "wecom.bad-answer" });
  });
});

describe("an answer with its number as text", () => {
  it("is read as the number", async () => {
    const { api, platform } = setUp(fakePlatform(() => ({ errcode: "40096", errmsg: "no" })));

    expect(await failure(api.get("x"))).toMatchObject({ platformCode: 40096 });
    expect(platform.calls("x")).toHaveLength(1);
  });
});

describe("a busy platform", () => {
  it.each([-1, 6000, 45033])("is asked again after a pause: %i", async (errcode) => {
    const { api, clock } = setUp(refusing(errcode, errcode, 0));

    await api.post("message/send", {});

    expect(clock.pauses).toEqual([500, 2000]);
  });

  it("is asked three times at most", async () => {
    const { api, platform } = setUp(refusing(-1));

    const error = await failure(api.post("message/send", {}));

    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({ code: "wecom.busy", sent: "no" });
    expect(platform.calls("message/send")).toHaveLength(3);
  });

  it("that bans us names a time: a minute, and more if the ban outlasts it", async () => {
    const { api, clock, platform } = setUp(refusing(45009, 45009, 45009, 45009, 45009, 0, 45009));
    const waitMs = async () => {
      const error = (await failure(api.post("kf/sync_msg", {}))) as TransientError;
      return (error.until as { at: Date }).at.getTime() - clock.now();
    };

    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      waits.push(await waitMs());
      clock.advance(waits.at(-1) as number);
    }
    await api.post("kf/sync_msg", {});
    waits.push(await waitMs());

    expect(waits.map((ms) => ms / MINUTE_MS)).toEqual([1, 5, 15, 60, 60, 1]);
    expect(platform.calls("kf/sync_msg")).toHaveLength(7);
  });

  it("tells several calls of one ban the same", async () => {
    const { api } = setUp(refusing(45009));

    const errors = await Promise.all([1, 2].map(() => failure(api.post("a", {}))));

    expect(new Set(errors.map((error) => String(((error as TransientError).until as { at: Date }).at))).size).toBe(1);
  });

  it("is not called during its ban, and by one alone when that is over", async () => {
    const { api, clock, platform } = setUp(refusing(45009, 45009, 0));
    const ten = () =>
      Promise.all(Array.from({ length: 10 }, () => api.post("message/send", {}).catch((error) => error)));
    const began = clock.now();
    await failure(api.post("message/send", {}));

    const held = await ten();
    expect(platform.calls("message/send")).toHaveLength(1);
    expect(new Set(held.map(({ name, code, sent }) => `${name} ${code} ${sent}`))).toEqual(
      new Set(["TransientError wecom.rate-limited no"]),
    );
    expect(held.map(({ until }) => until.at.getTime())).toEqual(held.map(() => began + MINUTE_MS));
    clock.advance(MINUTE_MS);
    await ten();
    expect(platform.calls("message/send")).toHaveLength(2);
    clock.advance(5 * MINUTE_MS);
    await ten();
    expect(platform.calls("message/send")).toHaveLength(3);
    await ten();

    expect(platform.calls("message/send")).toHaveLength(13);
  });

  it("is called on other paths, and is free again once it looks at a message", async () => {
    const { api, clock, platform } = setUp(refusing(45009, 0, 40003, 0));
    await failure(api.post("message/send", {}));

    await api.post("media/upload", {});
    clock.advance(MINUTE_MS);
    await failure(api.post("message/send", {}));
    await api.post("message/send", {});

    expect(platform.calls("message/send")).toHaveLength(3);
  });
});

describe("a refusal", () => {
  const KINDS = { wait: TransientError, operator: AuthenticationError, "give-up": RejectedError, bug: ProtocolError };
  const rules = [...Object.entries(SHARED_ERRCODES), ...Object.entries(KF_ERRCODES)];

  it.each(rules.map(([number, rule]) => [Number(number), rule.act, rule.code] as const))(
    "%i is for whom the table says: %s, %s",
    async (errcode, act, code) => {
      const error = await refusedBy([errcode]);

      expect(error).toBeInstanceOf(KINDS[act]);
      expect(error).toMatchObject({ code, platformCode: errcode });
      expect((error as AuthenticationError).hint).toMatch(/^[^\n]{15,}[.)]$/);
    },
  );

  it.each([
    [95001, "customer"],
    [95002, "customer"],
    [95013, "customer"],
    [95031, "customer"],
  ])("%i waits for the customer", async (errcode, until) => {
    expect(await refusedBy([errcode])).toMatchObject({ until });
  });

  it("60020 names the address to allow, and where", async () => {
    const errmsg =
      "not allow to access from your ip, hint: [1700000000123], from ip: 203.0.113.9, more info at https://open.work.weixin.qq.com/devtool/query?e=60020";
    const { api } = setUp(fakePlatform(() => ({ errcode: 60020, errmsg })));

    const error = (await failure(api.post("message/send", {}))) as AuthenticationError;

    expect(error.hint).toContain("203.0.113.9");
    expect(error.hint).toContain("企业可信IP");
    expect(error.message).toBe(
      "WeCom refused message/send: not allow to access from your ip, hint: [1700000000123], from ip: 203.0.113.9 (errcode 60020)",
    );
  });

  it.each([
    [95011, "self-built app"],
    [95012, "kf.weixin.qq.com"],
  ])("%i says which console the secret belongs to", async (errcode, place) => {
    expect(((await refusedBy([errcode])) as AuthenticationError).hint).toContain(place);
  });

  it("with an unknown number is given up, and says that it is unknown", async () => {
    expect(await refusedBy([123_456])).toMatchObject({ name: "RejectedError", code: "wecom.unmapped" });
  });

  it("tells when the platform could not read our JSON", async () => {
    const { api } = setUp(fakePlatform(() => ({ errcode: 40058, errmsg: "Warning: wrong json format. " })));

    expect(((await failure(api.post("x", {}))) as RejectedError).hint).toContain("please report");
  });

  it.each([
    ["message/send", 60011, "conversation"],
    ["appchat/send", 60011, "conversation"],
    ["appchat/send", 48002, "conversation"],
    ["message/send", 48002, "account"],
  ])("of an app by %s with %i stops the %s", async (path, errcode, scope) => {
    const { api } = setUp(refusing(errcode), { errcodes: APP_ERRCODES });

    const error = await failure(api.post(path, {}));

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ scope });
  });

  it("is looked up in the channel's own table first", async () => {
    const errcodes = { 95001: { act: "give-up", code: "mine", hint: "Mine." } } as const;
    const { api } = setUp(refusing(95001), { errcodes });

    expect(await failure(api.post("x", {}))).toMatchObject({ code: "mine" });
  });
});

describe("a platform that cannot be reached", () => {
  const broken = (error: Error) => {
    const platform = fakePlatform(() => {
      throw error;
    });
    return setUp(platform).api;
  };

  it("leaves open whether the message arrived", async () => {
    expect(await failure(broken(new Error("reset")).post("x", {}))).toMatchObject({
      name: "TransientError",
      code: "wecom.unreachable",
      sent: "unknown",
    });
  });

  it("certainly has not got it when the connection was never made", async () => {
    const error = Object.assign(new Error("refused"), { code: "http.connect", sent: "no" });

    expect(await failure(broken(error).post("x", {}))).toMatchObject({ sent: "no", cause: { code: "http.connect" } });
  });

  it("is not the reason when the caller gave up", async () => {
    const leaving = new AbortController();
    const platform = fakePlatform(() => {
      leaving.abort(new Error("shutting down"));
      throw new Error("aborted");
    });

    expect(await failure(setUp(platform).api.post("x", {}, leaving.signal))).toMatchObject({
      message: "shutting down",
    });
  });

  it.each([
    ["a 500", () => new Response("oops", { status: 500 }), TransientError],
    ["a 429", () => new Response("oops", { status: 429 }), TransientError],
    ["a page of HTML", () => new Response("<html>"), TransientError],
    ["half an answer", () => new Response('{"errcode":0,'), TransientError],
    ["an empty answer", () => new Response(""), TransientError],
    ["a 404", () => new Response("oops", { status: 404 }), ProtocolError],
    ["an errcode that is no number", () => Response.json({ errcode: "ok" }), ProtocolError],
  ])("answers with %s", async (_name, answer, kind) => {
    expect(await failure(setUp(fakePlatform(answer)).api.post("x", {}))).toBeInstanceOf(kind);
  });

  it("may redirect, but the token is not carried anywhere", async () => {
    const redirect = () => new Response(null, { status: 302, headers: { location: "https://evil.example/" } });
    const { api, platform } = setUp(fakePlatform(redirect));

    const error = await failure(api.get("media/get"));

    expect(error).toMatchObject({ name: "ProtocolError", code: "wecom.redirected" });
    expect(platform.received.every(({ url }) => url.hostname === "qyapi.weixin.qq.com")).toBe(true);
    expect(platform.calls("media/get")[0]?.request.redirect).toBe("manual");
  });
});

describe("what the operator must repair", () => {
  it("is remembered with its beginning until the same API works", async () => {
    const { api, clock } = setUp(refusing(60020, 60020, 0));
    const began = clock.now();
    await failure(api.post("message/send", {}));
    clock.advance(5000);
    await failure(api.post("message/send", {}));

    expect(api.problem()).toMatchObject({ path: "message/send", sinceMs: began, error: { platformCode: 60020 } });
    await api.post("message/send", {});
    expect(api.problem()).toBeUndefined();
  });

  it("is over for all APIs when one works, where the address was not trusted", async () => {
    const { api } = setUp(refusing(60020, 0));
    await failure(api.post("message/send", {}));

    await api.get("getcallbackip");

    expect(api.problem()).toBeUndefined();
  });

  it("includes a refused secret, until a token comes", async () => {
    const { api, clock, platform } = setUp();
    const working = platform.token;
    platform.token = () => ({ errcode: 40001, errmsg: "invalid credential" });
    await failure(api.get("x"));
    expect(api.problem()).toMatchObject({ path: "gettoken", error: { code: "wecom.secret-refused" } });

    platform.token = working;
    clock.advance(MINUTE_MS);
    await api.get("x");

    expect(api.problem()).toBeUndefined();
  });

  it("can be let go of, since a call that works says nothing of another's permission", async () => {
    const { api } = setUp(refusing(48002, 0, 48002));
    await failure(api.post("message/send", {}));
    await api.get("getcallbackip");
    expect(api.problem()).toMatchObject({ path: "message/send" });

    api.forgetProblems();

    expect(api.problem()).toBeUndefined();
    await failure(api.post("message/send", {}));
    expect(api.problem()).toMatchObject({ path: "message/send" });
  });

  it("is nothing when a message was merely refused", async () => {
    const { api } = setUp(refusing(44004));
    await failure(api.post("message/send", {}));

    expect(api.problem()).toBeUndefined();
  });
});

describe("secrets", () => {
  const echo = "bad CANARY-SECRET CANARY-TOKEN-1 https://x/?access_token=CANARY-TOKEN-1 corpsecret=CANARY-SECRET&b";
  const withUrl = new TypeError(`Failed to parse URL from https://x/cgi-bin?corpsecret=${SECRET}`, {
    cause: Object.assign(new Error("https://x/?access_token=CANARY-TOKEN-1"), { code: SECRET }),
  });
  it.each([
    ["a refusal that repeats them", () => ({ errcode: 44004, errmsg: echo })],
    ["a refused secret that repeats them", () => ({ errcode: 40001, errmsg: echo })],
    ["a page that repeats them", () => new Response(echo)],
    ["a status", () => new Response(echo, { status: 502 })],
    ["a network error that repeats them", () => Promise.reject(withUrl)],
  ])("appear in no error: %s", async (_name, answer) => {
    const logged: unknown[] = [];
    const log = {
      child: () => log,
      ...Object.fromEntries(
        ["debug", "info", "warn", "error"].map((level) => [level, (...all: unknown[]) => logged.push(all)]),
      ),
    } as unknown as NonNullable<WecomApiOptions["log"]>;
    const { api, platform, clock } = setUp(fakePlatform(answer), { log });
    const errors = [await failure(api.post("x", {}))];
    platform.token = answer as () => object;
    // A background refresh that fails is logged; a foreground one is thrown.
    clock.advance(7200_000 - MINUTE_MS);
    errors.push(await failure(api.post("x", {})));
    clock.advance(MINUTE_MS);
    errors.push(await failure(api.post("x", {})));

    expect(inspect([errors, logged], { depth: 12 }) + JSON.stringify([errors, logged])).not.toContain("CANARY");
  });

  it("do not stand in anything the client shows", async () => {
    const { api } = setUp();
    await api.get("x");

    expect(inspect(api, { depth: 9, showHidden: true })).not.toContain("CANARY");
  });

  it("are never sent with a debug parameter, which is limited to five calls a minute", async () => {
    const { api, platform } = setUp();
    await api.get("x");

    expect(platform.received.some(({ query }) => query.has("debug"))).toBe(false);
  });
});

function memoryState(onSet: (key: string, options?: StateOptions) => void): State {
  const values = new Map<string, JsonValue>();
  return {
    get: async (key) => values.get(key),
    async set(key, value, options) {
      onSet(key, options);
      values.set(key, value);
    },
    async compareAndSet(key, expected, value, options) {
      if (values.get(key) !== expected) return false;
      onSet(key, options);
      values.set(key, value);
      return true;
    },
    delete: async (key) => void values.delete(key),
    list: async (prefix) =>
      [...values].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value })),
  };
}
