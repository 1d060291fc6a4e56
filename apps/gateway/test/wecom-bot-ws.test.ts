import type { JsonObject } from "@wxgate/core";
import type { Simulator } from "@wxgate/simulator";
import { describe, expect, it } from "vitest";
import { LONG_BOT as BOT, botChannel, connected, tell, WAITS_TO_BE_TOLD } from "./bots.ts";
import { type GatewayUnderTest, type Json, startGateway, waitFor } from "./harness.ts";

/** An agent as a file: what it does is the test's. */
function withAgent(source: string, more: Json = {}) {
  return {
    files: { "agent.mjs": source },
    config: (sim: Simulator) => ({
      agents: { own: { type: "module", path: "./agent.mjs" } },
      defaultAgent: "own",
      channels: { helper: botChannel(sim, more) },
    }),
  };
}

const COUNTING = `
import { appendFileSync } from "node:fs";
const runs = new URL("./runs.txt", import.meta.url);
`;

const write = (gateway: GatewayUnderTest, text: string, user = "anna") => gateway.customerWrites(text, user, BOT);
const answers = (gateway: GatewayUnderTest, user = "anna") =>
  gateway.sim.screen({ account: BOT, user }).items.filter(({ direction }) => direction === "outbound");
const finished = (gateway: GatewayUnderTest, user = "anna") => answers(gateway, user).filter((item) => item.finished);

