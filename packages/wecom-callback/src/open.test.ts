import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { createCrypto } from "@wxgate/wecom-crypto";
import { describe, expect, it, vi } from "vitest";
import {
  type CallbackCandidate,
  type CallbackWebhookOptions,
  createCallbackOpener,
  createCallbackWebhook,
  type RefusalReason,
  sealJsonReply,
  sealXmlReply,
  type XmlFields,
  xmlText,
} from "./index.ts";

interface BadInput {
  name: string;
  status: number;
  method: string;
  query: string;
  body?: string;
  bodyBase64?: string;
  repeat?: { text: string; times: number };
}
interface Vector {
  id: string;
  token: string;
  encodingAESKey: string;
  receiveId: string;
  timestamp: string;
  nonce: string;
  plaintext: string;
  encrypt: string;
  signature: string;
}
const read = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as T;
const { config, cases } = read<{
  config: { token: string; encodingAESKey: string; corpId: string };
  cases: BadInput[];
}>("./fixtures/bad-input.json");
const vectors = read<Vector[]>("../../wecom-crypto/src/fixtures/positive.json");
const vector = (id: string): Vector => vectors.find((v) => v.id === id) as Vector;

const NOW_SECONDS = 1_767_225_661;
const clock = { now: () => NOW_SECONDS * 1000 };
const OTHER_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const ORIGIN = "http://gateway.example/cb";

const appCandidate = (id: string, overrides: Partial<Parameters<typeof createCrypto>[0]> = {}, agentId?: string) => ({
  id,
  crypto: createCrypto({ ...config, receiveId: config.corpId, ...overrides }),
  likely: { toUserName: config.corpId, ...(agentId === undefined ? {} : { agentId }) },
  accepts: (body: XmlFields) => agentId === undefined || xmlText(body, "AgentID") === agentId,
});

interface PostParts {
  crypto?: ReturnType<typeof createCrypto>;
  agentId?: string;
  plaintext?: string;
  timestamp?: string;
  toUserName?: string;
}
/** A callback as the platform would send it. */
function post({ crypto, agentId = "1000017", plaintext, timestamp = String(NOW_SECONDS), toUserName }: PostParts = {}) {
  const sender = crypto ?? createCrypto({ ...config, receiveId: config.corpId });
  const text = plaintext ?? `<xml><MsgType>text</MsgType><AgentID>${agentId}</AgentID></xml>`;
  const encrypt = sender.encrypt(text);
  const signature = sender.sign({ timestamp, nonce: "n1", encrypt });
  const body = `<xml><ToUserName>${toUserName ?? config.corpId}</ToUserName><AgentID>${agentId}</AgentID><Encrypt>${encrypt}</Encrypt></xml>`;
  return new Request(`${ORIGIN}?msg_signature=${signature}&timestamp=${timestamp}&nonce=n1`, { method: "POST", body });
}

function setUp(overrides: Partial<CallbackWebhookOptions<"xml">> = {}) {
  const handled: { id: string; text: string }[] = [];
  const refusals: RefusalReason[] = [];
  const webhook = createCallbackWebhook({
    format: "xml",
    candidates: [appCandidate("app")],
    clock,
    handle: async ({ candidate, text }) => {
      handled.push({ id: candidate.id, text });
      return new Response("success");
    },
    onRefused: (reason) => refusals.push(reason),
    ...overrides,
  });
  return { webhook, handled, refusals };
}

