import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Simulator, startSimulator } from "@wxgate/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { type GatewayUnderTest, type Json, runCli, startGateway, waitFor } from "./harness.ts";

const BOT = "51a3c0ffee01@im.bot";
const OWNER = "alice";

interface IlinkOptions {
  readonly channel?: Json;
  readonly config?: Json;
  readonly sim?: Simulator;
  readonly crashPoint?: string;
  /** Module text of an agent instead of echo. */
  readonly agent?: string;
}

/** A gateway with one personal bot, signed in by its token. */
async function startIlink({
  channel = {},
  config = {},
  agent,
  ...options
}: IlinkOptions = {}): Promise<GatewayUnderTest> {
  const sim = options.sim ?? (await startSimulator());
  if (options.sim === undefined) onTestFinished(() => sim.close());
  return startGateway({
    sim,
    ...(options.crashPoint === undefined ? {} : { crashPoint: options.crashPoint }),
    ...(agent === undefined ? {} : { files: { "agent.mjs": agent } }),
    config: {
      channels: { me: { ...ilinkChannel(sim), ...channel } },
      ...(agent === undefined ? {} : { agents: { mine: { type: "module", path: "./agent.mjs" } } }),
      ...config,
    },
  });
}

function ilinkChannel(sim: Simulator): Json {
  const bot = sim.accounts().find(({ account }) => account === BOT);
  if (!bot) throw new Error(`the simulator does not hold ${BOT}`);
  const { token, userId, baseUrl, cdnBaseUrl } = bot;
  return { type: "weixin-ilink", token, userId, baseUrl, cdnBaseUrl, gapMs: 0 };
}

const writes = (gateway: GatewayUnderTest, text: string, from = OWNER, bot = BOT) =>
  gateway.customerWrites(text, from, bot);
const replies = (gateway: GatewayUnderTest, from = OWNER, bot = BOT) => gateway.repliesTo(from, bot);
const shown = (gateway: GatewayUnderTest, from = OWNER, bot = BOT) =>
  gateway.sim.screen({ account: bot, user: from }).items.filter(({ direction }) => direction === "outbound");

interface Account {
  readonly account: string;
  readonly state: string;
}
async function health(gateway: GatewayUnderTest): Promise<{ state: string; accounts: readonly Account[] }> {
  const { items } = await gateway.api<{ items: { state: string; accounts: Account[] }[] }>("/api/channels");
  return items[0] as { state: string; accounts: Account[] };
}

/** Scans the code that waits in the simulator. */
async function scanNewest(sim: Simulator, user: string, confirm = true): Promise<Json> {
  const code = await waitFor(async () => {
    const { codes } = (await sim.act("weixin-ilink", "codes", {})) as { codes: { qrcode: string; status: string }[] };
    return codes.filter(({ status }) => status === "wait").at(-1);
  });
  return sim.scan({ qrcode: code.qrcode, user, confirm });
}

function botOf(sim: Simulator, user: string): string {
  const bot = sim.accounts().find(({ type, name }) => type === "weixin-ilink" && name === `${user}'s bot`);
  if (!bot) throw new Error(`${user} has no bot`);
  return bot.account;
}

