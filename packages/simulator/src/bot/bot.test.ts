import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { FaultSetting } from "../faults.ts";
import { type Simulator, startSimulator } from "../simulator.ts";

const BOT = "aibSimBot0000000000000001";
const SECRET = "SimBotSecret000000000000000000000000000001";

interface Frame {
  readonly cmd?: string;
  readonly headers: { readonly req_id: string };
  readonly errcode?: number;
  readonly body?: { readonly [key: string]: unknown };
}

/** A client that knows nothing but the protocol. */
async function client(sim: Simulator) {
  const url = String(sim.accounts().find(({ account }) => account === BOT)?.url);
  const socket = new WebSocket(url);
  const frames: Frame[] = [];
  let isClosed = false;
  let counter = 0;
  socket.on("message", (data) => {
    try {
      frames.push(JSON.parse(String(data)) as Frame);
    } catch {
      frames.push({ headers: { req_id: "unreadable" } });
    }
  });
  socket.on("close", () => {
    isClosed = true;
  });
  await new Promise((resolve) => socket.once("open", resolve));
  onTestFinished(() => socket.terminate());
  const next = async (match: (frame: Frame) => boolean): Promise<Frame> => {
    await expect.poll(() => frames.some(match)).toBe(true);
    return frames.find(match) as Frame;
  };
  return {
    frames,
    isClosed: () => isClosed,
    next,
    callback: (cmd = "aibot_msg_callback") => next((frame) => frame.cmd === cmd),
    async ask(cmd: string, body: object = {}, given?: string): Promise<number | undefined> {
      counter += 1;
      const reqId = given ?? `r${counter}`;
      const before = frames.length;
      socket.send(JSON.stringify({ cmd, headers: { req_id: reqId }, body }));
      await expect
        .poll(() => frames.slice(before).some(({ headers, cmd: is }) => !is && headers.req_id === reqId))
        .toBe(true);
      return frames.slice(before).find(({ headers, cmd: is }) => !is && headers.req_id === reqId)?.errcode;
    },
    subscribe(secret = SECRET) {
      return this.ask("aibot_subscribe", { bot_id: BOT, secret });
    },
  };
}

async function start(faults: readonly FaultSetting[] = []) {
  const sim = await startSimulator({ faults });
  onTestFinished(() => sim.close());
  return sim;
}
const says = (sim: Simulator, text: string) =>
  sim.send({ account: BOT, from: "alice", content: [{ kind: "text", text }] });
const stream = (id: string, content: string, finish = false) => ({
  msgtype: "stream",
  stream: { id, content, finish },
});

describe("a bot's connection", () => {
  it("takes no command before the subscription, and leaves a wrong secret's socket open", async () => {
    const one = await client(await start());

    expect(await one.ask("aibot_send_msg", {})).toBe(846609);
    expect(await one.subscribe("wrong")).toBe(853000);
    expect(await one.ask("ping")).toBe(0);
    expect(one.isClosed()).toBe(false);
    expect(await one.subscribe()).toBe(0);
  });

  it("is kicked by the next: told at once, closed later, still answering pings in between", async () => {
    const sim = await start();
    const [old, young] = [await client(sim), await client(sim)];
    await old.subscribe();
    await young.subscribe();

    const kick = await old.callback("aibot_event_callback");
    expect(kick.body).toMatchObject({ event: { eventtype: "disconnected_event" } });
    expect(await old.ask("ping")).toBe(0);
    expect(await old.ask("aibot_send_msg", {})).toBe(846609);
    await sim.advance(2_001);

    await expect.poll(() => old.isClosed()).toBe(true);
    expect(young.isClosed()).toBe(false);
  });
});

