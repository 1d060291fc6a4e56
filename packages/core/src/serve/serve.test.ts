import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Channel, ChannelPorts, CreateChannel, OutboundMessage, ReplyPolicy } from "../channel.ts";
import { TransientError } from "../errors.ts";
import type { InboundMessage } from "../message.ts";
import { type MessageHandler, serve } from "./serve.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wxgate-serve-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const quiet = { child: () => quiet, debug() {}, info() {}, warn() {}, error() {} };
const options = { log: quiet, clock: { now: () => Date.now(), sleep: async () => {} } };
/** A hundred times as fast as the world. */
const waiting = {
  log: quiet,
  clock: {
    now: () => Date.now(),
    sleep: (ms: number, signal?: AbortSignal) => wait(ms / 100, undefined, { signal }),
  },
};
const inAnHour = () =>
  new TransientError("too much", { code: "test.paced", until: { at: new Date(Date.now() + 3_600_000) } });

function message(id: string, text: string, peer = "wm1"): InboundMessage {
  return {
    id,
    from: { channel: "channel", account: "wk1", kind: "direct", peer },
    sender: { id: peer },
    sentAt: new Date("2026-11-20T10:00:00Z"),
    content: [{ kind: "text", text }],
  };
}

/** A platform of one text per message: what it was given to send, and the ports to receive by. */
function platform(
  behaviour: Pick<ReplyPolicy, "sendsPerInbound" | "windowMs"> & { fail?: (attempt: number) => Error | undefined } = {},
) {
  const sent: OutboundMessage[] = [];
  const { fail, ...reply } = behaviour;
  const settled: (readonly string[])[] = [];
  let attempts = 0;
  let ports: ChannelPorts | undefined;
  const create: CreateChannel<object> = (id, _config, given): Channel => {
    ports = given;
    return {
      id,
      type: "test",
      reply,
      target: (peer) => ({ channel: id, account: "wk1", kind: "direct", peer }),
      prepare: (reply) => reply.map((content) => ({ content: [content] })),
      async send(outbound, signal) {
        signal.throwIfAborted();
        attempts += 1;
        const error = fail?.(sent.length + outbound.attempt);
        if (error !== undefined) throw error;
        sent.push(outbound);
        return {};
      },
      async settle({ answers }) {
        settled.push(answers);
        if (answers[0] === "broken") throw new Error("the line is down");
      },
      health: () => ({ state: "ok", accounts: [] }),
    };
  };
  return {
    create,
    sent,
    settled,
    attempts: () => attempts,
    texts: () => sent.map(({ piece }) => (piece.content[0]?.kind === "text" ? piece.content[0].text : "")),
    ports: () => ports!,
  };
}