describe("a message to a personal bot", () => {
  it("is answered, and the platform sees what its own client would send", async () => {
    const gateway = await startIlink();

    await writes(gateway, "hello");

    await waitFor(() => replies(gateway).length === 1);
    expect(replies(gateway)).toEqual(["You said: hello"]);
    expect(await gateway.sim.act("weixin-ilink", "violations", {})).toEqual({ violations: [] });
  });

  it("is answered to the newest context token, though the platform gives a new one with each", async () => {
    const gateway = await startIlink();
    gateway.sim.setFaults([{ name: "ilink.strict-context" }]);

    for (const text of ["one", "two", "three"]) await writes(gateway, text);

    await waitFor(() => replies(gateway).join().includes("three"));
    expect(shown(gateway).every(({ state }) => state === "shown")).toBe(true);
  });

  it("reaches the agent with its files, decrypted, and speech as WAV", async () => {
    const gateway = await startIlink();
    const picture = { kind: "image" } as const;
    await gateway.sim.send({ account: BOT, from: OWNER, content: [picture, { kind: "voice" }, { kind: "file" }] });
    await writes(gateway, "done");

    await waitFor(() => replies(gateway).join().includes("done"));
    const { items } = await gateway.api<{ items: { id: string }[] }>("/api/conversations");
    const page = await gateway.api<{ items: { direction: string; content: { media?: { mime: string } }[] }[] }>(
      `/api/conversations/${items[0]?.id}/messages`,
    );
    const mimes = page.items.flatMap(({ content }) => content.flatMap(({ media }) => media?.mime ?? []));
    expect(mimes.sort()).toEqual(["audio/wav", "image/png", "text/plain"]);
  });

  it("is kept and answered after a kill at any point, once", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    sim.setFaults([{ name: "ilink.replay" }]);
    const gateway = await startIlink({ sim });
    const points = ["before-accept", "after-accept", "mid-agent", "after-complete-turn", "before-send"];
    for (const [index, crashPoint] of points.entries()) {
      await gateway.kill9();
      await gateway.restart({ crashPoint });
      await writes(gateway, `<${index}>`);
      await gateway.exit();
      await gateway.restart();
      await waitFor(() => replies(gateway).join().includes(`<${index}>`), { timeoutMs: 30_000 });
    }

    expect(replies(gateway)).toEqual(points.map((_, index) => `You said: <${index}>`));
  }, 120_000);

  it("is sent again under the same id when the answer to a send was lost, and shown once", async () => {
    const gateway = await startIlink();
    gateway.sim.setFaults([{ name: "ilink.reset-after", target: "sendmessage", count: 1 }]);

    await writes(gateway, "hello");

    await waitFor(async () => (await sends(gateway)).length === 2, { timeoutMs: 20_000 });
    expect(new Set(await sends(gateway)).size).toBe(1);
    expect(replies(gateway)).toEqual(["You said: hello"]);
  }, 40_000);

  it("survives a storm of kills: nothing lost, nothing answered twice, in order", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    sim.setFaults([{ name: "ilink.replay" }]);
    const gateway = await startIlink({ sim, channel: { dmPolicy: "open" }, config: { log: { level: "warn" } } });
    const people = Array.from({ length: 10 }, (_, index) => `storm${index}`);
    let writing = true;
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const writers = Promise.all(
      people.map(async (person) => {
        for (let n = 1; n <= 8; n += 1) {
          await writes(gateway, `<${person}:${n}>`, person);
          await pause(100 + 300 * Math.random());
        }
      }),
    ).then(() => {
      writing = false;
    });
    for (let kills = 0; writing || kills < 5; kills += 1) {
      await pause(100 + 500 * Math.random());
      await gateway.kill9();
      await gateway.restart();
    }
    await writers;

    const answered = (person: string) => replies(gateway, person).flatMap((text) => text.match(/<\w+:\d+>/g) ?? []);
    await waitFor(() => people.every((person) => answered(person).length >= 8), { timeoutMs: 60_000 }).catch(
      () => undefined,
    );
    for (const person of people) {
      expect(answered(person)).toEqual(Array.from({ length: 8 }, (_, n) => `<${person}:${n + 1}>`));
    }
  }, 120_000);
});

/** `client_id` of every send the platform was asked for. */
async function sends(gateway: GatewayUnderTest): Promise<readonly string[]> {
  const { entries } = gateway.sim.log({ path: "sendmessage" });
  return entries.map(({ body }) => (body as { msg: { client_id: string } }).msg.client_id);
}