describe("a gateway with a bot on its long connection", () => {
  it("answers a text with one finished bubble", async () => {
    const gateway = await startGateway({ config: (sim) => ({ channels: { helper: botChannel(sim) } }) });
    await connected(gateway);

    await write(gateway, "hello bot");
    await waitFor(() => finished(gateway).length > 0);

    expect(answers(gateway)).toMatchObject([
      { finishes: 1, spinning: false, text: expect.stringContaining("hello bot") },
    ]);
  });

  it("that is killed in the middle of a stream ends the same bubble after its restart, once", async () => {
    const gateway = await startGateway(
      withAgent(`
        export default {
          async *respond(turn, signal) {
            yield { kind: "text-delta", text: "first half " };
            if (turn.attempt === 1) await new Promise((resolve) => signal.addEventListener("abort", resolve));
            yield { kind: "text-delta", text: "second half" };
          },
        };`),
    );
    await connected(gateway);
    await write(gateway, "tell me");
    await waitFor(() => answers(gateway).some(({ text }) => text?.includes("first half")));

    await gateway.kill9();
    await gateway.restart();
    await waitFor(() => finished(gateway).length > 0, { timeoutMs: 20_000 });

    expect(answers(gateway)).toMatchObject([{ text: "first half second half", finishes: 1, spinning: false }]);
  });

  it("runs the agent once when the same msgid comes again after a kill", async () => {
    const gateway = await startGateway(
      withAgent(`${COUNTING}
        export default {
          async *respond() {
            appendFileSync(runs, "x");
            yield { kind: "text-delta", text: "answer" };
          },
        };`),
    );
    await connected(gateway);
    const message = { account: BOT, from: "anna", content: { kind: "text", text: "once" }, msgid: "msg-repeated-1" };
    await gateway.sim.act("wecom-bot-ws", "mixed", message);
    await waitFor(() => finished(gateway).length === 1);
    await gateway.kill9();
    await gateway.restart();
    await connected(gateway);

    await gateway.sim.act("wecom-bot-ws", "mixed", message);
    await write(gateway, "another");
    await waitFor(() => finished(gateway).length === 2);

    const { readFileSync } = await import("node:fs");
    expect(readFileSync(`${gateway.dir}/runs.txt`, "utf8")).toBe("xx");
    expect(answers(gateway)).toHaveLength(2);
  });

  it("brings 60,000 bytes of Chinese over whole", async () => {
    const gateway = await startGateway(
      withAgent(`
        export default {
          async *respond() {
            for (let part = 0; part < 223; part += 1) yield { kind: "text-delta", text: "天地玄黄宇宙洪荒。".repeat(10) };
          },
        };`),
    );
    await connected(gateway);

    await write(gateway, "long please");
    await waitFor(() => finished(gateway).length === 3, { timeoutMs: 20_000 });

    expect(
      answers(gateway)
        .map(({ text }) => text)
        .join(""),
    ).toBe("天地玄黄宇宙洪荒。".repeat(2_230));
  });

  it("closes the bubble with words when the agent has none, fails, or is stopped", async () => {
    const gateway = await startGateway(
      withAgent(`
        export default {
          async *respond(turn, signal) {
            const said = turn.messages[0].content[0].text;
            if (said === "wait") await new Promise((resolve) => signal.addEventListener("abort", resolve));
            if (said === "fail") throw Object.assign(new Error("no"), { name: "RejectedError" });
          },
        };`),
    );
    await connected(gateway);

    await write(gateway, "silence", "silent");
    await write(gateway, "fail", "failing");
    await write(gateway, "wait", "stopper");
    await waitFor(() => answers(gateway, "stopper").length > 0);
    await write(gateway, "/stop", "stopper");

    await waitFor(
      () =>
        answers(gateway, "silent").length > 0 && answers(gateway, "silent").every(({ spinning }) => spinning === false),
    );
    await waitFor(
      () =>
        answers(gateway, "stopper").length > 1 &&
        answers(gateway, "stopper").every(({ spinning }) => spinning === false),
    );
    await waitFor(() => finished(gateway, "failing").length > 0);
    expect(answers(gateway, "failing")).toMatchObject([{ spinning: false, text: expect.stringContaining("抱歉") }]);
    for (const user of ["silent", "failing", "stopper"]) {
      for (const item of answers(gateway, user)) expect(item).toMatchObject({ finishes: 1 });
    }
  });

  it("closes the bubble of an answer that the operator gives up", async () => {
    const gateway = await startGateway(
      withAgent(`
        ${WAITS_TO_BE_TOLD}
        export default {
          async *respond() {
            yield { kind: "text-delta", text: "half of it" };
            await told();
            yield { kind: "text-delta", text: " and the rest" };
          },
        };`),
    );
    await connected(gateway);
    await write(gateway, "tell me");
    await waitFor(() => answers(gateway).some(({ text }) => text === "half of it"));
    gateway.sim.setFaults([{ name: "bot.ack.errcode", target: "aibot_respond_msg", value: 45009 }]);
    tell(gateway);
    const waiting = await waitFor(async () => {
      const { items } = await gateway.api<{ items: { id: string; state: string; error?: object }[] }>(
        "/api/deliveries",
      );
      return items.find(({ state, error }) => state === "queued" && error !== undefined);
    });

    const discarded = gateway.api(`/api/deliveries/${waiting.id}/discard`, { method: "POST" });
    gateway.sim.clearFaults();

    expect(await discarded).toMatchObject({ state: "discarded" });
    await waitFor(() => finished(gateway).length === 1);
    expect(answers(gateway)).toMatchObject([{ finishes: 1, spinning: false, text: "half of it and the rest" }]);
  });

  it.each(["before-complete-turn", "after-complete-turn"])(
    "that is killed %s leaves no bubble spinning when the agent said nothing",
    async (crashPoint) => {
      const gateway = await startGateway({
        ...withAgent("export default { async *respond() {} };"),
        crashPoint,
      });
      await connected(gateway);
      await write(gateway, "silence");
      await gateway.exit();
      await gateway.restart();
      await connected(gateway);

      const areAllDone = () => answers(gateway).every(({ spinning }) => spinning === false);
      await waitFor(() => answers(gateway).length > 0 && areAllDone());
      await write(gateway, "more silence");
      await waitFor(() => answers(gateway).length > 1 && areAllDone());

      expect(answers(gateway)).toMatchObject([
        { finishes: 1, spinning: false },
        { finishes: 1, spinning: false },
      ]);
    },
    60_000,
  );

  it.each([
    "after-accept",
    "after-claim",
    "mid-agent",
    "before-complete-turn",
    "after-complete-turn",
    "before-send",
    "after-send",
    "before-complete-delivery",
  ])(
    "that is killed %s shows its answer in one bubble that ends once",
    async (crashPoint) => {
      const gateway = await startGateway({ config: (sim) => ({ channels: { helper: botChannel(sim) } }), crashPoint });
      await connected(gateway);
      await write(gateway, "hello bot");
      await gateway.exit();
      await gateway.restart();
      await connected(gateway);

      await waitFor(() => finished(gateway).length > 0);
      // The next answer comes after everything that was due before it.
      await write(gateway, "and again");
      await waitFor(() => finished(gateway).length > 1);

      expect(answers(gateway)).toMatchObject([
        { text: expect.stringContaining("hello bot"), finishes: 1, spinning: false },
        { text: expect.stringContaining("and again"), finishes: 1, spinning: false },
      ]);
    },
    60_000,
  );

  it("that is killed just after its first words closes the bubble they opened, also when it then has no answer", async () => {
    const gateway = await startGateway(
      withAgent(
        `export default {
          async *respond(turn, signal) {
            if (turn.attempt > 1) return;
            yield { kind: "text-delta", text: "let me see" };
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
          },
        };`,
        { sendThinkingMessage: false },
      ),
    );
    await connected(gateway);
    await write(gateway, "tell me");
    await waitFor(() => answers(gateway).length > 0);
    await gateway.kill9();
    await gateway.restart();

    await waitFor(() => finished(gateway).length > 0);

    expect(answers(gateway)).toMatchObject([{ finishes: 1, spinning: false }]);
  });

  it("changes a card that is tapped, also after a kill, and answers the tap of its own accord", async () => {
    const gateway = await startGateway(
      withAgent(`
        export default {
          async *respond(turn) {
            const [part] = turn.messages[0].content;
            if (part.kind === "action") return yield { kind: "text-delta", text: "you chose " + part.key };
            yield { kind: "content", content: { kind: "card", card: {
              card_type: "button_interaction", task_id: "ask-1", main_title: { title: "Go?" },
              button_list: [{ text: "Yes", key: "yes" }] } } };
          },
        };`),
    );
    await connected(gateway);
    await write(gateway, "ask me");
    const card = await waitFor(() => answers(gateway).find(({ kind }) => kind === "card"));
    await gateway.kill9();
    await gateway.restart();
    await connected(gateway);

    await gateway.sim.tap({ account: BOT, user: "anna", message: card.id, item: "yes" });
    await waitFor(() => answers(gateway).some(({ text }) => text === "you chose yes"));

    expect(answers(gateway).find(({ kind }) => kind === "card")).toMatchObject({
      updates: 1,
      card: { button_list: [{ text: "已提交" }] },
    });
    expect(gateway.sim.log({ path: "aibot_send_msg" }).entries).toMatchObject([{ errcode: 0 }]);
  }, 60_000);

  it("sends 34 cards to one chat at once: 30 in the first minute, the others after it, all once", async () => {
    const gateway = await startGateway({ config: (sim) => ({ channels: { helper: botChannel(sim) } }) });
    await connected(gateway);
    await write(gateway, "hi");
    await waitFor(() => finished(gateway).length === 1);
    const card = (n: number) => ({
      kind: "card",
      card: {
        card_type: "text_notice",
        main_title: { title: `card ${n}` },
        card_action: { type: 1, url: "https://example.com" },
      },
    });
    await Promise.all(
      Array.from({ length: 34 }, (_, n) =>
        gateway.api("/api/messages", {
          method: "POST",
          body: { channel: "helper", target: "anna", content: [card(n)] },
        }),
      ),
    );
    const cards = () => answers(gateway).filter(({ kind }) => kind === "card");
    await waitFor(() => cards().length >= 29, { timeoutMs: 20_000 });
    const inFirstMinute = cards().length;
    await waitFor(() => cards().length === 34, { timeoutMs: 80_000 });

    expect(inFirstMinute).toBeLessThanOrEqual(30);
    expect(new Set(cards().map(({ title }) => title)).size).toBe(34);
    const refused = gateway.sim.log({ path: "aibot_send_msg" }).entries.filter(({ errcode }) => errcode !== 0);
    expect(refused).toEqual([]);
  }, 120_000);

  it("answers what is oddly written, and everybody behind it", async () => {
    const gateway = await startGateway({ config: (sim) => ({ channels: { helper: botChannel(sim) } }) });
    await connected(gateway);
    const raw = (from: string, body: JsonObject) =>
      gateway.sim.act("wecom-bot-ws", "raw", { account: BOT, from, body });
    const text = (content: string | number) => ({ msgtype: "text", text: { content } });

    await raw("time", { ...text("when"), create_time: "99999999999999999999" });
    await raw("number", { ...text(42), msgid: 12345 });
    await raw("nul", text("a \u0000 b"));
    await raw("nobody", { ...text("who"), from: "a name" });
    await raw("none", { msgtype: "mixed", mixed: { msg_item: [null, 5, { msgtype: "image" }] } });
    await write(gateway, "and me?");
    await waitFor(() => finished(gateway).length > 0);

    for (const user of ["time", "number", "nul", "none"]) {
      await waitFor(() => finished(gateway, user).length > 0);
      expect(answers(gateway, user)).toMatchObject([{ finishes: 1, spinning: false }]);
    }
  });

  it("writes no secret, key or signed address into its log", async () => {
    const gateway = await startGateway({ config: (sim) => ({ channels: { helper: botChannel(sim) } }) });
    await connected(gateway);
    await gateway.sim.send({ account: BOT, from: "anna", content: [{ kind: "image" }] });
    await write(gateway, "what is it?");
    await waitFor(() => finished(gateway).length > 0);

    const secret = String(gateway.sim.accounts().find(({ account }) => account === BOT)?.secret);
    for (const canary of [secret, "aeskey", "/cdn/bot/", "sign="]) expect(gateway.log()).not.toContain(canary);
  });
});
