import { collectAnswer, sampleTurn } from "@wxgate/testing";
import { afterEach, describe, expect, it } from "vitest";
import { backendContract } from "../fixtures/backend-contract.ts";
import { type BackendServer, startBackend, type WireFormat } from "../fixtures/backend-server.ts";
import { testPorts } from "../fixtures/ports.ts";
import { createOpenClawAgent, openClawConfigSchema } from "./openclaw.ts";

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta: object, finish_reason: string | null = null) =>
  data({
    id: "c1",
    object: "chat.completion.chunk",
    model: "openclaw:main",
    choices: [{ index: 0, delta, finish_reason }],
  });
const END = `${chunk({}, "stop")}data: [DONE]\n\n`;

const WIRE: WireFormat = {
  contentType: "text/event-stream",
  say: (text) => chunk({ role: "assistant" }) + chunk({ content: text }),
  end: END,
  fail: (message) => data({ error: { message, type: "api_error" } }),
  garbage: data({ hello: "world" }),
  unknown: data({ type: "notice", text: "hey" }),
};

backendContract("openclaw", WIRE, {
  create: ({ url, secret, limits, ports }) =>
    createOpenClawAgent(
      "claw",
      openClawConfigSchema.parse({ type: "openclaw", baseUrl: url, token: secret, ...limits }),
      ports,
    ),
  turnIdIn: ({ headers }) => headers["x-client-request-id"],
});

describe("openclaw agent", () => {
  let server: BackendServer | undefined;
  const never = new AbortController().signal;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function ask(stream: string, config: object = {}, turn = sampleTurn({ session: "ses_9" })) {
    server = await startBackend(
      (_, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end(stream),
    );
    const parsed = openClawConfigSchema.parse({
      type: "openclaw",
      baseUrl: server.url,
      channelGuide: false,
      ...config,
    });
    return collectAnswer(createOpenClawAgent("claw", parsed, testPorts()).respond(turn, never));
  }

  it("names agent and session, and sends the turn alone", async () => {
    const turn = sampleTurn({ session: "ses_9", text: "hi" });
    const history = [{ role: "user" as const, at: new Date(0), text: "old" }];

    await ask(END, { token: "t-1", agentId: "ops" }, { ...turn, history });

    expect(server?.requests[0]).toMatchObject({
      path: "/v1/chat/completions",
      headers: {
        authorization: "Bearer t-1",
        "x-openclaw-agent-id": "ops",
        "x-openclaw-session-key": "wxgate:ses_9",
      },
    });
    expect(JSON.parse(server?.requests[0]?.body ?? "")).toEqual({
      model: "openclaw:ops",
      messages: [{ role: "user", content: "hi" }],
      user: "ses_9",
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it("turns media lines into files, in the order they were said", async () => {
    const stream = chunk({ content: "Look:\nMED" }) + chunk({ content: "IA: https://example.com/a.png" }) + END;

    expect((await ask(stream)).events).toEqual([
      { kind: "text-delta", text: "Look:\n" },
      { kind: "content", content: { kind: "image", url: "https://example.com/a.png" } },
    ]);
  });

  it("takes JSON instead of a stream", async () => {
    const whole = JSON.stringify({ choices: [{ message: { content: "hi" }, finish_reason: "stop" }] });

    expect((await ask(whole)).text).toBe("hi");
  });

  it("keeps reasoning to itself, unless asked", async () => {
    const stream = chunk({ reasoning_content: "hm" }) + chunk({ content: "yes" }) + END;

    expect((await ask(stream)).events).toEqual([{ kind: "text-delta", text: "yes" }]);
    await server?.close();
    expect((await ask(stream, { showReasoning: true })).events[0]).toEqual({ kind: "reasoning-delta", text: "hm" });
  });

  it("asks again while another run of the session is under way", async () => {
    server = await startBackend((_, response) => void response.writeHead(409).end());
    const config = openClawConfigSchema.parse({ type: "openclaw", baseUrl: server.url });

    const { error } = await collectAnswer(
      createOpenClawAgent("claw", config, testPorts()).respond(sampleTurn({}), never),
    );

    expect(error).toMatchObject({ name: "TransientError", code: "agent.busy" });
  });
});
