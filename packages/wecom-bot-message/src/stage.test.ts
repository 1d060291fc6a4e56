import type { OutboundContent } from "@wxgate/core";
import { createTestPorts } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { createBotStage } from "./index.ts";

const MEMBER = { channel: "helper", account: "aib", kind: "direct", peer: "u" } as const;
const PICTURE: OutboundContent = { kind: "image", url: "https://pics.test/a.png" };

function staged(content: OutboundContent, to: typeof MEMBER | { kind: "audience"; peer: string } = MEMBER) {
  const stage = createBotStage({
    stageMedia: async ({ kind }) => ({ kind, mediaId: "M1" }),
    wordsOfWrongCard: () => ({ words: "x".repeat(30_000), error: new Error("wrong") }),
    log: createTestPorts().ports.log,
  });
  const target = { to: { ...MEMBER, ...to }, answers: ["m-1"], handles: [] };
  return stage({ content: [content] }, target, new AbortController().signal);
}

describe("a piece that gets ready", () => {
  it("has its files uploaded once", async () => {
    expect(await staged(PICTURE)).toEqual({ content: [{ kind: "image", mediaId: "M1" }] });
    expect(await staged({ kind: "image", mediaId: "M0" })).toEqual({ content: [{ kind: "image", mediaId: "M0" }] });
  });

  it("stays as it is where the bot cannot write: another channel sends it", async () => {
    expect(await staged(PICTURE, { kind: "audience", peer: "party:1" })).toEqual({ content: [PICTURE] });
  });

  it("says a wrong card in as many words as the bot can send", async () => {
    expect(await staged({ kind: "card", card: {} })).toMatchObject({
      content: [{ kind: "text", format: "plain", text: expect.stringMatching(/^x{20000}/) }],
    });
  });

  it("is refused before its bubble ends, where its native message has no msgtype", async () => {
    await expect(staged({ kind: "native", payload: {} })).rejects.toMatchObject({
      code: "wecom-bot.native-without-msgtype",
    });
  });
});