describe("the URL check", () => {
  const check = (v: Vector, echostr: string) =>
    new Request(`${ORIGIN}?msg_signature=${v.signature}&timestamp=${v.timestamp}&nonce=${v.nonce}&echostr=${echostr}`);

  it("is answered with exactly the decrypted bytes", async () => {
    const { webhook } = setUp();
    const v = vector("P1");

    const answer = await webhook(check(v, encodeURIComponent(v.encrypt)));

    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(v.plaintext));
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  });

  it.each([
    ["as raw plus signs", (text: string) => text.replaceAll("/", "%2F")],
    ["as spaces", (text: string) => encodeURIComponent(text.replaceAll("+", " "))],
  ])("understands plus signs that arrive %s", async (_name, write) => {
    const { webhook } = setUp();
    const v = vector("P1");

    expect(await (await webhook(check(v, write(v.encrypt)))).text()).toBe(v.plaintext);
  });

  it.each(["msgsignature", "signature"])(
    "accepts the signature as %s, beside parameters of the operator's own",
    async (name) => {
      const { webhook } = setUp();
      const v = vector("P1");
      const url = `${ORIGIN}?a=1&${name}=${v.signature}&timestamp=${v.timestamp}&nonce=${v.nonce}&echostr=${encodeURIComponent(v.encrypt)}&a=2`;

      expect(await (await webhook(new Request(url))).text()).toBe(v.plaintext);
    },
  );
});

describe("a callback", () => {
  it.each(["P2", "P3", "P11", "P12"])("is handed over decrypted: %s of the reference", async (id) => {
    const { webhook, handled } = setUp();
    const v = vector(id);
    const body = `<xml><Encrypt><![CDATA[${v.encrypt}]]></Encrypt><ToUserName>${v.receiveId}</ToUserName></xml>`;
    const query = `msg_signature=${v.signature}&timestamp=${v.timestamp}&nonce=${v.nonce}`;

    const answer = await webhook(new Request(`${ORIGIN}?${query}`, { method: "POST", body }));

    expect(answer.status).toBe(200);
    expect(handled).toEqual([{ id: "app", text: v.plaintext }]);
  });

  it("of a bot comes as JSON and is answered encrypted", async () => {
    const v = vector("P7");
    const crypto = createCrypto(v);
    const webhook = createCallbackWebhook({
      format: "json",
      candidates: [{ id: "bot", crypto }],
      clock,
      handle: async ({ body, receiveId, nonce }) =>
        new Response(
          sealJsonReply(crypto, JSON.stringify({ got: body.msgid }), { receiveId, nonce, timestamp: NOW_SECONDS }),
        ),
    });
    const query = `msg_signature=${v.signature}&timestamp=${v.timestamp}&nonce=${v.nonce}`;

    const answer = await webhook(
      new Request(`${ORIGIN}?${query}`, { method: "POST", body: JSON.stringify({ encrypt: v.encrypt }) }),
    );

    const reply = (await answer.json()) as Record<string, string>;
    expect(crypto.decrypt(reply.encrypt as string).message.toString()).toBe(
      JSON.stringify({ got: (JSON.parse(v.plaintext) as { msgid: string }).msgid }),
    );
    expect(reply).toMatchObject({ timestamp: NOW_SECONDS, nonce: v.nonce });
    expect(
      crypto.verify(reply.msgsignature as string, {
        timestamp: String(NOW_SECONDS),
        nonce: v.nonce,
        encrypt: reply.encrypt as string,
      }),
    ).toBe(true);
  });

  it("of a bot may begin with a byte order mark, outside and inside", async () => {
    const crypto = createCrypto(vector("P7"));
    const handled: unknown[] = [];
    const webhook = createCallbackWebhook({
      format: "json",
      candidates: [{ id: "bot", crypto }],
      clock,
      handle: async ({ body }) => Response.json(handled.push(body)),
    });
    const parts = { encrypt: crypto.encrypt('\uFEFF{"msgid":"m-1"}'), timestamp: String(NOW_SECONDS), nonce: "n" };
    const query = `msg_signature=${crypto.sign(parts)}&timestamp=${parts.timestamp}&nonce=n`;

    const body = Buffer.from(`\uFEFF${JSON.stringify({ encrypt: parts.encrypt })}`);
    await webhook(new Request(`${ORIGIN}?${query}`, { method: "POST", body }));

    expect(handled).toEqual([{ msgid: "m-1" }]);
  });

  it("arriving in many pieces is one callback", async () => {
    const { webhook, handled } = setUp();
    const whole = post();
    const bytes = new Uint8Array(await whole.clone().arrayBuffer());
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < bytes.length; i += 7) controller.enqueue(bytes.slice(i, i + 7));
        controller.close();
      },
    });

    await webhook(new Request(whole.url, { method: "POST", body, duplex: "half" } as RequestInit));

    expect(handled).toHaveLength(1);
  });

  it("whose failed handling is an error for the caller is not taken as refused", async () => {
    const { webhook, refusals } = setUp({ handle: () => Promise.reject(new Error("store is full")) });

    await expect(webhook(post())).rejects.toThrow("store is full");
    expect(refusals).toEqual([]);
  });
});