describe("signing in", () => {
  it("needs no restart: wxgate login shows the code, and the bot answers once it was scanned", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    const gateway = await startIlink({ sim, channel: { token: undefined, userId: undefined } });
    expect(await health(gateway)).toMatchObject({ state: "needs-login", accounts: [] });

    const login = gateway.cli("login", "me");
    await scanNewest(sim, "bob");
    const { code, stdout } = await login;
    await writes(gateway, "hello", "bob", botOf(sim, "bob"));

    expect(code).toBe(0);
    expect(stdout).toContain("https://liteapp.weixin.qq.com/q/");
    expect(stdout).toContain("Signed in");
    await waitFor(() => replies(gateway, "bob", botOf(sim, "bob")).length === 1);
  }, 30_000);

  it("asks for the digits on the phone, again when they are wrong, and goes on with the right ones", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    sim.setFaults([{ name: "ilink.verify-code", value: "4321" }]);
    const gateway = await startIlink({ sim, channel: { token: undefined, userId: undefined } });
    const events = readLogin(gateway);
    await scanNewest(sim, "bob");

    await waitFor(() => events.kinds().filter((kind) => kind === "code-needed").length === 1);
    await gateway.api("/api/channels/me/login/code", { method: "POST", body: { code: "1111" } });
    await waitFor(() => events.kinds().filter((kind) => kind === "code-needed").length === 2);
    await gateway.api("/api/channels/me/login/code", { method: "POST", body: { code: "4321" } });

    await waitFor(() => events.kinds().includes("confirmed"), { timeoutMs: 15_000 });
    expect(events.kinds()).toEqual(["qr", "code-needed", "code-needed", "scanned", "confirmed"]);
  }, 30_000);

  it("survives a restart", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    const gateway = await startIlink({ sim, channel: { token: undefined, userId: undefined } });
    const events = readLogin(gateway);
    await scanNewest(sim, "bob");
    await waitFor(() => events.kinds().includes("confirmed"));
    await gateway.kill9();
    await gateway.restart();

    await writes(gateway, "hello", "bob", botOf(sim, "bob"));

    await waitFor(() => replies(gateway, "bob", botOf(sim, "bob")).length === 1);
  }, 30_000);

  it("keeps two people's accounts apart", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    const gateway = await startIlink({ sim });
    const events = readLogin(gateway);
    await scanNewest(sim, "bob");
    await waitFor(() => events.kinds().includes("confirmed"));
    const bobs = botOf(sim, "bob");

    await Promise.all([writes(gateway, "from alice"), writes(gateway, "from bob", "bob", bobs)]);

    await waitFor(() => replies(gateway).length === 1 && replies(gateway, "bob", bobs).length === 1);
    expect(replies(gateway)).toEqual(["You said: from alice"]);
    expect(replies(gateway, "bob", bobs)).toEqual(["You said: from bob"]);
    const { items } = await gateway.api<{ items: { account: string; peer: string }[] }>("/api/conversations");
    expect(items).toHaveLength(2);
    expect(items.every(({ account, peer }) => account === peer)).toBe(true);
  }, 30_000);

  it("is seen to have expired at once; a new scan carries on with the same conversation", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    const gateway = await startIlink({ sim, agent: SLOW_AGENT });
    await writes(gateway, "before");
    await waitFor(() => shown(gateway).length === 1);
    await writes(gateway, "cut off");
    await waitFor(() => gateway.log().includes("turn started"));
    await sim.act("weixin-ilink", "unbind", { account: BOT });
    await waitFor(async () => (await health(gateway)).state === "needs-login");
    const polls = () => sim.log({ path: "getupdates" }).entries.length;
    const pollsThen = polls();

    const events = readLogin(gateway);
    await scanNewest(sim, OWNER);
    await waitFor(() => events.kinds().includes("confirmed"));
    const bot = botOf(sim, OWNER);
    await waitFor(async () => (await health(gateway)).state === "ok");
    await writes(gateway, "after", OWNER, bot);

    await waitFor(() => replies(gateway, OWNER, bot).length === 2, { timeoutMs: 20_000 });
    // What was cut off goes first, then the answer to what came after; nothing is said twice.
    expect(replies(gateway, OWNER, bot)).toEqual(["echo cut off", "echo after"]);
    expect(polls() - pollsThen).toBeLessThan(8);
    const { items } = await gateway.api<{ items: unknown[] }>("/api/conversations");
    expect(items).toHaveLength(1);
    expect(await health(gateway)).toMatchObject({ state: "ok", accounts: [{ state: "ok" }] });
  }, 60_000);
});