describe("one channel in one's own application", () => {
  it("answers a message", async () => {
    const { create, texts, ports } = platform();
    const served = await serve(create, {}, (m) => m.reply(`you said ${m.text}`), options);

    await ports().inbox.accept({ messages: [message("1", "hi")] });
    await served.close();

    expect(texts()).toEqual(["you said hi"]);
  });

  it("closes what was opened for a message that gets no answer", async () => {
    const { create, settled, texts, ports } = platform();
    const served = await serve(create, {}, (m) => (m.text === "hi" ? m.reply("hello") : undefined), options);

    await ports().inbox.accept({ messages: [message("1", "thanks"), message("broken", "ok"), message("2", "hi")] });
    await served.close();

    expect(settled).toEqual([["1"], ["broken"]]);
    expect(texts()).toEqual(["hello"]);
  });

  it("handles the same message once", async () => {
    const { create, texts, ports } = platform();
    const served = await serve(create, {}, (m) => m.reply(m.text), options);

    await ports().inbox.accept({ messages: [message("1", "hi"), message("1", "hi")] });
    const again = await ports().inbox.accept({ messages: [message("1", "hi")] });
    await served.close();

    expect(again).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(texts()).toEqual(["hi"]);
  });

  it("keeps the order of one person and does not let people wait for each other", async () => {
    const { create, texts, ports } = platform();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const served = await serve(
      create,
      {},
      async (m) => {
        if (m.text === "slow") await held;
        await m.reply(m.text);
        if (m.text === "other") release();
      },
      options,
    );

    await ports().inbox.accept({
      messages: [message("1", "slow", "wmA"), message("2", "after", "wmA"), message("3", "other", "wmB")],
    });
    await served.close();

    expect(texts()).toEqual(["other", "slow", "after"]);
  });

  it("sends what the quota forbids now before the next answer, and says that more waits", async () => {
    const { create, sent, texts, ports } = platform({ sendsPerInbound: 2 });
    const served = await serve(
      create,
      {},
      (m) => m.reply(m.text === "list" ? ["a", "b", "c"].map((text) => ({ kind: "text", text })) : "done"),
      options,
    );

    await ports().inbox.accept({ messages: [message("1", "list")] });
    await ports().inbox.accept({ messages: [message("2", "next")] });
    await served.close();

    expect(texts()).toEqual(["a", "b", "c", "done"]);
    expect(sent.map(({ note }) => note)).toEqual([undefined, "more-waits", undefined, undefined]);
  });

  it("lets the platform decide again once the time in which it takes answers is over", async () => {
    const { create, texts } = platform({ sendsPerInbound: 1, windowMs: 1_000 });
    let now = 0;
    const served = await serve(create, {}, () => {}, { ...options, clock: { ...options.clock, now: () => now } });
    await served.send("wm1", "one");
    await served.send("wm1", "two");

    now = 999;
    await served.send("wm1", "three");
    const within = [...texts()];
    now = 1_000;
    await served.send("wm1", "four");
    await served.close();

    expect([within, texts()]).toEqual([["one"], ["one", "two"]]);
  });

  it("repeats a send that failed for a moment, with the same id", async () => {
    const ids: string[] = [];
    const { create, sent, ports } = platform({
      fail: (attempt) => (attempt === 1 ? new TransientError("busy", { code: "test.busy" }) : undefined),
    });
    const served = await serve(create, {}, (m) => m.reply(m.text), options);

    await ports().inbox.accept({ messages: [message("1", "hi")] });
    await served.close();
    ids.push(...sent.map(({ id }) => id));

    expect(sent).toHaveLength(1);
    expect(sent[0]?.attempt).toBe(2);
    expect(ids[0]).toMatch(/^[0-9A-Za-z_-]{1,32}$/);
  });

  it("sends to a target nobody wrote from", async () => {
    const { create, sent } = platform();
    const served = await serve(create, {}, () => {}, options);

    await served.send("wm9", "news");
    await served.close();

    expect(sent[0]?.to.peer).toBe("wm9");
  });
});

describe("closing one channel", () => {
  const replyLate: MessageHandler = async (message) => {
    await wait(50);
    await message.reply(message.text);
  };

  it("waits for running handlers and sends what they answer", async () => {
    const { create, texts, ports } = platform();
    const served = await serve(create, {}, replyLate, waiting);
    await ports().inbox.accept({ messages: [message("1", "one"), message("2", "two")] });

    await served.close();

    expect(texts()).toEqual(["one", "two"]);
  });

  it("still repeats what failed for a moment", async () => {
    const { create, sent, ports } = platform({
      fail: (attempt) => (attempt === 1 ? new TransientError("busy", { code: "test.busy" }) : undefined),
    });
    let calls = 0;
    const served = await serve(
      create,
      {},
      async (m) => {
        calls += 1;
        if (calls === 1) throw new Error("the agent is restarting");
        await m.reply(m.text);
      },
      waiting,
    );
    await ports().inbox.accept({ messages: [message("1", "hi")] });

    await served.close();

    expect(sent.map(({ attempt }) => attempt)).toEqual([2]);
  });

  it("ends a long wait, and leaves the message and those behind it to the next start, in their order", async () => {
    const file = join(folder, "kf.jsonl");
    const handled: string[] = [];
    const paced = platform({ fail: inAnHour });
    const served = await serve(
      paced.create,
      {},
      (m) => {
        handled.push(m.text);
        return m.reply(m.text);
      },
      { ...waiting, file },
    );
    await paced.ports().inbox.accept({ messages: [message("1", "first"), message("2", "second")] });
    await expect.poll(paced.attempts).toBe(1);

    await served.close();
    const calm = platform();
    const next = await serve(calm.create, {}, (m) => m.reply(m.text), { ...waiting, file });
    await next.run(new AbortController().signal);
    await next.close();

    expect([handled, paced.attempts(), paced.settled]).toEqual([["first"], 1, []]);
    expect(calm.texts()).toEqual(["first", "second"]);
  });

  it("asks a platform that named a later moment once, when the handler ends after closing began", async () => {
    const { create, attempts, ports } = platform({ fail: inAnHour });
    const served = await serve(create, {}, replyLate, waiting);
    await ports().inbox.accept({ messages: [message("1", "hi")] });

    await served.close();

    expect(attempts()).toBe(1);
  });

  it("tells whoever waits for a send of their own why it did not go out", async () => {
    const { create, attempts } = platform({ fail: inAnHour });
    const served = await serve(create, {}, () => {}, waiting);
    const sending = served.send("wm9", "news").catch((error: unknown) => error);
    await expect.poll(attempts).toBe(1);

    await served.close();

    expect(await sending).toMatchObject({ code: "test.paced" });
  });
});

