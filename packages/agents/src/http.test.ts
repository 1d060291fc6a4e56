import { type AgentEvent, ProtocolError, RejectedError, TransientError } from "@wxgate/core";
import { collectAnswer, sampleTurn } from "@wxgate/testing";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import { backendContract } from "./fixtures/backend-contract.ts";
import { type BackendServer, type Handler, startBackend, type WireFormat } from "./fixtures/backend-server.ts";
import { testPorts } from "./fixtures/ports.ts";
import { createHttpAgent, httpConfigSchema } from "./http.ts";

const data = (event: unknown) => `data: ${JSON.stringify(event)}\n\n`;

const WIRE: WireFormat = {
  contentType: "text/event-stream",
  say: (text) => data({ kind: "text-delta", text }),
  end: "",
  fail: (problem) => `event: error\n${data({ message: problem })}`,
  garbage: data({ kind: "shout", text: "hey" }),
  unknown: `${data({ kind: "shout", text: "hey" })}event: ping\ndata: still here\n\nevent: ping\ndata: {}\n\n`,
};

backendContract("http", WIRE, {
  create: ({ url, secret, limits, ports }) =>
    createHttpAgent(
      "ops",
      httpConfigSchema.parse({
        type: "http",
        url: `${url}/agent?key=${secret}`,
        secret,
        headers: { authorization: `Bearer ${secret}` },
        ...limits,
      }),
      ports,
    ),
  turnIdIn: ({ headers }) => headers["webhook-id"],
  refusalIsFinal: true,
});