const SLOW_AGENT = `export default {
  async *respond(turn) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    yield { kind: "text-delta", text: "echo " + turn.messages.map((m) => m.content.map((c) => c.text).join()).join() };
  },
};`;

describe("an answer of more messages than WeChat allows", () => {
  it("stops at ten, the last of which says so, and goes on with the next message", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    const gateway = await startIlink({
      sim,
      channel: { mediaLocalRoots: ["./pictures"] },
      agent: PICTURES_AGENT,
    });
    mkdirSync(join(gateway.dir, "pictures"), { recursive: true });
    for (let n = 1; n <= 14; n += 1) writeFileSync(join(gateway.dir, "pictures", `${n}.png`), picture(n));

    await writes(gateway, "pictures");
    await waitFor(() => shown(gateway).length === 10, { timeoutMs: 20_000 });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const first = shown(gateway);
    await writes(gateway, "继续");
    await waitFor(() => shown(gateway).length === 15, { timeoutMs: 20_000 });

    expect(first).toHaveLength(10);
    expect(first.at(-1)).toMatchObject({ kind: "text", text: expect.stringContaining("回复任意内容") });
    const pictures = shown(gateway).filter(({ kind }) => kind === "image");
    expect(pictures.map(({ media }) => (media as { bytes: number }).bytes)).toEqual(
      Array.from({ length: 14 }, (_, n) => picture(n + 1).length),
    );
    expect(shown(gateway).every(({ state }) => state === "shown")).toBe(true);
    expect(refusals(sim)).toEqual([]);
  }, 60_000);
});

const PICTURES_AGENT = `export default {
  async *respond() {
    for (let n = 1; n <= 14; n += 1) yield { kind: "content", content: { kind: "image", path: "./" + n + ".png" } };
  },
};`;

/** A picture whose length tells which it is. */
function picture(n: number): Buffer {
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  );
  return Buffer.concat([png, Buffer.alloc(n)]);
}

/** Calls the platform refused. */
function refusals(sim: Simulator): readonly unknown[] {
  return sim
    .log({ path: "/ilink/" })
    .entries.map(({ answer }) => answer as { ret?: number; errcode?: number })
    .filter(({ ret = 0, errcode = 0 }) => ret !== 0 || errcode !== 0);
}

describe("somebody who may not talk", () => {
  it("costs no download, no typing, no command and no answer", async () => {
    const gateway = await startIlink();

    await gateway.sim.send({
      account: BOT,
      from: "eve",
      content: [{ kind: "image" }, { kind: "text", text: "/help" }],
    });
    await writes(gateway, "let me in", "eve");
    await writes(gateway, "hello");
    await waitFor(() => replies(gateway).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 1_000));

    expect(shown(gateway, "eve").filter(({ text }) => !isPairingNotice(text))).toEqual([]);
    expect(gateway.sim.log({ path: "/cdn/" }).entries).toEqual([]);
    const typed = gateway.sim.log({ path: "typing" }).entries.map(({ body }) => (body as Json).ilink_user_id);
    expect(typed).not.toContain(gateway.sim.screen({ account: BOT, user: "eve" }).user.id);
  });
});