describe("bad input", () => {
  it.each(cases)("$name: $status", async ({ status, method, query, body, bodyBase64, repeat }) => {
    const { webhook, handled, refusals } = setUp();
    const content = repeat ? repeat.text.repeat(repeat.times) : bodyBase64 ? Buffer.from(bodyBase64, "base64") : body;

    const answer = await webhook(new Request(`${ORIGIN}?${query}`, { method, body: content }));

    expect(answer.status).toBe(status);
    expect(handled).toEqual([]);
    expect(refusals).toHaveLength(1);
    expect(answer.headers.get("allow")).toBe(status === 405 ? "GET, POST" : null);
  });

  it("is answered without repeating any of it", async () => {
    const { webhook } = setUp();

    const answer = await webhook(
      new Request(`${ORIGIN}?msg_signature=CANARY1&timestamp=CANARY2&nonce=CANARY3`, {
        method: "POST",
        body: "<xml><CANARY4/></xml>",
      }),
    );

    expect((await answer.text()) + JSON.stringify([...answer.headers])).not.toContain("CANARY");
  });

  it("has the same answer for every kind of undecryptable content", async () => {
    const { webhook } = setUp();
    const negative = cases.filter(
      ({ name, status }) => /^N\d+ over POST/.test(name) && status === 400 && !name.startsWith("N14"),
    );

    const answers = await Promise.all(
      negative.map(async ({ query, body }) =>
        (await webhook(new Request(`${ORIGIN}?${query}`, { method: "POST", body }))).text(),
      ),
    );

    expect(new Set(answers).size).toBe(1);
  });

  it("stops reading a body that is too large", async () => {
    const { webhook } = setUp({ maxBodyBytes: 64 * 1024 });
    let sent = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 16_384;
        controller.enqueue(new Uint8Array(16_384));
      },
      cancel() {
        cancelled = true;
      },
    });

    const answer = await webhook(
      new Request(post().url, { method: "POST", body: endless, duplex: "half" } as RequestInit),
    );

    expect(answer.status).toBe(413);
    expect(cancelled).toBe(true);
    expect(sent).toBeLessThan(200_000);
  });

  it("does not read a body that announces too much", async () => {
    const { webhook } = setUp({ maxBodyBytes: 100 });

    const answer = await webhook(
      new Request(post().url, { method: "POST", body: "<", headers: { "content-length": "101" } }),
    );

    expect(answer.status).toBe(413);
  });

  it("ends in 400 when the sender goes away in the middle", async () => {
    const { webhook } = setUp();
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("connection reset"));
      },
    });

    const answer = await webhook(
      new Request(post().url, { method: "POST", body: broken, duplex: "half" } as RequestInit),
    );

    expect(answer.status).toBe(400);
  });

  it.each(['{"encrypt":"QQ==","encrypt":"QQ=="}', '{"encrypt":5}', "[]", "{}", "null"])(
    "as JSON is no bot callback: %s",
    async (body) => {
      const webhook = createCallbackWebhook({
        format: "json",
        candidates: [{ id: "bot", crypto: createCrypto(vector("P7")) }],
        clock,
        handle: async () => new Response("handled"),
      });

      expect((await webhook(new Request(post().url, { method: "POST", body }))).status).toBe(400);
    },
  );

  it("inside a right signature is refused too", async () => {
    const { webhook, refusals } = setUp();

    const answer = await webhook(post({ plaintext: "no XML" }));

    expect(answer.status).toBe(400);
    expect(refusals).toEqual(["content"]);
  });
});

