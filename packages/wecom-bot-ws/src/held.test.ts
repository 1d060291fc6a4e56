import type { ReplyTarget, StoredMessage } from "@wxgate/core";
import { createTestPorts, type TestPorts } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { createWecomBotWsChannel, type WecomBotWsOptions } from "./index.ts";
import { bubbles, CONFIG, opens, type RunningBot, says, sends, startBot } from "./test-support/fake-platform.ts";

const MINUTE = 60_000;
const PLACEHOLDER = "⏳ 正在思考…";
const MERGED = "（已合并到后面的回复中）";
const CONTINUES = "⏳ 处理时间较长，回复将显示在下一条消息中";
const NOTHING = "（本次没有回复内容）";
const text = (words: string) => ({ kind: "text", text: words }) as const;

type Fate = StoredMessage["unanswered"] | "done";

/** What the store says of each message; one that it says nothing of waits. */
function portsWithFates(): { readonly test: TestPorts; readonly fates: Map<string, Fate> } {
  const test = createTestPorts();
  const fates = new Map<string, Fate>();
  const { find } = test.ports.inbox;
  test.ports.inbox.find = async (account, id) => {
    const found = await find(account, id);
    const fate = fates.get(id) ?? "waiting";
    return found && { ...found, ...(fate === "done" ? {} : { unanswered: fate }) };
  };
  return { test, fates };
}

async function startWaiting(options: Partial<WecomBotWsOptions> = {}) {
  const { test, fates } = portsWithFates();
  const bot = await startBot(options, { test });
  return { bot, test, fates };
}

async function waits(bot: RunningBot, id = "m-1"): Promise<ReplyTarget> {
  const target = await says(bot, `message ${id}`, id);
  await bot.channel.showWaiting?.(target);
  await bot.test.clock.advance(1);
  return target;
}

/** One turn takes several messages, the newest first among the handles. */
function together(...targets: ReplyTarget[]): ReplyTarget {
  const [first] = targets;
  if (first === undefined) throw new Error("nobody wrote");
  return {
    to: first.to,
    answers: targets.flatMap(({ answers }) => answers),
    handles: targets.toReversed().flatMap(({ handles }) => handles),
  };
}

/** The frames of each bubble, by the message it answers. */
function framesOf(bot: RunningBot, id: string) {
  return bubbles(bot.platform).filter(({ reqId }) => reqId === `CB-${id}`);
}

const endsOf = (bot: RunningBot, id: string) =>
  framesOf(bot, id).flatMap(({ content, finish }) => (finish === true ? [content] : []));