/** Answers after a moment; "wait" it never answers. */
const UNHURRIED_AGENT = `export default {
  async *respond(turn, signal) {
    const waits = turn.messages.at(-1).content[0].text === "wait";
    await new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      if (!waits) setTimeout(resolve, 300);
    });
    yield { kind: "text-delta", text: "done" };
  },
};`;

describe("typing", () => {
  it("is shown while the agent works, and ends with the answer, with /stop, and when the gateway stops meanwhile", async () => {
    const gateway = await startIlink({ agent: UNHURRIED_AGENT, config: { defaultAgent: "mine" } });
    const isShown = () => gateway.sim.screen({ account: BOT, user: OWNER }).chat.typing === true;

    await writes(gateway, "hello");
    await waitFor(isShown);
    await waitFor(() => replies(gateway).length === 1 && !isShown());
    await writes(gateway, "wait");
    await waitFor(isShown);
    await writes(gateway, "/stop");
    await waitFor(() => !isShown());
    await writes(gateway, "wait");
    await waitFor(isShown);
    await gateway.stop();

    expect(isShown()).toBe(false);
  });
});

/** With pairing, a stranger may be told once how to be let in. */
const isPairingNotice = (text: string | undefined) => /pair|配对/i.test(text ?? "");

describe("the log", () => {
  it("holds no token, QR link, context token, media key or media query at any level, and no text", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    // What a broken answer held comes again.
    sim.setFaults([{ name: "ilink.replay" }]);
    const gateway = await startIlink({ sim });
    const events = readLogin(gateway);
    await scanNewest(sim, "bob");
    await waitFor(() => events.kinds().includes("confirmed"));
    await gateway.sim.send({ account: BOT, from: OWNER, content: [{ kind: "image" }] });
    await writes(gateway, "a very private sentence");
    sim.setFaults([
      { name: "ilink.cdn-status", target: "download", count: 2 },
      { name: "ilink.garbage", target: "getupdates", count: 1 },
    ]);
    await writes(gateway, "another private sentence");
    await waitFor(() => replies(gateway).join().includes("another"), { timeoutMs: 20_000 });

    const wire = sim.log({ path: "/ilink/" }).entries.map(({ body, answer }) => JSON.stringify([body, answer]));
    const secrets = wire.flatMap((text) => [
      ...text.matchAll(
        /"(?:context_token|aeskey|aes_key|encrypt_query_param|bot_token|qrcode|typing_ticket)":"([^"]{8,})"/g,
      ),
    ]);
    const values = new Set([
      ...secrets.map((match) => match[1] as string),
      "private sentence",
      "liteapp.weixin.qq.com",
    ]);
    const bot = ilinkChannel(sim).token as string;
    expect(values.size).toBeGreaterThan(6);
    for (const secret of [...values, bot, bot.split(":")[1] as string]) expect(gateway.log()).not.toContain(secret);
  }, 40_000);
});

describe("wxgate send", () => {
  it("finds the person whatever the case of the id, and needs a message of theirs first", async () => {
    const gateway = await startIlink();
    await writes(gateway, "hello");
    await waitFor(() => replies(gateway).length === 1);
    const { id } = gateway.sim.screen({ account: BOT, user: OWNER }).user;

    const { code } = await runCli(gateway.dir, ["send", "me", `user:${id.toLowerCase()}`, "good news"]);

    expect(code).toBe(0);
    await waitFor(() => replies(gateway).includes("good news"));
  });
});

/** Signs in over the admin API; the kinds of its events so far. */
function readLogin(gateway: GatewayUnderTest): { kinds(): readonly string[] } {
  let text = "";
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  void (async () => {
    const response = await fetch(`${gateway.adminUrl}/api/channels/me/login`, {
      method: "POST",
      headers: { authorization: "Bearer admin-token-of-the-tests" },
      signal: stop.signal,
    });
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  })().catch(() => {
    // The test is over.
  });
  return { kinds: () => [...text.matchAll(/^event: (.+)$/gm)].map((match) => match[1] as string) };
}