describe("the replay window", () => {
  const signedAt = (seconds: number | string) => post({ timestamp: String(seconds) });

  it("is open for any time by default", async () => {
    expect((await setUp().webhook(signedAt(1))).status).toBe(200);
  });

  it.each([NOW_SECONDS - 600, NOW_SECONDS + 600])("lets %i through", async (seconds) => {
    expect((await setUp({ maxSkewSeconds: 600 }).webhook(signedAt(seconds))).status).toBe(200);
  });

  it.each([NOW_SECONDS - 601, NOW_SECONDS + 601, "soon", "1e9"])("refuses %s", async (seconds) => {
    const { webhook, refusals } = setUp({ maxSkewSeconds: 600 });

    expect((await webhook(signedAt(seconds))).status).toBe(401);
    expect(refusals).toEqual(["stale"]);
  });

  it("is looked at after the signature", async () => {
    const { webhook, refusals } = setUp({ maxSkewSeconds: 600 });

    await webhook(
      post({ crypto: createCrypto({ ...config, token: "another", receiveId: config.corpId }), timestamp: "1" }),
    );

    expect(refusals).toEqual(["signature"]);
  });
});

describe("several candidates of one channel", () => {
  const handledBy = async (candidates: CallbackCandidate<XmlFields>[], request: Request) => {
    const { webhook, handled } = setUp({ candidates });
    const answer = await webhook(request);
    return handled[0]?.id ?? answer.status;
  };

  it("are told apart by their token", async () => {
    const second = appCandidate("second", { token: "second" });

    expect(await handledBy([appCandidate("first"), second], post({ crypto: second.crypto }))).toBe("second");
  });

  it("with equal tokens are told apart by the key", async () => {
    const second = appCandidate("second", { encodingAESKey: OTHER_KEY });

    expect(await handledBy([appCandidate("first"), second], post({ crypto: second.crypto }))).toBe("second");
  });

  it("with equal tokens and keys are told apart by the decrypted AgentID", async () => {
    const candidates = ["1", "2", "3"].map((agentId) => appCandidate(`app ${agentId}`, {}, agentId));

    expect(await handledBy(candidates, post({ agentId: "3" }))).toBe("app 3");
  });

  it("are found whatever the envelope pretends", async () => {
    const candidates = ["1", "2"].map((agentId) => appCandidate(`app ${agentId}`, { token: `t${agentId}` }, agentId));
    const honest = "<xml><AgentID>2</AgentID></xml>";

    expect(await handledBy(candidates, post({ crypto: candidates[1]!.crypto, agentId: "1", plaintext: honest }))).toBe(
      "app 2",
    );
  });

  it("cost one signature when the envelope names one of them", async () => {
    const candidates = Array.from({ length: 20 }, (_, i) => appCandidate(`app ${i}`, { token: `t${i}` }, String(i)));
    const verified = candidates.map(({ crypto }) => vi.spyOn(crypto, "verify"));

    expect(await handledBy(candidates, post({ crypto: candidates[17]!.crypto, agentId: "17" }))).toBe("app 17");
    expect(verified.reduce((calls, spy) => calls + spy.mock.calls.length, 0)).toBe(1);
  });
});

