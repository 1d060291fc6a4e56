import type { InboundContent } from "@wxgate/core";
import { agentContract, collectAnswer, sampleTurn } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { createEchoAgent, echoConfigSchema } from "./echo.ts";

const echo = createEchoAgent("echo", echoConfigSchema.parse({ type: "echo" }));

agentContract("echo", {
  start: async () => ({ agent: echo, requests: () => [], close: async () => {} }),
  plays: ["answer"],
});

describe("echo agent", () => {
  const never = new AbortController().signal;
  const say = (...content: InboundContent[]) => {
    const turn = sampleTurn({});
    return collectAnswer(echo.respond({ ...turn, messages: [{ ...turn.messages[0]!, content }] }, never));
  };

  it("repeats a text exactly, white space and all", async () => {
    const said = "  two  spaces\n\n\ttab 你好  ";

    expect((await say({ kind: "text", text: said })).text).toBe(`You said: ${said}`);
  });

  it("arrives in pieces", async () => {
    expect((await say({ kind: "text", text: "one two three" })).events.length).toBeGreaterThan(3);
  });

  it("repeats everything of a turn with several messages", async () => {
    const turn = sampleTurn({ text: "first" });
    const messages = [...turn.messages, ...sampleTurn({ text: "second" }).messages];

    expect((await collectAnswer(echo.respond({ ...turn, messages }, never))).text).toBe("You said: first\nsecond");
  });

  it("tells what came when it was no text", async () => {
    const photo = { id: "m1", mime: "image/png", bytes: 12_345, sha256: "ab", filename: "cat.png" };

    expect((await say({ kind: "image", media: photo })).text).toBe("You said: [image, cat.png, image/png, 12.3 kB]");
    expect((await say({ kind: "file", media: { error: "it is too large" } })).text).toBe(
      "You said: [file, not available: it is too large]",
    );
    expect((await say({ kind: "location", latitude: 1, longitude: 2, name: "Home" })).text).toBe(
      "You said: [location] Home",
    );
  });

  it("stays silent when nothing was said", async () => {
    expect((await say({ kind: "text", text: "" })).events).toEqual([]);
  });
});
