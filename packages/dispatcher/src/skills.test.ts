import type { Agent, Turn } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { skillRequest } from "./skills.ts";
import { type PlatformOptions, said, startGateway } from "./test-support/gateway.ts";

const TODO = { name: "todo", description: "lists of things to do", text: "Ask for the day first." };

/** A gateway with one skill, whose agent writes down what it is asked. */
async function start(options: PlatformOptions = {}) {
  const turns: Turn[] = [];
  const agent: Agent = {
    async *respond(turn) {
      turns.push(turn);
      yield { kind: "text-delta", text: "done" };
    },
  };
  const gateway = await startGateway(agent, { ...options, ports: { skills: async () => [TODO] } });
  async function say(text: string, peer = "wmBob"): Promise<void> {
    const before = gateway.sent.length;
    await gateway.receive(said(text, { peer }));
    await expect.poll(() => gateway.sent.length).toBe(before + 1);
  }
  const asked = () => turns.map(({ messages, skill }) => [messages[0]?.content[0], skill?.name]);
  const text = (words: string) => ({ kind: "text", text: words });
  return { ...gateway, turns, say, asked, text };
}

describe("a skill", () => {
  it("that was chosen goes with every turn of this conversation, and of no other", async () => {
    const { say, asked, text, turns } = await start();

    await say("/skill todo");
    await say("one");
    await say("two");
    await say("three", "wmAnn");

    expect(asked()).toEqual([
      [text("one"), "todo"],
      [text("two"), "todo"],
      [text("three"), undefined],
    ]);
    expect(turns[0]?.skill).toEqual({ name: "todo", text: "Ask for the day first." });
  });

  it.each(["/new", "/skill off", "/技能 关闭"])("is over after %s", async (end) => {
    const { say, asked, text } = await start();

    await say("/技能 TODO");
    await say(end);
    await say("one");

    expect(asked()).toEqual([[text("one"), undefined]]);
  });

  it("is used for one request that stands behind its name", async () => {
    const { say, asked, text } = await start();

    await say("/skill todo buy milk");
    await say("one");

    expect(asked()).toEqual([
      [text("buy milk"), "todo"],
      [text("one"), undefined],
    ]);
  });

  it("is no way around commands.allowFrom", async () => {
    const { say, asked, text, texts } = await start({ settings: { commands: { allowFrom: ["boss"] } } });

    await say("/skill todo");
    await say("/skill todo buy milk");

    expect(texts()[0]).toBe("no");
    expect(asked()).toEqual([[text("/skill todo buy milk"), undefined]]);
  });

  it("is shown with what it is for, and asked for again when there is none of that name", async () => {
    const { say, texts } = await start({ settings: { language: "en" } });

    await say("/skill");
    await say("/skill nothing");
    await say("/help");

    expect(texts()[0]).toBe("In use: -\nChoose:\ntodo · lists of things to do");
    expect(texts()[1]).toBe("There is no such skill. Choose: todo");
    expect(texts()[2]).toContain("/skill");
  });

  it("of a conversation is seen at another gateway a moment later, and after a restart", async () => {
    const first = await start();
    await first.say("/skill todo");
    await first.stop();
    const second = await start({ store: first.store });

    await second.say("one");

    expect(second.asked()).toEqual([[second.text("one"), "todo"]]);
  });
});

describe("a request behind the name of a skill", () => {
  it("may have several lines", () => {
    expect(skillRequest("/skill todo buy\nmilk")).toEqual({ name: "todo", request: "buy\nmilk" });
  });

  it.each(["/skill", "/skill todo", "skill todo buy milk", "/skills todo x"])("is not in %j", (words) => {
    expect(skillRequest(words)).toBeUndefined();
  });
});
