import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { settled } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { CONFIG } from "./fixtures/callbacks.ts";
import { say, startHook } from "./fixtures/hook.ts";
import { createWecomBotWebhookChannel } from "./index.ts";
import { bubbleIdOf } from "./stream-id.ts";

const ID = bubbleIdOf("m-1");
const PLACEHOLDER = "⏳ 正在思考…";
const LOST = "（这条回复已无法继续显示，请重新发送消息）";
const CONTINUES = "⏳ 处理时间较长，回复将显示在下一条消息中";

async function withMessage(options: Parameters<typeof startHook>[0] = {}) {
  const hook = startHook(options);
  await hook.ask(hook.platform.text("hello"));
  return hook;
}

/** Whether memory still holds what nobody but the channel could use. */
async function isHeld(what: WeakRef<WeakKey>): Promise<boolean> {
  await settled();
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return what.deref() !== undefined;
}

/** An answer grows in the bubble; its stream itself is held by nobody here, as after its turn. */
function growsIn(hook: Awaited<ReturnType<typeof withMessage>>): WeakRef<WeakKey> {
  const stream = hook.channel.openStream?.(hook.target());
  stream?.update("half an ans");
  return new WeakRef(stream!.update);
}

describe("a refresh", () => {
  it("before the turn began shows the placeholder, on any gateway", async () => {
    const hook = await withMessage();

    hook.restart();

    expect(await hook.shown(ID)).toMatchObject({ id: ID, finish: false, content: PLACEHOLDER });
  });

  it.each([-3 * 3_600, -400])(
    "counts from when the message came, whatever the platform's clock says: %i s",
    async (ahead) => {
      const hook = startHook();
      const create_time = Math.floor(hook.clock.now() / 1000) + ahead;
      await hook.ask(hook.platform.text("hello", { create_time }));

      const soon = await hook.shown(ID);
      await hook.clock.advance(6 * 60_000);

      expect(soon).toMatchObject({ finish: false, content: PLACEHOLDER });
      expect(await hook.shown(ID)).toMatchObject({ finish: true, content: CONTINUES });
    },
  );

  it("shows the newest text, which a restart does not lose", async () => {
    const hook = await withMessage();
    const stream = hook.channel.openStream?.(hook.target());
    for (const text of ["a", "ab", "abc"]) stream?.update(text);
    await hook.clock.advance(600);

    hook.restart();

    expect(await hook.shown(ID)).toMatchObject({ finish: false, content: "abc" });
  });

  it("is stored no more often than every refreshIntervalMs", async () => {
    const hook = await withMessage({ config: { refreshIntervalMs: 1_000 } });
    let writes = 0;
    const { set } = hook.ports.state;
    hook.ports.state.set = async (...all) => {
      writes += 1;
      return set(...all);
    };
    const stream = hook.channel.openStream?.(hook.target());

    for (let step = 0; step < 40; step += 1) {
      stream?.update("x".repeat(step + 1));
      await hook.clock.advance(100);
    }

    expect(writes).toBeGreaterThanOrEqual(4);
    expect(writes).toBeLessThanOrEqual(5);
  });

  it("hides what the model thinks", async () => {
    const hook = await withMessage();
    hook.channel.openStream?.(hook.target()).update("<think>secret plan</think>Hello");
    await hook.clock.advance(600);

    expect(await hook.shown(ID)).toMatchObject({ content: "Hello" });
  });

  it.each(["m_dW5rbm93bg", "s_hashed", "", "S1"])("of the unknown bubble %j ends it with words", async (id) => {
    const hook = await withMessage();

    const reply = await hook.ask(hook.platform.refresh(id));

    expect(reply?.stream).toMatchObject({ id, finish: true, content: LOST });
  });

  it("of a bubble an hour old ends it with words", async () => {
    const hook = await withMessage();
    await hook.clock.advance(3_700_000);

    expect(await hook.shown(ID)).toMatchObject({ finish: true, content: LOST });
  });

  it.each([
    ["was taken back before its turn", "dropped", 0, "（本次没有回复内容）"],
    ["asked for more, which came another way", "resume", 16_000, "（请查看下面的消息）"],
  ] as const)("of a message that %s ends it with words", async (_what, unanswered, afterMs, words) => {
    const hook = await withMessage();
    const { find } = hook.ports.inbox;
    hook.ports.inbox.find = async (...named) => {
      const found = await find(...named);
      return found && { ...found, unanswered };
    };
    await hook.clock.advance(afterMs);

    expect(await hook.shown(ID)).toMatchObject({ finish: true, content: words });
  });

  it("of a message with a very long id finds its bubble too", async () => {
    const hook = startHook();
    const msgid = "m".repeat(300);

    const first = await hook.ask(hook.platform.text("hello", { msgid }));
    const id = first?.stream?.id ?? "";

    expect(id.length).toBeLessThan(128);
    expect(await hook.shown(id)).toMatchObject({ finish: false, content: PLACEHOLDER });
  });

  it("of a message with a very long id ends it as soon as the message is taken back", async () => {
    const hook = startHook();
    const first = await hook.ask(hook.platform.text("hello", { msgid: "m".repeat(300) }));
    const id = first?.stream?.id ?? "";
    const { find } = hook.ports.inbox;
    hook.ports.inbox.find = async (...named) => {
      const found = await find(...named);
      return found && { ...found, unanswered: "dropped" };
    };

    expect(await hook.shown(id)).toMatchObject({ finish: true, content: "（本次没有回复内容）" });
  });

  it("keeps the bubble open while the store is out of order", async () => {
    const hook = await withMessage();
    hook.ports.state.get = async () => {
      throw new Error("no disk");
    };

    expect(await hook.shown(ID)).toMatchObject({ finish: false, content: PLACEHOLDER });
  });

  it("is no message: nothing is stored, however often it comes", async () => {
    const hook = await withMessage();

    for (let time = 0; time < 5; time += 1) await hook.shown(ID);

    expect(hook.inbox.batches).toHaveLength(1);
  });

  it("is answered while the agent hangs", async () => {
    const hook = await withMessage();
    hook.channel.openStream?.(hook.target());
    const started = performance.now();

    for (let time = 0; time < 20; time += 1) await hook.shown(ID);

    expect((performance.now() - started) / 20).toBeLessThan(50);
  });
});

