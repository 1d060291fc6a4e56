import { describe, expect, it } from "vitest";
import { createWecomBotWsChannel } from "./index.ts";
import { bubbles, CONFIG, opens, type RunningBot, says, sends, startBot } from "./test-support/fake-platform.ts";

const MINUTE = 60_000;
const text = (words: string) => ({ kind: "text", text: words }) as const;

/** By which ids the answers can be rated, bubble by bubble. */
function ratedIds({ platform }: RunningBot): readonly unknown[] {
  return platform.of("aibot_respond_msg").flatMap(({ body: { stream } }) => {
    const { feedback } = (stream ?? {}) as { feedback?: { id: string } };
    return feedback === undefined ? [] : [feedback.id];
  });
}

describe("a bubble", () => {
  it("is there at once, before the agent's first word, with an id that follows from the message", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");

    const { handle } = opens(bot, target);
    await bot.test.clock.advance(1);

    const [first, ...more] = bubbles(bot.platform);
    expect(first).toMatchObject({ content: "⏳ 正在思考…", finish: false, reqId: "CB-m-1" });
    expect(more).toEqual([]);
    const again = await startBot();
    opens(again, await says(again, "hi"));
    await again.test.clock.advance(1);
    expect(bubbles(again.platform)[0]?.id).toBe(first?.id);
    expect(handle).toMatchObject({ message: "m-1", reqId: "CB-m-1", part: 0 });
  });

  it("waits for the first word where no placeholder is wanted", async () => {
    const bot = await startBot({ sendThinkingMessage: false });
    const stream = opens(bot, await says(bot, "hi"));
    await bot.test.clock.advance(MINUTE);
    expect(bubbles(bot.platform)).toEqual([]);

    stream.update("Hello");
    await bot.test.clock.advance(1);

    expect(bubbles(bot.platform)).toMatchObject([{ content: "Hello" }]);
  });

  it("shows the newest text, never more often than the interval", async () => {
    const bot = await startBot({ refreshIntervalMs: 300 });
    const stream = opens(bot, await says(bot, "hi"));
    let said = "";
    for (let word = 0; word < 200; word += 1) {
      said += `w${word} `;
      stream.update(said);
      await bot.test.clock.advance(10);
    }
    await bot.test.clock.advance(400);

    const frames = bubbles(bot.platform);
    expect(frames.at(-1)?.content).toBe(said);
    expect(frames.length).toBeLessThanOrEqual(9);
    const gaps = frames.slice(1).map(({ at }, index) => at - (frames[index]?.at ?? 0));
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(300);
    expect(new Set(frames.map(({ id }) => id)).size).toBe(1);
  });

  it("never has two frames under way; what comes meanwhile is one frame", async () => {
    const bot = await startBot();
    const stream = opens(bot, await says(bot, "hi"));
    await bot.test.clock.advance(600);
    bot.platform.answer = () => "silence";
    for (const words of ["a", "ab", "abc", "abcd"]) {
      stream.update(words);
      await bot.test.clock.advance(1_000);
    }

    expect(bubbles(bot.platform).map(({ content }) => content)).toEqual(["⏳ 正在思考…", "a"]);
  });

  it("is kept alive while the agent says nothing", async () => {
    const bot = await startBot({ keepAliveSeconds: 60 });
    opens(bot, await says(bot, "hi"));

    await bot.test.clock.advance(4.5 * MINUTE);

    expect(bubbles(bot.platform)).toHaveLength(5);
  });

  it("does not show what the model thinks, unless that is wanted", async () => {
    const hidden = await startBot();
    opens(hidden, await says(hidden, "hi")).update("<think>plan</think>Hello");
    const shown = await startBot({ showThinking: true });
    opens(shown, await says(shown, "hi")).update("<think>plan</think>Hello");
    await hidden.test.clock.advance(1_000);
    await shown.test.clock.advance(1_000);

    expect(bubbles(hidden.platform).at(-1)?.content).toBe("Hello");
    expect(bubbles(shown.platform).at(-1)?.content).toBe("<think>plan</think>Hello");
  });

  it("is finished once, with the whole answer", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    stream.update("Hel");
    await bot.test.clock.advance(1_000);

    const receipt = await sends(bot, text("Hello!"), { ...target, stream: stream.handle });
    stream.update("Hello! too late");
    await bot.test.clock.advance(10 * MINUTE);

    const frames = bubbles(bot.platform);
    expect(frames.filter(({ finish }) => finish)).toHaveLength(1);
    expect(frames.at(-1)).toMatchObject({ content: "Hello!", finish: true });
    expect(receipt).toEqual({ platformId: frames[0]?.id });
  });

  it("is finished before the refreshes that wait: they are left out", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    await bot.test.clock.advance(600);
    bot.platform.answer = ({ body }) =>
      (body.stream as { finish?: boolean } | undefined)?.finish === true ? 0 : "silence";
    stream.update("a");
    await bot.test.clock.advance(600);
    stream.update("ab");
    await bot.test.clock.advance(600);

    const sent = sends(bot, text("abc"), { ...target, stream: stream.handle });
    stream.update("abc");
    await bot.test.clock.advance(600);
    expect(bubbles(bot.platform).map(({ content }) => content)).toEqual(["⏳ 正在思考…", "a"]);
    bot.platform.push({ headers: { req_id: target.handles[0]?.data.reqId as string }, errcode: 0, errmsg: "ok" });
    await sent;
    await bot.test.clock.advance(MINUTE);

    expect(bubbles(bot.platform).slice(2)).toMatchObject([{ content: "abc", finish: true }]);
  });

  it("is finished at once although its refreshes rest since they are too many", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    await bot.test.clock.advance(600);
    bot.platform.answer = ({ body }) =>
      (body.stream as { finish?: boolean } | undefined)?.finish === true ? 0 : 45009;
    stream.update("a");
    await bot.test.clock.advance(600);
    stream.update("ab");
    await bot.test.clock.advance(600);

    await sends(bot, text("abc"), { ...target, stream: stream.handle });

    expect(bubbles(bot.platform).map(({ content }) => content)).toEqual(["⏳ 正在思考…", "a", "abc"]);
  });

  it("goes on in a fresh one before its time is over: an agent of 12 minutes has its answer shown", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    await bot.test.clock.advance(12 * MINUTE);

    await sends(bot, text("At last."), { ...target, stream: stream.handle });

    const frames = bubbles(bot.platform);
    const ids = [...new Set(frames.map(({ id }) => id))];
    expect(ids).toHaveLength(3);
    for (const id of ids) {
      const own = frames.filter((frame) => frame.id === id);
      expect(own.filter(({ finish }) => finish)).toHaveLength(1);
      expect(own.at(-1)?.finish).toBe(true);
      expect((own.at(-1)?.at ?? 0) - (own[0]?.at ?? 0)).toBeLessThanOrEqual(6 * MINUTE);
    }
    expect(frames.at(-1)?.content).toBe("At last.");
  });

  it("is rated as one answer, in however many bubbles it grew, and so is the file below it", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    await bot.test.clock.advance(7 * MINUTE);

    const receipt = await sends(bot, text("At last."), { ...target, stream: stream.handle });

    expect(new Set(ratedIds(bot))).toEqual(new Set([receipt.platformId]));
    const second = await says(bot, "and now?", "m-2");
    const next = opens(bot, second);
    await bot.test.clock.advance(600);
    const below = await sends(bot, { kind: "file", mediaId: "MID" }, { ...second, stream: next.handle });
    expect(ratedIds(bot).at(-1)).toBe(below.platformId);
  });

  it("is rated as one answer also where its end is a message of its own", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    await bot.test.clock.advance(1_000);
    bot.platform.answer = ({ cmd }) => (cmd === "aibot_respond_msg" ? 846605 : 0);

    const receipt = await sends(bot, text("Hello!"), { ...target, stream: stream.handle });

    expect(receipt.platformId).toBe(ratedIds(bot)[0]);
    expect(bot.platform.of("aibot_send_msg")).toMatchObject([
      { body: { markdown: { content: "Hello!", feedback: { id: receipt.platformId } } } },
    ]);
  });

  it("goes on in a fresh one when the platform ended it sooner than it said", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    await bot.test.clock.advance(600);
    const [first] = bubbles(bot.platform);
    bot.platform.answer = ({ body }) => ((body.stream as { id?: string } | undefined)?.id === first?.id ? 846608 : 0);
    stream.update("Hello");
    await bot.test.clock.advance(2_000);

    await sends(bot, text("Hello!"), { ...target, stream: stream.handle });

    const last = bubbles(bot.platform).at(-1);
    expect(last).toMatchObject({ content: "Hello!", finish: true });
    expect(last?.id).not.toBe(first?.id);
  });

  it("is left for a message of its own when the message cannot be answered any more", async () => {
    const bot = await startBot(
      {},
      { setUp: (p) => (p.answer = ({ cmd }) => (cmd === "aibot_respond_msg" ? 846605 : 0)) },
    );
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    await bot.test.clock.advance(1_000);

    await sends(bot, text("Hello!"), { ...target, stream: stream.handle });

    expect(bot.platform.of("aibot_send_msg")).toMatchObject([
      { body: { chatid: "wmUser1", chat_type: 1, msgtype: "markdown", markdown: { content: "Hello!" } } },
    ]);
  });

  it("is finished by another process with what was stored of it", async () => {
    const first = await startBot();
    const target = await says(first, "hi");
    const { handle } = opens(first, target);
    await first.test.clock.advance(MINUTE);
    const [opened] = bubbles(first.platform);
    await first.stop();

    const second = await startBot({}, { test: first.test });
    await sends(second, text("Back again."), { ...target, stream: JSON.parse(JSON.stringify(handle)) });

    expect(bubbles(second.platform)).toMatchObject([{ id: opened?.id, content: "Back again.", finish: true }]);
  });

  it("that another process goes on with keeps the time it was opened at", async () => {
    const first = await startBot();
    const target = await says(first, "hi");
    const { handle } = opens(first, target);
    await first.test.clock.advance(4 * MINUTE);
    await first.stop();

    const second = await startBot({}, { test: first.test });
    opens(second, target, JSON.parse(JSON.stringify(handle)));
    await second.test.clock.advance(2 * MINUTE);

    const frames = bubbles(second.platform);
    expect(frames.filter(({ finish }) => finish)).toHaveLength(1);
    expect(new Set(frames.map(({ id }) => id)).size).toBe(2);
  });

  it("whose end may have arrived is not answered by a second message", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const { handle } = opens(bot, target);
    await bot.test.clock.advance(1_000);
    bot.platform.answer = () => "silence";
    const lost = sends(bot, text("Hello!"), { ...target, stream: handle });
    lost.catch(() => {});
    await bot.test.clock.advance(6_000);
    await expect(lost).rejects.toMatchObject({ sent: "unknown" });
    bot.platform.answer = () => 846608;

    const again = sends(bot, text("Hello!"), { ...target, stream: handle, attempt: 2 });
    await bot.test.clock.advance(6_000);

    expect(await again).toMatchObject({ unconfirmed: true });
    expect(bot.platform.of("aibot_send_msg")).toEqual([]);
    expect(new Set(bubbles(bot.platform).map(({ id }) => id)).size).toBe(1);
  });

  it.each(["", "   ", "<think>nothing else</think>"])("gets words to see when the answer is %j", async (answer) => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    stream.update(answer);
    await bot.test.clock.advance(1_000);

    await bot.channel.settle!(target, stream.handle);
    await bot.test.clock.advance(1_000);

    expect(bubbles(bot.platform).at(-1)).toMatchObject({ content: "（本次没有回复内容）", finish: true });
  });

  it("that was opened by a process that died is closed when there is no answer", async () => {
    const first = await startBot();
    const target = await says(first, "hi");
    const { handle } = opens(first, target);
    await first.test.clock.advance(1_000);
    await first.stop();

    const second = await startBot({}, { test: first.test });
    await second.channel.settle!(target, JSON.parse(JSON.stringify(handle)));
    await second.test.clock.advance(1_000);

    expect(bubbles(second.platform)).toMatchObject([{ finish: true }]);
  });

  it("that was to be closed when its process died is closed by the next, once", async () => {
    const first = await startBot();
    const target = await says(first, "hi");
    const { handle } = opens(first, target);
    await first.test.clock.advance(1_000);
    first.platform.open = false;
    first.platform.drop();
    await first.test.clock.advance(1);
    await first.channel.settle!(target, handle);
    await first.stop();

    const second = await startBot({}, { test: first.test });
    await second.test.clock.advance(1_000);
    const third = await startBot({}, { test: first.test });
    await third.test.clock.advance(MINUTE);

    expect(bubbles(second.platform)).toMatchObject([{ content: "（本次没有回复内容）", finish: true }]);
    expect(bubbles(third.platform)).toEqual([]);
  });

  it("that went on in a fresh one is closed there, also by a process that knows only where it began", async () => {
    const first = await startBot();
    const target = await says(first, "hi");
    const handle = JSON.parse(JSON.stringify(opens(first, target).handle));
    await first.test.clock.advance(7 * MINUTE);
    const fresh = bubbles(first.platform).at(-1)?.id;
    await first.stop();

    const second = await startBot({}, { test: first.test });
    await second.channel.settle!(target, handle);
    await second.test.clock.advance(1_000);

    expect(bubbles(second.platform)).toMatchObject([{ id: fresh, finish: true }]);
  });

  it("that was closed without an answer is not followed by another when its turn is tried again", async () => {
    const first = await startBot();
    const target = await says(first, "hi");
    const handle = JSON.parse(JSON.stringify(opens(first, target).handle));
    await first.test.clock.advance(1_000);
    await first.channel.settle!(target, handle);
    await first.test.clock.advance(1_000);
    await first.stop();

    const second = await startBot({}, { test: first.test });
    const again = opens(second, target, handle);
    await second.test.clock.advance(MINUTE);
    await second.channel.settle!(target, again.handle);
    await second.test.clock.advance(MINUTE);

    expect(bubbles(second.platform)).toEqual([]);
    opens(second, target, handle).update("Now I know.");
    await second.test.clock.advance(1_000);
    expect(bubbles(second.platform)).toMatchObject([{ content: "Now I know." }]);
  });

  it("that came with the first words is known to the next process, whose agent says nothing", async () => {
    const first = await startBot({ sendThinkingMessage: false });
    const target = await says(first, "hi");
    const stream = opens(first, target);
    const handle = JSON.parse(JSON.stringify(stream.handle));
    stream.update("Let me");
    await first.test.clock.advance(1_000);
    await first.stop();

    const second = await startBot({ sendThinkingMessage: false }, { test: first.test });
    await second.channel.settle!(target, handle);
    await second.test.clock.advance(1_000);

    expect(bubbles(first.platform)).toHaveLength(1);
    expect(bubbles(second.platform)).toMatchObject([{ id: bubbles(first.platform)[0]?.id, finish: true }]);
  });

  it("does not come before its handle is stored", async () => {
    const bot = await startBot();

    const stream = bot.channel.openStream!(await says(bot, "hi"));
    await bot.test.clock.advance(MINUTE);
    const before = bubbles(bot.platform).length;
    stream.update("");
    await bot.test.clock.advance(1);

    expect(before).toBe(0);
    expect(bubbles(bot.platform)).toHaveLength(1);
  });

  it("whose end arrived is not followed by a second message when the process died before it could note anything", async () => {
    const first = await startBot();
    const target = await says(first, "hi");
    const { handle } = opens(first, target);
    await first.test.clock.advance(1_000);
    const { set } = first.test.ports.state;
    first.test.ports.state.set = () => new Promise(() => {});
    first.platform.answer = () => "silence";
    sends(first, text("Hello!"), { ...target, stream: handle }).catch(() => {});
    await first.test.clock.advance(1);
    expect(bubbles(first.platform).at(-1)?.finish).toBe(true);
    await first.stop();
    first.test.ports.state.set = set;

    const second = await startBot(
      {},
      { test: first.test, setUp: (p) => (p.answer = ({ cmd }) => (cmd === "aibot_respond_msg" ? 846608 : 0)) },
    );
    const receipt = await sends(second, text("Hello!"), { ...target, stream: handle, attempt: 2 });

    expect(receipt).toMatchObject({ unconfirmed: true });
    expect(second.platform.of("aibot_send_msg")).toEqual([]);
  });

  it("whose end certainly did not arrive is answered by a message when it takes no more", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const { handle } = opens(bot, target);
    await bot.test.clock.advance(1_000);
    bot.platform.answer = () => 45009;
    await expect(sends(bot, text("Hello!"), { ...target, stream: handle })).rejects.toMatchObject({ sent: "no" });
    bot.platform.answer = ({ body }) => ((body.stream as { id?: string })?.id === bubbleId() ? 846608 : 0);

    await sends(bot, text("Hello!"), { ...target, stream: handle, attempt: 2 });

    expect(bubbles(bot.platform).at(-1)).toMatchObject({ content: "Hello!", finish: true });
    expect(bubbles(bot.platform).at(-1)?.id).not.toBe(bubbleId());
    function bubbleId() {
      return bubbles(bot.platform)[0]?.id;
    }
  });

  it("whose closing could not be noted is not called closed", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    await bot.test.clock.advance(1_000);
    bot.test.ports.state.set = () => Promise.reject(new Error("the disk is full"));

    await expect(bot.channel.settle!(target, stream.handle)).rejects.toThrow("the disk is full");
  });

  it("that never was on the phone is not put there to be closed", async () => {
    const bot = await startBot({ sendThinkingMessage: false });
    const target = await says(bot, "hi");
    const stream = opens(bot, target);

    await bot.channel.settle!(target, stream.handle);
    await bot.channel.settle!(target);
    await bot.test.clock.advance(MINUTE);

    expect(bubbles(bot.platform)).toEqual([]);
  });

  it("whose answer another gateway gives up is closed by the one with the connection, which shows no more in it", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    stream.update("half");
    await bot.test.clock.advance(1_000);
    const other = createWecomBotWsChannel("helper", CONFIG, bot.test.ports);

    await other.settle?.(target, stream.handle);
    await bot.test.clock.advance(6_000);
    stream.update("half and more");
    await bot.test.clock.advance(12 * MINUTE);
    await other.close?.();

    expect(bubbles(bot.platform).slice(-2)).toMatchObject([
      { content: "half", finish: false },
      { content: "half", finish: true },
    ]);
  });

  it("is closed when the connection is back, if it was gone meanwhile", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    await bot.test.clock.advance(1_000);
    bot.platform.open = false;
    bot.platform.drop();
    await bot.test.clock.advance(1);

    await bot.channel.settle!(target, stream.handle);
    await bot.test.clock.advance(30_000);
    bot.platform.open = true;
    await bot.test.clock.advance(MINUTE);

    expect(bubbles(bot.platform).filter(({ finish }) => finish)).toHaveLength(1);
  });

  it("rests a minute when the platform says that it is too much", async () => {
    const bot = await startBot();
    const stream = opens(bot, await says(bot, "hi"));
    await bot.test.clock.advance(1_000);
    bot.platform.answer = () => 45009;
    stream.update("a");
    await bot.test.clock.advance(1_000);
    const before = bubbles(bot.platform).length;
    bot.platform.answer = () => 0;
    stream.update("ab");
    await bot.test.clock.advance(50_000);
    expect(bubbles(bot.platform)).toHaveLength(before);

    await bot.test.clock.advance(15_000);

    expect(bubbles(bot.platform).at(-1)?.content).toBe("ab");
  });

  it("has words to see when the answer is a file, which follows as a message of its own", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const stream = opens(bot, target);
    await bot.test.clock.advance(1_000);

    await sends(bot, { kind: "image", mediaId: "MID" }, { ...target, stream: stream.handle });

    const frames = bot.platform.of("aibot_respond_msg").slice(-2);
    expect(frames).toMatchObject([
      { body: { msgtype: "stream", stream: { content: "（请查看下面的消息）", finish: true } } },
      { reqId: "CB-m-1", body: { msgtype: "image", image: { media_id: "MID" } } },
    ]);
  });
});