describe("http agent", () => {
  let server: BackendServer | undefined;
  const never = new AbortController().signal;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function ask(handle: Handler, config: object = {}, turn = sampleTurn({})) {
    server = await startBackend(handle);
    const parsed = httpConfigSchema.parse({ type: "http", url: `${server.url}/agent`, ...config });
    return collectAnswer(createHttpAgent("ops", parsed, testPorts()).respond(turn, never));
  }
  const answering =
    (body: string, contentType?: string): Handler =>
    (_, response) => {
      if (contentType !== undefined) response.setHeader("content-type", contentType);
      response.end(body);
    };

  it("posts the turn as JSON, field by field", async () => {
    const image = {
      kind: "image" as const,
      media: { id: "m1", mime: "image/png", bytes: 3, sha256: "ab", url: "http://127.0.0.1:8788/media/m1?sig=1" },
    };
    const turn = sampleTurn({ id: "trn_7", attempt: 2, session: "ses_9" });
    const message = { ...turn.messages[0]!, content: [{ kind: "text" as const, text: "hi" }, image] };

    await ask(answering("", undefined), {}, { ...turn, messages: [message] });

    expect(server?.requests[0]).toMatchObject({ method: "POST", path: "/agent" });
    expect(server?.requests[0]?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(server?.requests[0]?.body ?? "")).toEqual({
      turn: "trn_7",
      attempt: 2,
      agent: "assistant",
      session: "ses_9",
      conversation: { channel: "support", account: "wk-1", kind: "direct", peer: "wm-ada" },
      sender: { id: "wm-ada", name: "Ada" },
      messages: [{ id: "msg_1", sentAt: "2026-11-20T10:00:00.000Z", content: [{ kind: "text", text: "hi" }, image] }],
    });
  });

  it("names the skill that the person chose", async () => {
    await ask(answering("", undefined), {}, { ...sampleTurn({}), skill: { name: "wecom-todo", text: "long" } });

    expect(JSON.parse(server?.requests[0]?.body ?? "")).toMatchObject({ skill: "wecom-todo" });
  });

  it.each([
    ["with the prefix of Standard Webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", undefined],
    ["that reads as base64", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", undefined],
    ["that reads as base64 and is meant as text", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", { format: "raw" as const }],
    ["in plain words", "correct horse", { format: "raw" as const }],
  ])("signs with a secret %s", async (_, secret, format) => {
    await ask(answering(""), { secret }, sampleTurn({ id: "trn_8" }));

    const request = server?.requests[0];
    expect(request?.headers["webhook-id"]).toBe("trn_8");
    const verified = new Webhook(secret, format).verify(
      request?.body ?? "",
      request?.headers as Record<string, string>,
    );
    expect(verified).toMatchObject({ turn: "trn_8" });
  });

  it("signs nothing without a secret", async () => {
    await ask(answering(""));

    expect(Object.keys(server?.requests[0]?.headers ?? {}).filter((name) => name.startsWith("webhook-"))).toEqual([]);
  });

  it("sends the contents of a JSON answer in their order", async () => {
    const content = [
      { kind: "text", text: "one", format: "plain" },
      { kind: "image", url: "https://example.com/a.png" },
      { kind: "handoff" },
    ];

    const { events } = await ask(answering(JSON.stringify({ content }), "application/json; charset=utf-8"));

    expect(events).toEqual(content.map((part) => ({ kind: "content", content: part })));
  });

  it("takes every line of a stream as one event", async () => {
    const events: AgentEvent[] = [
      { kind: "reasoning-delta", text: "hm" },
      { kind: "tool", name: "search", state: "started" },
      { kind: "text-delta", text: "no" },
      { kind: "text-replace", text: "yes" },
      { kind: "content", content: { kind: "file", text: "a,b", filename: "a.csv" }, now: true },
      { kind: "ask", question: { content: { kind: "text", text: "which one?" } } },
      { kind: "usage", inputTokens: 3, outputTokens: 5 },
    ];

    const answer = await ask(answering(`: hello\n\n${events.map(data).join("")}`, "text/event-stream"));

    expect(answer).toMatchObject({ events, error: undefined });
  });

  it.each(["reasoning", "reasoning_content"])("takes %s for what the model thought", async (kind) => {
    const stream = data({ kind, text: "hm" }) + data({ kind: "text-delta", text: "yes" });

    const { events, error } = await ask(answering(stream, "text/event-stream"));

    expect(error).toBeUndefined();
    expect(events).toEqual([
      { kind: "reasoning-delta", text: "hm" },
      { kind: "text-delta", text: "yes" },
    ]);
  });

  it.each([
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ])("reads a stream with %s line ends", async (_, end) => {
    const stream = (data({ kind: "text-delta", text: "a" }) + data({ kind: "text-delta", text: "b" })).replaceAll(
      "\n",
      end,
    );

    expect(await ask(answering(stream, "text/event-stream"))).toMatchObject({ text: "ab", error: undefined });
  });

  it("takes the last event of a stream without the blank line behind it", async () => {
    const stream = data({ kind: "text-delta", text: "whole" }).trimEnd();

    expect(await ask(answering(stream, "text/event-stream"))).toMatchObject({ text: "whole", error: undefined });
  });

  it("asks again when the last event of a stream is only half there", async () => {
    const { error } = await ask(answering('data: {"kind":"text-delta","te', "text/event-stream"));

    expect(error).toMatchObject({ name: "TransientError", code: "agent.broken-off" });
  });

  it("takes an event of 100 KB and refuses one of more than 4 MiB", async () => {
    const long = "长".repeat(35_000);

    expect((await ask(answering(data({ kind: "text-delta", text: long }), "text/event-stream"))).text).toBe(long);
    await server?.close();

    const { error } = await ask(answering(`data: ${"x".repeat(5_000_000)}`, "text/event-stream"));
    expect(error).toBeInstanceOf(ProtocolError);
  });

  it("takes plain text as it is", async () => {
    expect((await ask(answering("just **words**\n", "text/plain; charset=utf-8"))).text).toBe("just **words**\n");
  });

  it("says nothing after 204, an empty list or an empty answer", async () => {
    const noContent: Handler = (_, response) => void response.writeHead(204).end();

    for (const handle of [noContent, answering('{"content":[]}', "application/json"), answering("")]) {
      expect(await ask(handle)).toEqual({ events: [], text: "", error: undefined });
      await server?.close();
    }
  });

  it.each([
    ["a page", "<html>", "text/html"],
    ["JSON that is none", "{", "application/json"],
    ["JSON without content", '{"text":"hi"}', "application/json"],
    ["content of an unknown kind", '{"content":[{"kind":"dance"}]}', "application/json"],
    ["an unknown event", 'data: {"kind":"dance"}\n\n', "text/event-stream"],
    ["an event that is no JSON", "data: hello\n\n", "text/event-stream"],
  ])("calls %s garbage and shows none of it", async (_, body, contentType) => {
    const { error, events } = await ask(answering(body, contentType));

    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: "agent.garbage" });
    expect(events).toEqual([]);
  });

  it.each([400, 401, 404, 408, 409, 410])("gives up after %i", async (status) => {
    const { error } = await ask((_, response) => void response.writeHead(status).end("no"));

    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ platformCode: status });
  });

  it("does not follow a redirect, which would carry its secrets elsewhere", async () => {
    const { error } = await ask(
      (_, response) => void response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
    );

    expect(error).toMatchObject({ code: "agent.redirected" });
    expect(server?.requests).toHaveLength(1);
  });

  it("asks again when the server does not begin to answer in time", async () => {
    const { error } = await ask(() => {}, { timeoutMs: 50 });

    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({ code: "agent.timeout" });
  });

  it("asks again when nobody listens at the address", async () => {
    server = await startBackend(() => {});
    const { url } = server;
    await server.close();
    server = undefined;
    const agent = createHttpAgent("ops", httpConfigSchema.parse({ type: "http", url }), testPorts());

    const { error } = await collectAnswer(agent.respond(sampleTurn({}), never));

    expect(error).toMatchObject({ name: "TransientError", code: "agent.unreachable" });
    expect((error as Error).message).toContain("ECONNREFUSED");
  });

  it("closes the connection when the turn is stopped", async () => {
    const stop = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    server = await startBackend((_, response) => {
      closed = new Promise((resolve) => response.on("close", resolve));
      response.writeHead(200, { "content-type": "text/event-stream" }).write(data({ kind: "text-delta", text: "a" }));
    });
    const agent = createHttpAgent("ops", httpConfigSchema.parse({ type: "http", url: server.url }), testPorts());

    for await (const event of agent.respond(sampleTurn({}), stop.signal)) {
      expect(event).toEqual({ kind: "text-delta", text: "a" });
      stop.abort();
      break;
    }

    await expect(closed).resolves.toBeUndefined();
  });

  it.each([
    [{ url: "ftp://example.com" }, "whole address"],
    [{ url: "http://user:pw@example.com" }, "user name"],
    [{ url: "http://example.com", secret: "" }, "is empty"],
    [{ url: "http://example.com", sekret: "x" }, "sekret"],
  ])("refuses the configuration %j", (config, reason) => {
    const { error } = httpConfigSchema.safeParse({ type: "http", ...config });

    expect(error?.message).toContain(reason);
  });
});
