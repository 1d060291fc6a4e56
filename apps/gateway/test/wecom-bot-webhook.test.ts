import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HOOK_BOT as BOT, hookChannel, saved } from "./bots.ts";
import { type GatewayUnderTest, type Json, type StartOptions, startGateway, waitFor } from "./harness.ts";

interface HookOptions extends Pick<StartOptions, "crashPoint"> {
  /** An agent as a file: what it does is the test's. */
  readonly agent?: string;
  readonly channel?: Json;
}

async function startHook({ agent, channel, crashPoint }: HookOptions = {}): Promise<GatewayUnderTest> {
  const gateway = await startGateway({
    config: (sim) => ({
      ...(agent && { agents: { own: { type: "module", path: "./agent.mjs" } }, defaultAgent: "own" }),
      channels: { hook: hookChannel(sim, channel) },
    }),
    ...(agent && { files: { "agent.mjs": agent } }),
    ...(crashPoint && { crashPoint }),
  });
  await saved(gateway);
  return gateway;
}

const write = (gateway: GatewayUnderTest, text: string, user = "anna") => gateway.customerWrites(text, user, BOT);
const items = (gateway: GatewayUnderTest, user = "anna") => gateway.sim.screen({ account: BOT, user }).items;
const answers = (gateway: GatewayUnderTest, user = "anna") =>
  items(gateway, user).filter(({ direction }) => direction === "outbound");
const finished = (gateway: GatewayUnderTest, user = "anna") => answers(gateway, user).filter((item) => item.finished);
const thrownAway = (gateway: GatewayUnderTest, user = "anna") =>
  items(gateway, user).filter(({ kind }) => kind === "notice");

const SLOW_FIRST_TIME = `
  export default {
    async *respond(turn, signal) {
      yield { kind: "text-delta", text: "first half " };
      if (turn.attempt === 1) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield { kind: "text-delta", text: "second half" };
    },
  };`;
const COUNTING = `
  import { appendFileSync } from "node:fs";
  export default {
    async *respond() {
      appendFileSync(new URL("./runs.txt", import.meta.url), "x");
      yield { kind: "text-delta", text: "answer" };
    },
  };`;
const HANGING = `
  export default {
    async *respond(turn, signal) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };`;

