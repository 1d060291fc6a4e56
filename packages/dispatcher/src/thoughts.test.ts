import { type Agent, type Channel, type OutboundContent, TransientError, type Turn } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { said, startGateway } from "./test-support/gateway.ts";

describe("what a model thinks before it answers", () => {
  const turns: Turn[] = [];
  const thinking: Agent = {
    capabilities: { history: false },
    async *respond(turn) {
      turns.push(turn);
      yield { kind: "reasoning-delta", text: "hm" };
      yield { kind: "reasoning-delta", text: "m" };
      yield { kind: "text-delta", text: "yes" };
    },
  };
  async function start(channel: Partial<Channel>) {
    turns.length = 0;
    const screen: string[] = [];
    const gateway = await startGateway(thinking, {
      channel: {
        openStream: () => ({ handle: {}, update: (text) => void (text !== "" && screen.push(text)) }),
        ...channel,
      },
    });
    return { ...gateway, screen };
  }

  it("is not shown: neither while the answer grows nor in its end", async () => {
    const { receive, texts, screen } = await start({});

    await receive(said("hi"));

    await expect.poll(texts).toEqual(["yes"]);
    expect(screen).toEqual(["yes"]);
  });

  it("grows on the phone and stays before the answer where the channel shows it", async () => {
    const { receive, texts, sent, screen } = await start({ withThought: (thought, text) => `(${thought}) ${text}` });

    await receive(said("hi"));

    await expect.poll(texts).toEqual(["yes"]);
    expect(sent[0]?.piece.content).toEqual([{ kind: "text", text: "yes", thought: "hmm" }]);
    expect(screen).toEqual(["(hm) ", "(hmm) ", "(hmm) yes"]);
  });

  it("enters no history, though it was shown", async () => {
    const { receive, texts } = await start({ withThought: (thought, text) => `(${thought}) ${text}` });

    await receive(said("one"));
    await expect.poll(texts).toHaveLength(1);
    await receive(said("two"));
    await expect.poll(texts).toHaveLength(2);

    expect(turns[1]?.history.map(({ text }) => text)).toEqual(["one", "yes"]);
  });

  it("does not follow the answer to the channel that sends in this one's place", async () => {
    const other: OutboundContent[] = [];
    const spare: Channel = {
      id: "spare",
      type: "test",
      target: (peer) => ({ channel: "spare", account: "wk1", kind: "direct", peer }),
      prepare: (reply) => reply.map((content) => ({ content: [content] })),
      async send({ piece: { content } }) {
        other.push(...content);
        return {};
      },
      health: () => ({ state: "ok", accounts: [] }),
    };
    const gateway = await startGateway(thinking, {
      channel: { withThought: (thought, text) => `(${thought}) ${text}` },
      settings: { fallback: "spare" },
      more: { spare },
      send() {
        throw new TransientError("not connected", { code: "bot.not-connected" });
      },
    });

    await gateway.receive(said("hi"));

    await expect.poll(() => other, { timeout: 10_000 }).toEqual([{ kind: "text", text: "yes" }]);
  });
});