describe("an answer", () => {
  async function asked(faults: readonly FaultSetting[] = []) {
    const sim = await start(faults);
    const one = await client(sim);
    await one.subscribe();
    await says(sim, "hi");
    const { headers } = await one.callback();
    return { sim, one, reqId: headers.req_id, last: () => sim.screen({ account: BOT, user: "alice" }).items.at(-1) };
  }

  it("takes the place of what the bubble showed, and freezes it at the end", async () => {
    const { one, reqId, last } = await asked();
    await one.ask("aibot_respond_msg", stream("s", "one"), reqId);
    await one.ask("aibot_respond_msg", stream("s", "one two", true), reqId);

    expect(await one.ask("aibot_respond_msg", stream("s", "more", true), reqId)).toBe(846608);
    expect(last()).toMatchObject({ text: "one two", finishes: 1, spinning: false });
  });

  it("that ends with white space leaves the bubble spinning", async () => {
    const { one, reqId, last } = await asked();

    await one.ask("aibot_respond_msg", stream("s", " \u200b", true), reqId);

    expect(last()).toMatchObject({ finished: true, spinning: true });
  });

  it.each([
    ["an unknown req_id", "nobody", stream("s", "x"), 846605],
    ["plain text", undefined, { msgtype: "text", text: { content: "x" } }, 40008],
    ["more than 20,480 bytes", undefined, stream("s", "x".repeat(20_481)), 40058],
    ["an unknown file", undefined, { msgtype: "image", image: { media_id: "M" } }, 40007],
  ])("with %s is refused", async (_what, reqId, body, errcode) => {
    const started = await asked();

    expect(await started.one.ask("aibot_respond_msg", body, reqId ?? started.reqId)).toBe(errcode);
  });

  it("is not possible after 24 hours", async () => {
    const { sim, one, reqId } = await asked();
    await sim.advance(24 * 3_600_000 + 1_000);

    expect(await one.ask("aibot_respond_msg", stream("s", "x"), reqId)).toBe(846605);
  });

  it("is carried out although its acknowledgement is lost, late or doubled, where a fault says so", async () => {
    const { sim, one, reqId, last } = await asked();
    sim.setFaults([{ name: "bot.ack.duplicate", target: "aibot_respond_msg", count: 1 }]);
    await one.ask("aibot_respond_msg", stream("s", "a"), reqId);
    await expect.poll(() => one.frames.filter(({ headers, cmd }) => !cmd && headers.req_id === reqId).length).toBe(2);
    sim.setFaults([{ name: "bot.ack.delay", target: "aibot_respond_msg", count: 1, value: 7_000 }]);

    const late = one.ask("aibot_respond_msg", stream("s", "ab", true), reqId);
    await expect.poll(() => last()?.text).toBe("ab");
    await sim.advance(7_001);

    expect(await late).toBe(0);
  });

  it("is refused with any number a fault names, and changes nothing then", async () => {
    const { one, reqId, last } = await asked([{ name: "bot.ack.errcode", target: "aibot_respond_msg", value: 45009 }]);

    expect(await one.ask("aibot_respond_msg", stream("s", "x"), reqId)).toBe(45009);
    expect(last()?.direction).toBe("inbound");
  });
});

describe("a file from a person", () => {
  it("can be fetched for five minutes", async () => {
    const sim = await start();
    const one = await client(sim);
    await one.subscribe();
    await sim.send({ account: BOT, from: "alice", content: [{ kind: "image" }] });
    const { body = {} } = await one.callback();
    const { url } = body.image as { url: string };

    expect((await fetch(url)).status).toBe(200);
    await sim.advance(5 * 60_000 + 1);

    expect((await fetch(url)).status).toBe(403);
  });
});

describe("a group", () => {
  it("has an id of its own, and its messages mention the bot", async () => {
    const sim = await start();
    const one = await client(sim);
    await one.subscribe();
    await sim.send({ account: BOT, from: "alice", group: "team", content: [{ kind: "text", text: "hello" }] });

    expect((await one.callback()).body).toMatchObject({
      chattype: "group",
      chatid: expect.stringMatching(/^wrSim/),
      text: { content: "@Helper hello" },
    });
  });
});