describe("a gateway with a bot on callbacks", () => {
  it("answers a text with one finished bubble", async () => {
    const gateway = await startHook();

    await write(gateway, "hello bot");
    await waitFor(() => finished(gateway).length > 0);

    expect(answers(gateway)).toMatchObject([
      { finishes: 1, spinning: false, text: expect.stringContaining("hello bot") },
    ]);
    expect(thrownAway(gateway)).toEqual([]);
  });

  it("shows nothing to somebody who is refused without a word, and the sentence where there is one", async () => {
    const gateway = await startHook({ channel: { dmPolicy: "allowlist", allowFrom: ["anna"] } });
    const told = await startHook({ channel: { dmPolicy: "disabled", notices: { denied: "not here" } } });

    await write(gateway, "let me in", "bob");
    await write(gateway, "hello bot", "anna");
    await write(told, "let me in", "bob");
    await waitFor(() => finished(gateway).length > 0);
    await waitFor(() => finished(told, "bob").length > 0);
    await write(told, "and again", "bob");
    await write(told, "let me in", "eve");
    await waitFor(() => finished(told, "eve").length > 0);

    expect(answers(gateway, "bob")).toEqual([]);
    expect(answers(told, "bob")).toMatchObject([{ text: "not here", finishes: 1, spinning: false }]);
  });

  it("that is killed in the middle of a stream ends the same bubble after its restart, once", async () => {
    const gateway = await startHook({ agent: SLOW_FIRST_TIME });
    await write(gateway, "tell me");
    await waitFor(() => answers(gateway).some(({ text }) => text?.includes("first half")));

    await gateway.kill9();
    await gateway.restart();
    await waitFor(() => finished(gateway).length > 0, { timeoutMs: 20_000 });

    expect(answers(gateway)).toMatchObject([{ text: "first half second half", finishes: 1, spinning: false }]);
  });

  it("still shows after a restart what had been said", async () => {
    const gateway = await startHook({
      agent: `
        export default {
          async *respond(turn, signal) {
            if (turn.attempt === 1) yield { kind: "text-delta", text: "what was said before" };
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
          },
        };`,
    });
    await write(gateway, "tell me");
    const bubble = await waitFor(() => answers(gateway).find(({ text }) => text === "what was said before"));
    await gateway.kill9();
    await gateway.restart();

    const answer = await gateway.sim.act("wecom-bot-webhook", "refresh", {
      account: BOT,
      from: "anna",
      stream: String(bubble.stream),
    });

    expect(answer).toMatchObject({ reply: { stream: { finish: false, content: "what was said before" } } });
  });

  it.each(["after-complete-turn", "before-send", "after-send", "before-complete-delivery"])(
    "that is killed %s shows its answer once",
    async (crashPoint) => {
      const gateway = await startHook({ crashPoint });
      await write(gateway, "hello bot");
      await gateway.exit();
      await gateway.restart();

      await waitFor(() => finished(gateway).length > 0, { timeoutMs: 20_000 });
      await write(gateway, "and again");
      await waitFor(() => finished(gateway).length > 1, { timeoutMs: 30_000 });

      expect(answers(gateway).map(({ text }) => text)).toEqual([
        expect.stringContaining("hello bot"),
        expect.stringContaining("and again"),
      ]);
    },
    60_000,
  );

  it.each([
    ["in the same bubble, which the platform asks for again", false],
    ["by response_url, where the platform asks no more", true],
  ])(
    "that is killed before the response with the answer left shows it %s",
    async (_how, asksNoMore) => {
      const gateway = await startHook({ crashPoint: "before-answer", channel: { refreshPatienceSeconds: 5 } });
      if (asksNoMore) gateway.sim.setFaults([{ name: "bot.refresh.fragile" }]);
      await write(gateway, "hello bot");
      await gateway.exit();
      await gateway.restart();

      const shown = () => answers(gateway).filter(({ text }) => text?.includes("hello bot"));
      await waitFor(() => shown().length > 0, { timeoutMs: 60_000 });

      expect(shown()).toHaveLength(1);
      expect(shown()[0]?.by).toBe(asksNoMore ? "response_url" : "reply");
    },
    90_000,
  );

  it("runs the agent once when the same msgid comes again after a kill, and shows the same bubble", async () => {
    const gateway = await startHook({ agent: COUNTING });
    const message = { account: BOT, from: "anna", content: { kind: "text", text: "once" }, msgid: "msg-repeated-1" };
    await gateway.sim.act("wecom-bot-webhook", "mixed", message);
    await waitFor(() => finished(gateway).length === 1);
    await gateway.kill9();
    await gateway.restart();

    await gateway.sim.act("wecom-bot-webhook", "mixed", message);
    await write(gateway, "another");
    await waitFor(() => finished(gateway).length === 2);

    expect(readFileSync(`${gateway.dir}/runs.txt`, "utf8")).toBe("xx");
    expect(answers(gateway)).toHaveLength(2);
    expect(thrownAway(gateway)).toEqual([]);
  });

  it("answers refreshes in less than 200 ms while the agent hangs", async () => {
    const gateway = await startHook({ agent: HANGING });
    await write(gateway, "hello");
    const bubble = await waitFor(() => answers(gateway)[0]);

    const durations: number[] = [];
    for (let time = 0; time < 20; time += 1) {
      const refresh = { account: BOT, from: "anna", stream: String(bubble.stream) };
      const { durationMs } = (await gateway.sim.act("wecom-bot-webhook", "refresh", refresh)) as { durationMs: number };
      durations.push(durationMs);
    }

    expect(Math.max(...durations)).toBeLessThan(200);
    expect(answers(gateway)).toMatchObject([{ text: "⏳ 正在思考…", finished: false }]);
  });

  it("ends an unknown bubble with words", async () => {
    const gateway = await startHook();

    const refresh = { account: BOT, from: "anna", stream: "stream_of_somebody_else" };

    expect(await gateway.sim.act("wecom-bot-webhook", "refresh", refresh)).toMatchObject({
      reply: { stream: { id: "stream_of_somebody_else", finish: true, content: expect.stringMatching(/\S/) } },
    });
  });

  it("sends an answer that nobody fetches by response_url, once", async () => {
    const gateway = await startHook({ channel: { refreshPatienceSeconds: 5 } });
    gateway.sim.setFaults([{ name: "bot.refresh.none" }]);

    await write(gateway, "hello bot");
    await waitFor(() => answers(gateway).some(({ by }) => by === "response_url"), { timeoutMs: 20_000 });

    const answer = expect.stringContaining("hello bot");
    expect(answers(gateway)).toMatchObject([{ by: "reply" }, { by: "response_url", text: answer }]);
    expect(gateway.sim.log({ path: "/cgi-bin/aibot/response" }).entries).toHaveLength(1);
    expect(gateway.log()).not.toContain("response_code");
  });

  it("answers a message in its bubble although a long answer to the one before took all that one has", async () => {
    const gateway = await startHook({
      agent: `
        export default {
          async *respond(turn) {
            const words = turn.messages[0].content[0].text;
            await new Promise((resolve) => setTimeout(resolve, 1000));
            yield { kind: "text-delta", text: words === "long" ? "天地玄黄宇宙洪荒。".repeat(1200) : "short" };
          },
        };`,
    });

    await write(gateway, "long");
    await waitFor(() => gateway.log().includes('"turn started"'));
    await write(gateway, "and now?");
    await waitFor(() => answers(gateway).some(({ text }) => text === "short"));

    expect(answers(gateway)).toHaveLength(3);
    expect(answers(gateway).every(({ spinning }) => spinning !== true)).toBe(true);
  });

  it("brings 60,000 bytes of Chinese over whole, the last part when the member asks for it", async () => {
    const gateway = await startHook({
      agent: `
        export default {
          async *respond() {
            for (let part = 0; part < 223; part += 1) yield { kind: "text-delta", text: "天地玄黄宇宙洪荒。".repeat(10) };
          },
        };`,
    });

    await write(gateway, "long please");
    await waitFor(() => answers(gateway).length === 2 && answers(gateway).every(({ spinning }) => spinning !== true), {
      timeoutMs: 20_000,
    });
    // At once: the rest may not have been tried yet.
    await write(gateway, "继续");
    await waitFor(() => answers(gateway).length === 3 && answers(gateway).every(({ spinning }) => spinning !== true), {
      timeoutMs: 20_000,
    });

    const shown = answers(gateway)
      .map(({ text }) => text)
      .join("");
    expect(shown).toContain("回复“继续”查看其余内容");
    expect(shown.replace(/\s*（未完，.*?）/, "")).toBe("天地玄黄宇宙洪荒。".repeat(2_230));
  });

  it("closes the bubble with words when the agent has none, fails, or is stopped", async () => {
    const gateway = await startHook({
      agent: `
        export default {
          async *respond(turn, signal) {
            const said = turn.messages[0].content[0].text;
            if (said === "wait") await new Promise((resolve) => signal.addEventListener("abort", resolve));
          },
        };`,
    });

    await write(gateway, "silence", "silent");
    await write(gateway, "wait", "stopper");
    await waitFor(() => answers(gateway, "stopper").length > 0);
    await write(gateway, "/stop", "stopper");

    await waitFor(() => finished(gateway, "silent").length === 1);
    await waitFor(() => finished(gateway, "stopper").length === 2);
    for (const user of ["silent", "stopper"]) {
      for (const item of answers(gateway, user)) expect(item).toMatchObject({ finishes: 1, spinning: false });
    }
  });

  it("closes the bubbles of messages that waited for their turn when /stop takes them back", async () => {
    const gateway = await startHook({ agent: HANGING });
    await write(gateway, "first");
    await waitFor(() => gateway.log().includes('"turn started"'));
    await write(gateway, "second");

    await write(gateway, "/stop");

    await waitFor(() => finished(gateway).length === 3);
    expect(answers(gateway).map(({ finishes }) => finishes)).toEqual([1, 1, 1]);
  });

  it("opens pictures with the bot's own key, and tells the agent plainly when it cannot", async () => {
    const gateway = await startHook({
      agent: `
        export default {
          async *respond(turn) {
            const [{ media }] = turn.messages[0].content;
            yield { kind: "text-delta", text: media.error ?? media.mime };
          },
        };`,
    });
    await gateway.sim.send({ account: BOT, from: "anna", content: [{ kind: "image" }] });
    await waitFor(() => finished(gateway).length === 1);
    gateway.sim.setFaults([{ name: "bot.cdn.wrong-key", count: 1 }]);
    await gateway.sim.send({ account: BOT, from: "anna", content: [{ kind: "image" }] });
    await waitFor(() => finished(gateway).length === 2);

    expect(answers(gateway)).toMatchObject([
      { text: expect.stringMatching(/^image\//) },
      { text: expect.stringContaining("cannot be read") },
    ]);
  });

  it("greets, and changes a card that was tapped inside the response", async () => {
    const gateway = await startHook({
      agent: `
        export default {
          async *respond(turn) {
            const [part] = turn.messages[0].content;
            if (part.kind === "action") return yield { kind: "text-delta", text: "you chose " + part.key };
            yield { kind: "content", content: { kind: "card", card: {
              card_type: "button_interaction", task_id: "ask-1", main_title: { title: "Go?" },
              button_list: [{ text: "Yes", key: "yes" }] } } };
          },
        };`,
      channel: { welcomeText: "Welcome here" },
    });
    await gateway.sim.act("wecom-bot-webhook", "enter", { account: BOT, from: "anna" });
    await write(gateway, "ask me");
    const card = await waitFor(() => answers(gateway).find(({ kind }) => kind === "card"));

    await gateway.sim.tap({ account: BOT, user: "anna", message: card.id, item: "yes" });
    await waitFor(() => answers(gateway).some(({ text }) => text === "you chose yes"));

    expect(answers(gateway)[0]).toMatchObject({ by: "welcome", text: "Welcome here" });
    expect(answers(gateway).find(({ kind }) => kind === "card")).toMatchObject({
      updates: 1,
      card: { button_list: [{ text: "已提交" }] },
    });
    expect(thrownAway(gateway)).toEqual([]);
  });

  it("writes no token, key or address into its log", async () => {
    const gateway = await startHook();
    await gateway.sim.send({ account: BOT, from: "anna", content: [{ kind: "image" }] });
    await write(gateway, "what is it?");
    await waitFor(() => finished(gateway).length > 0);

    const { token, encodingAESKey } = gateway.sim.accounts().find(({ account }) => account === BOT) as Json;
    for (const canary of [String(token), String(encodingAESKey), "response_code", "/cdn/bot", "sign="]) {
      expect(gateway.log()).not.toContain(canary);
    }
  });
});
