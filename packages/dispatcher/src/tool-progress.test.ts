import type { Channel, OutboundContent } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createToolProgress } from "./tool-progress.ts";

const conversation = { channel: "c", account: "a", kind: "direct", peer: "p" } as const;

function progress({ sent = 0, waiting = 0, most = 10 }: { sent?: number; waiting?: number; most?: number } = {}) {
  const lines: OutboundContent[] = [];
  const channel: Channel = {
    id: "c",
    type: "test",
    target: () => conversation,
    prepare: () => [],
    send: async () => ({}),
    health: () => ({ state: "ok", accounts: [] }),
    reply: { sendsPerInbound: most },
    toolProgress: ({ name, state }, callId) => ({ kind: "text", text: `${name} ${state} ${callId}` }),
  };
  const { showTool } = createToolProgress({
    channel,
    turn: { id: "trn_1", conversation },
    store: { quota: async () => ({ sendsSinceInbound: sent, waiting }) },
    sendNow: async (content) => void lines.push(content),
  });
  return { showTool, texts: () => lines.map((line) => (line.kind === "text" ? line.text : line.kind)) };
}

describe("a tool at work", () => {
  it("is shown at its start and end under one id", async () => {
    const { showTool, texts } = progress();

    for (const state of ["started", "finished", "started"] as const)
      await showTool?.({ kind: "tool", name: "search", state });

    expect(texts()).toEqual(["search started trn_1-1", "search finished trn_1-1", "search started trn_1-2"]);
  });

  it.each([
    [7, 0, 1],
    [8, 0, 0],
    [5, 3, 0],
  ])("leaves two sends for the answer: %i sent, %i waiting", async (sent, waiting, shown) => {
    const { showTool, texts } = progress({ sent, waiting });

    await showTool?.({ kind: "tool", name: "search", state: "started" });

    expect(texts()).toHaveLength(shown);
  });

  it("is not shown where the channel has no such lines", () => {
    const channel = { reply: {} } as Channel;
    const turn = { id: "trn_1", conversation };

    expect(
      createToolProgress({ channel, turn, store: { quota: async () => ({}) as never }, sendNow: async () => {} }),
    ).toEqual({});
  });
});