describe("a bubble", () => {
  it("whose time is over says that the answer comes in the next message, once and for all", async () => {
    const hook = await withMessage();
    const stream = hook.channel.openStream?.(hook.target());
    await hook.clock.advance(331_000);
    const over = await hook.shown(ID);

    stream?.update("too late");
    await hook.clock.advance(1_000);

    expect(over).toMatchObject({ finish: true, content: CONTINUES });
    expect(await hook.shown(ID)).toMatchObject({ finish: true, content: CONTINUES });
  });

  it.each([
    ["nothing was said", undefined, "（本次没有回复内容）"],
    ["it was stopped in the middle", "half an answer", "half an answer"],
  ])("is ended with words when %s", async (_case, said, content) => {
    const hook = await withMessage();
    const stream = hook.channel.openStream?.(hook.target());
    if (said !== undefined) stream?.update(said);
    await hook.clock.advance(600);

    await hook.channel.settle?.(hook.target(), stream?.handle);

    expect(await hook.shown(ID)).toMatchObject({ finish: true, content });
  });

  it("of a message that is answered with a later one says so", async () => {
    const hook = await withMessage();
    await hook.ask(hook.platform.text("and this", { msgid: "m-2" }));

    hook.channel.openStream?.(hook.target(["m-1", "m-2"]));
    await settled();

    expect(await hook.shown(ID)).toMatchObject({ finish: true, content: "（已合并到后面的回复中）" });
    expect(await hook.shown(bubbleIdOf("m-2"))).toMatchObject({ finish: false });
  });

  it("has one end, whoever comes first", async () => {
    const hook = await withMessage();
    const [piece] = hook.pieces(say("the answer"));

    await hook.channel.settle?.(hook.target());
    const { sent } = await hook.send(piece!);
    await sent;

    expect(await hook.shown(ID)).toMatchObject({ finish: true, content: "（本次没有回复内容）" });
    expect(hook.posts).toMatchObject([{ body: { markdown: { content: "the answer" } } }]);
  });
});

describe("what grows in a bubble", () => {
  it("is let go when the bubble's time is over, though its answer went out from another gateway", async () => {
    const hook = await withMessage();
    const growing = growsIn(hook);
    await hook.clock.advance(329_000);
    const before = await isHeld(growing);

    await hook.clock.advance(2_000);

    expect([before, await isHeld(growing)]).toEqual([true, false]);
  });

  it("is let go when its answer finds the bubble ended by another gateway", async () => {
    const hook = await withMessage();
    const growing = growsIn(hook);
    await createWecomBotWebhookChannel("hook", CONFIG, hook.ports).settle?.(hook.target());

    await (await hook.send(hook.pieces(say("the answer"))[0]!)).sent;

    expect(await isHeld(growing)).toBe(false);
  });

  it("is let go when its answer is sent, and when the channel is closed", async () => {
    const sent = await withMessage();
    const closed = await withMessage();
    const growing = [growsIn(sent), growsIn(closed)] as const;

    const { die } = await sent.send(sent.pieces(say("the answer"))[0]!);
    await closed.channel.close?.();

    expect(await Promise.all(growing.map(isHeld))).toEqual([false, false]);
    die();
  });
});