describe("one channel with a file", () => {
  it("handles after a restart what a crash cut off, and nothing twice", async () => {
    const file = join(folder, "kf.jsonl");
    const before = platform();
    const crashed = await serve(
      before.create,
      {},
      (m) => (m.text === "first" ? m.reply("one") : new Promise<void>(() => {})),
      { ...options, file },
    );
    await before
      .ports()
      .inbox.accept({ messages: [message("1", "first"), message("2", "second")], cursor: { key: "c", value: "c-2" } });
    await expect.poll(() => before.texts()).toEqual(["one"]);
    expect(crashed.channel.id).toBe("channel");

    const after = platform();
    const served = await serve(after.create, {}, (m) => m.reply(m.text), { ...options, file });
    await served.run(new AbortController().signal);
    const repeated = await after.ports().inbox.accept({ messages: [message("1", "first")] });
    const cursor = await after.ports().inbox.cursor("c");
    await served.close();

    expect(after.texts()).toEqual(["second"]);
    expect(repeated.duplicates).toBe(1);
    expect(cursor).toBe("c-2");
  });

  it("handles after a restart all that one person had waiting, in order", async () => {
    const file = join(folder, "kf.jsonl");
    const before = platform();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const crashed = await serve(before.create, {}, () => held, { ...options, file });
    await before.ports().inbox.accept({ messages: [message("1", "first"), message("2", "second")] });

    const after = platform();
    const served = await serve(after.create, {}, (m) => m.reply(m.text), { ...options, file });
    await served.run(new AbortController().signal);
    await served.close();
    release();
    await crashed.close();

    expect(after.texts()).toEqual(["first", "second"]);
  });

  it("lets nobody else read the file, and survives a torn last line", async () => {
    const file = join(folder, "kf.jsonl");
    const first = platform();
    const served = await serve(first.create, {}, () => {}, { ...options, file });
    await first.ports().state.set("token", "t-1");
    await served.close();
    appendFileSync(file, '{"t":"state","key":"tok');

    const second = platform();
    const reopened = await serve(second.create, {}, () => {}, { ...options, file });
    const token = await second.ports().state.get("token");
    await reopened.close();

    expect(token).toBe("t-1");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).not.toContain('"tok"');
  });

  it("does not move a cursor that somebody else moved first", async () => {
    const { create, ports } = platform();
    const served = await serve(create, {}, () => {}, options);
    const { inbox } = ports();
    await inbox.accept({ messages: [], cursor: { key: "c", value: "1", after: "" } });

    await inbox.accept({ messages: [message("5", "late")], cursor: { key: "c", value: "0", after: "" } });

    expect(await inbox.cursor("c")).toBe("1");
    await served.close();
  });
});