describe("channels on one path", () => {
  /** The gateway's chain: every channel gets the same request. */
  function chain(...webhooks: ReturnType<typeof createCallbackWebhook>[]) {
    return (request: Request): Promise<Response> => {
      const call = (i: number): Promise<Response> =>
        (webhooks[i] as (typeof webhooks)[number])(request, i + 1 < webhooks.length ? () => call(i + 1) : undefined);
      return call(0);
    };
  }
  const named = (name: string, options: Partial<CallbackWebhookOptions<"xml">>) =>
    setUp({ handle: async () => new Response(name), ...options });
  const kf = (overrides = {}) =>
    named("kf", {
      candidates: [
        {
          id: "kf",
          crypto: createCrypto({ ...config, receiveId: config.corpId, ...overrides }),
          likely: { toUserName: config.corpId, agentId: "" },
        },
      ],
      handle: async ({ body }) => (xmlText(body, "Event") === "kf_msg_or_event" ? new Response("kf") : undefined),
      maxBodyBytes: 64 * 1024,
    });
  const app = (agentId: string, overrides = {}) =>
    named(`app ${agentId}`, { candidates: [appCandidate(agentId, overrides, agentId)] });
  const KF_EVENT = "<xml><MsgType>event</MsgType><Event>kf_msg_or_event</Event></xml>";
  const text = async (answer: Promise<Response>) => (await answer).text();

  it("share URL, token and key as KF and app: the verified content decides", async () => {
    const path = chain(kf().webhook, app("1000017").webhook);

    expect(await text(path(post({ agentId: "", plaintext: KF_EVENT })))).toBe("kf");
    expect(await text(path(post({ agentId: "1000017" })))).toBe("app 1000017");
  });

  it("find each other also when the envelope says nothing useful", async () => {
    for (const path of [chain(kf().webhook, app("1000017").webhook), chain(app("1000017").webhook, kf().webhook)]) {
      const withoutHints = post({
        agentId: "",
        plaintext: "<xml><AgentID>1000017</AgentID></xml>",
        toUserName: "someone",
      });

      expect(await text(path(withoutHints))).toBe("app 1000017");
      expect(await text(path(post({ agentId: "1000017", plaintext: KF_EVENT })))).toBe("kf");
    }
  });

  it("acknowledge what was verified but is nobody's", async () => {
    const answer = await chain(kf().webhook, app("5").webhook)(post({ agentId: "6" }));

    expect([answer.status, await answer.text()]).toEqual([200, "success"]);
  });

  it("tell of what is nobody's, once, and of nothing that one of them took", async () => {
    const unwanted: string[] = [];
    const apps = ["5", "6"].map((agentId) =>
      named(agentId, {
        candidates: [appCandidate(agentId, {}, agentId)],
        onUnwanted: (body) => unwanted.push(`${agentId} hears of ${xmlText(body, "AgentID")}`),
      }),
    );
    const stranger = named("other", { candidates: [appCandidate("other", { token: "other" })] });
    const path = chain(stranger.webhook, ...apps.map(({ webhook }) => webhook));

    await path(post({ agentId: "6", toUserName: "nobody" }));
    expect([unwanted, stranger.refusals]).toEqual([[], []]);
    await path(post({ agentId: "7", toUserName: "nobody" }));

    expect(unwanted).toHaveLength(1);
    expect(unwanted[0]).toMatch(/hears of 7$/);
    expect(stranger.refusals).toEqual([]);
  });

  it("answer 401 once when the signature is nobody's, in whatever order they stand", async () => {
    const stranger = createCrypto({ ...config, token: "stranger", receiveId: config.corpId });

    for (const path of [
      chain(kf().webhook, app("5").webhook),
      chain(app("5").webhook, app("6").webhook, kf().webhook),
    ]) {
      expect((await path(post({ crypto: stranger, agentId: "5" }))).status).toBe(401);
    }
  });

  it("answer 400 when one of them knows the token but none the key", async () => {
    const otherKey = createCrypto({ ...config, encodingAESKey: OTHER_KEY, receiveId: config.corpId });

    for (const path of [
      chain(kf().webhook, app("5", { token: "x" }).webhook),
      chain(app("5", { token: "x" }).webhook, kf().webhook),
    ]) {
      expect((await path(post({ crypto: otherKey, agentId: "" }))).status).toBe(400);
    }
  });

  it("let a later channel read a body that is too large for the first", async () => {
    const plaintext = `<xml><AgentID>9</AgentID><Content>${"x".repeat(200_000)}</Content></xml>`;

    const answer = await chain(kf({ token: "k" }).webhook, app("9").webhook)(post({ agentId: "9", plaintext }));

    expect(await answer.text()).toBe("app 9");
  });

  it("check one signature for twenty of them", async () => {
    const candidates = Array.from({ length: 20 }, (_, i) => appCandidate(`${i}`, { token: `t${i}` }, `${i}`));
    const verified = candidates.map(({ crypto }) => vi.spyOn(crypto, "verify"));
    const path = chain(...candidates.map((candidate) => named(candidate.id, { candidates: [candidate] }).webhook));

    expect(await text(path(post({ crypto: candidates[3]!.crypto, agentId: "3" })))).toBe("3");
    expect(verified.reduce((calls, spy) => calls + spy.mock.calls.length, 0)).toBe(1);
  });

  it("may be a bot and an app", async () => {
    const v = vector("P7");
    const bot = createCallbackWebhook({
      format: "json",
      candidates: [{ id: "bot", crypto: createCrypto(v) }],
      clock,
      handle: async () => new Response("bot"),
    });
    const toBot = () =>
      new Request(`${ORIGIN}?msg_signature=${v.signature}&timestamp=${v.timestamp}&nonce=${v.nonce}`, {
        method: "POST",
        body: JSON.stringify({ encrypt: v.encrypt }),
      });

    expect(await text(chain(bot, app("1").webhook)(post({ agentId: "1" })))).toBe("app 1");
    expect(await text(chain(app("1").webhook, bot)(toBot()))).toBe("bot");
  });

  it("answer the URL check of each", async () => {
    const v = vector("P1");
    const url = `${ORIGIN}?msg_signature=${v.signature}&timestamp=${v.timestamp}&nonce=${v.nonce}&echostr=${encodeURIComponent(v.encrypt)}`;

    expect(await text(chain(app("5", { token: "x" }).webhook, kf().webhook)(new Request(url)))).toBe(v.plaintext);
  });

  it("leave the answer to a handler of another kind behind them", async () => {
    const { webhook } = app("5");

    const answer = await webhook(
      post({ crypto: createCrypto({ ...config, token: "x" }) }),
      async () => new Response("theirs"),
    );

    expect(await answer.text()).toBe("theirs");
  });
});