describe("the bubble of a message that waits for its turn", () => {
  it("is there at once, and the answer goes on and ends in it", async () => {
    const { bot, fates } = await startWaiting();
    const target = await waits(bot);
    expect(bubbles(bot.platform)).toMatchObject([{ content: PLACEHOLDER, finish: false, reqId: "CB-m-1" }]);

    fates.set("m-1", "answering");
    const stream = opens(bot, target);
    stream.update("Hello");
    await bot.test.clock.advance(2_000);
    await sends(bot, text("Hello!"), { ...target, stream: stream.handle });
    fates.set("m-1", "done");
    await bot.test.clock.advance(12 * MINUTE);

    expect(new Set(bubbles(bot.platform).map(({ id }) => id)).size).toBe(1);
    expect(endsOf(bot, "m-1")).toEqual(["Hello!"]);
    expect(bot.platform.frames.filter(({ cmd }) => cmd === "aibot_send_msg")).toEqual([]);
  });

  it("is not there where no placeholder is wanted", async () => {
    const { bot } = await startWaiting({ sendThinkingMessage: false });

    await waits(bot);
    await bot.test.clock.advance(MINUTE);

    expect(bubbles(bot.platform)).toEqual([]);
  });

  it("ends with a word about it where a later message's answer is its answer", async () => {
    const { bot, fates } = await startWaiting();
    const target = together(await waits(bot, "m-1"), await waits(bot, "m-2"), await waits(bot, "m-3"));

    const stream = opens(bot, target);
    for (const id of target.answers) fates.set(id, "answering");
    await bot.test.clock.advance(2_000);
    await sends(bot, text("For all three."), { ...target, stream: stream.handle });
    for (const id of target.answers) fates.set(id, "done");
    await bot.test.clock.advance(12 * MINUTE);

    expect(target.answers.map((id) => endsOf(bot, id))).toEqual([[MERGED], [MERGED], ["For all three."]]);
  });

  it("ends with the answer also where that does not grow in it", async () => {
    const { bot, fates } = await startWaiting();
    const target = together(await waits(bot, "m-1"), await waits(bot, "m-2"));

    const receipt = await sends(bot, text("One answer."), target);
    for (const id of target.answers) fates.set(id, "done");
    await bot.test.clock.advance(12 * MINUTE);

    expect(target.answers.map((id) => endsOf(bot, id))).toEqual([[MERGED], ["One answer."]]);
    expect(receipt).toEqual({ platformId: framesOf(bot, "m-2")[0]?.id });
  });

  it("ends with words as soon as its message is taken back", async () => {
    const { bot, fates } = await startWaiting();
    await waits(bot);

    fates.set("m-1", "dropped");
    await bot.test.clock.advance(1_500);
    const soon = endsOf(bot, "m-1");
    await bot.test.clock.advance(12 * MINUTE);

    expect(soon).toEqual([NOTHING]);
    expect(endsOf(bot, "m-1")).toEqual([NOTHING]);
  });

  it("waits for an answer that is ready and cannot be sent yet, but not for ever", async () => {
    const { bot, fates } = await startWaiting();
    const [first, second] = [await waits(bot, "m-1"), await waits(bot, "m-2")];
    for (const id of ["m-1", "m-2"]) fates.set(id, "done");
    await bot.test.clock.advance(4 * MINUTE);

    await sends(bot, text("Here."), first);
    await bot.test.clock.advance(20 * MINUTE);
    await sends(bot, text("And here."), { ...second, id: "late" });

    expect(endsOf(bot, "m-1")).toEqual(["Here."]);
    expect(endsOf(bot, "m-2")).toEqual([CONTINUES, CONTINUES, "And here."]);
  });

  it("ends with words when access, or the agent, has no answer for it", async () => {
    const { bot, fates } = await startWaiting();
    const target = together(await waits(bot, "m-1"), await waits(bot, "m-2"));
    for (const id of target.answers) fates.set(id, "answering");

    await bot.channel.settle?.(target);
    for (const id of target.answers) fates.set(id, "done");
    await bot.test.clock.advance(12 * MINUTE);

    for (const id of target.answers) expect(endsOf(bot, id)).toEqual([expect.stringMatching(/^（.+）$/)]);
  });

  it("goes on in a fresh one before its time is over, and the answer in the last", async () => {
    const { bot } = await startWaiting();
    const target = await waits(bot);
    await bot.test.clock.advance(7 * MINUTE);

    const stream = opens(bot, target);
    await bot.test.clock.advance(1_000);
    await sends(bot, text("At last."), { ...target, stream: stream.handle });
    await bot.test.clock.advance(12 * MINUTE);

    expect(endsOf(bot, "m-1")).toEqual([CONTINUES, "At last."]);
    expect(new Set(bubbles(bot.platform).map(({ id }) => id)).size).toBe(2);
    expect(framesOf(bot, "m-1").findIndex(({ finish }) => finish === true)).toBeGreaterThan(0);
    const firstEnd = framesOf(bot, "m-1").find(({ finish }) => finish === true)?.at ?? 0;
    expect(firstEnd - (bubbles(bot.platform)[0]?.at ?? 0)).toBeLessThanOrEqual(5.6 * MINUTE);
  });

  it("is known to the next process, whose answer ends it", async () => {
    const { test, fates } = portsWithFates();
    const first = await startBot({}, { test });
    const target = together(await waits(first, "m-1"), await waits(first, "m-2"));
    await test.clock.advance(MINUTE);
    await first.stop();

    const second = await startBot({}, { test });
    for (const id of target.answers) fates.set(id, "answering");
    const stream = opens(second, target);
    await test.clock.advance(5 * MINUTE);
    await sends(second, text("Back again."), { ...target, stream: stream.handle });
    for (const id of target.answers) fates.set(id, "done");
    await test.clock.advance(12 * MINUTE);

    expect(endsOf(first, "m-2")).toEqual([]);
    expect(endsOf(second, "m-1")).toEqual([MERGED]);
    // Its time counts from its first frame, in the process before.
    expect(endsOf(second, "m-2")).toEqual([CONTINUES, "Back again."]);
    expect(framesOf(second, "m-2")[0]?.id).toBe(framesOf(first, "m-2")[0]?.id);
  });

  it("is known to a turn that begins before the connection stands", async () => {
    const { test, fates } = portsWithFates();
    const first = await startBot({}, { test });
    const target = await waits(first);
    await test.clock.advance(5 * MINUTE);
    await first.stop();

    const second = await startBot({}, { test, setUp: (platform) => (platform.open = false) });
    fates.set("m-1", "answering");
    const stream = opens(second, target);
    second.platform.open = true;
    await test.clock.advance(MINUTE);
    await sends(second, text("Done."), { ...target, stream: stream.handle });
    fates.set("m-1", "done");
    await test.clock.advance(12 * MINUTE);

    expect(endsOf(second, "m-1")).toEqual([CONTINUES, "Done."]);
  });

  it("is timed from its first frame also two processes later", async () => {
    const { test, fates } = portsWithFates();
    const first = await startBot({}, { test });
    const target = await waits(first);
    await test.clock.advance(3 * MINUTE);
    await first.stop();
    fates.set("m-1", "answering");

    const second = await startBot({}, { test, setUp: (platform) => (platform.open = false) });
    const { handle } = opens(second, target);
    await test.clock.advance(1_000);
    await second.stop();
    const third = await startBot({}, { test });
    opens(third, target, handle);
    await test.clock.advance(3 * MINUTE);

    expect(endsOf(third, "m-1")).toEqual([CONTINUES]);
  });

  it.each([true, false])(
    "is shown once, whoever asks for it again, also before the connection stands: %s",
    async (open) => {
      const { test, fates } = portsWithFates();
      const first = await startBot({}, { test });
      const target = await waits(first);
      await test.clock.advance(3 * MINUTE);
      await first.stop();

      const second = await startBot({}, { test, setUp: (platform) => (platform.open = open) });
      await second.channel.showWaiting?.(target);
      second.platform.open = true;
      await test.clock.advance(3 * MINUTE);
      fates.set("m-1", "dropped");
      await test.clock.advance(12 * MINUTE);

      expect(framesOf(second, "m-1")[0]?.id).toBe(framesOf(first, "m-1")[0]?.id);
      expect(endsOf(second, "m-1")).toEqual([CONTINUES, NOTHING]);
    },
  );

  it("that a process which died left is ended by the next when nobody answers its message", async () => {
    const { test, fates } = portsWithFates();
    const first = await startBot({}, { test });
    await waits(first);
    await first.stop();
    fates.set("m-1", "dropped");

    const second = await startBot({}, { test });
    await test.clock.advance(2_000);
    const third = await startBot({}, { test });
    await test.clock.advance(12 * MINUTE);

    expect(endsOf(second, "m-1")).toEqual([NOTHING]);
    expect(bubbles(third.platform)).toEqual([]);
  });

  it("is left to the gateway that takes the connection over", async () => {
    const { test, fates } = portsWithFates();
    const { own } = test.ports;
    const lost = new AbortController();
    test.ports.own = (account, work) => own(account, work, lost.signal);
    const first = await startBot({}, { test });
    await waits(first);
    lost.abort();
    test.ports.own = own;
    const second = await startBot({}, { test });
    await test.clock.advance(6 * MINUTE);
    fates.set("m-1", "dropped");
    await test.clock.advance(12 * MINUTE);

    expect(bubbles(first.platform)).toHaveLength(1);
    expect(endsOf(second, "m-1")).toEqual([CONTINUES, NOTHING]);
  });

  it("is ended by a gateway without the connection, too", async () => {
    const { bot, fates } = await startWaiting();
    const target = await waits(bot);
    fates.set("m-1", "answering");
    const other = createWecomBotWsChannel("helper", CONFIG, bot.test.ports);

    await other.settle?.(target);
    await bot.test.clock.advance(6_000);
    fates.set("m-1", "done");
    await bot.test.clock.advance(12 * MINUTE);
    await other.close?.();

    expect(endsOf(bot, "m-1")).toEqual([NOTHING]);
  });

  it("comes when the connection is back, and ends once", async () => {
    const { bot, fates } = await startWaiting();
    const target = await says(bot, "hi");
    bot.platform.open = false;
    bot.platform.drop();
    await bot.test.clock.advance(1);
    await bot.channel.showWaiting?.(target);
    await bot.test.clock.advance(MINUTE);
    expect(bubbles(bot.platform)).toEqual([]);

    bot.platform.open = true;
    await bot.test.clock.advance(MINUTE);
    fates.set("m-1", "dropped");
    await bot.test.clock.advance(12 * MINUTE);

    expect(framesOf(bot, "m-1")[0]).toMatchObject({ content: PLACEHOLDER, finish: false });
    expect(endsOf(bot, "m-1")).toEqual([NOTHING]);
  });

  it("is not ended by what was read of it just before an answer went on in it", async () => {
    const { bot, test, fates } = await startWaiting();
    const target = await waits(bot);
    const { list } = test.ports.state;
    let read = () => {};
    test.ports.state.list = async (prefix) => {
      const found = await list(prefix);
      if (prefix === "waiting:") await new Promise<void>((resolve) => (read = resolve));
      return found;
    };
    bot.platform.drop();
    await test.clock.advance(2_000);
    fates.set("m-1", "answering");
    const stream = opens(bot, target);
    await test.clock.advance(10);
    await sends(bot, text("Here."), { ...target, stream: stream.handle });
    fates.set("m-1", "done");

    read();
    await test.clock.advance(12 * MINUTE);

    expect(endsOf(bot, "m-1")).toEqual(["Here."]);
  });

  it("is not there while its note cannot be kept", async () => {
    const { bot, test } = await startWaiting();
    const target = await says(bot, "hi");
    const { set } = test.ports.state;
    test.ports.state.set = () => Promise.reject(new Error("the disk is full"));

    await expect(bot.channel.showWaiting?.(target)).rejects.toThrow("the disk is full");
    test.ports.state.set = set;
    await test.clock.advance(MINUTE);

    expect(bubbles(bot.platform)).toEqual([]);
  });

  it("leaves half of a conversation's minute to answers: of 31 that wait 15 have one", async () => {
    const { bot, fates } = await startWaiting();
    const targets: ReplyTarget[] = [];
    for (let n = 0; n < 31; n += 1) targets.push(await waits(bot, `m-${n}`));
    expect(bubbles(bot.platform)).toHaveLength(15);

    const all = together(...targets);
    const stream = opens(bot, all);
    await bot.test.clock.advance(2_000);
    await sends(bot, text("For all."), { ...all, stream: stream.handle });
    for (let n = 0; n < 10; n += 1) await sends(bot, text(`more ${n}`), { ...all, id: `more-${n}` });
    for (const id of all.answers) fates.set(id, "done");
    await bot.test.clock.advance(12 * MINUTE);

    const opened = new Set(bubbles(bot.platform).map(({ id }) => id));
    expect(bubbles(bot.platform).filter(({ finish }) => finish === true)).toHaveLength(opened.size);
    expect(endsOf(bot, "m-30")).toEqual(["For all.", ...Array.from({ length: 10 }, (_, n) => `more ${n}`)]);
  });
});