describe("opening by hand", () => {
  it("gives the parts of a verified callback", async () => {
    const open = createCallbackOpener({ format: "xml", candidates: [appCandidate("app")], clock });

    const opened = await open(post());

    expect(opened).toMatchObject({ kind: "message", candidate: { id: "app" }, receiveId: config.corpId, nonce: "n1" });
  });

  it("complains when the body was read before", async () => {
    const open = createCallbackOpener({ format: "xml", candidates: [appCandidate("app")], clock });
    const request = post();
    await request.text();

    await expect(open(request)).rejects.toThrow("read before");
  });
});

describe("a passive reply of an app", () => {
  it("is the envelope of the reference", () => {
    const v = vector("P11");
    const random = Buffer.from((v as Vector & { randomHex: string }).randomHex, "hex");
    const crypto = createCrypto({ ...v, fillRandom: (bytes) => bytes.set(random) });

    const reply = sealXmlReply(crypto, v.plaintext, { timestamp: Number(v.timestamp), nonce: v.nonce });

    expect(reply).toBe(
      `<xml><Encrypt><![CDATA[${v.encrypt}]]></Encrypt><MsgSignature><![CDATA[${v.signature}]]></MsgSignature>` +
        `<TimeStamp>${v.timestamp}</TimeStamp><Nonce><![CDATA[${v.nonce}]]></Nonce></xml>`,
    );
  });
});
