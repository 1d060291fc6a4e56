import { AuthenticationError, ProtocolError, RejectedError, TransientError, type Turn } from "@wxgate/core";
import { collectAnswer, sampleTurn } from "@wxgate/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { backendContract } from "../fixtures/backend-contract.ts";
import { type BackendServer, type Handler, startBackend, type WireFormat } from "../fixtures/backend-server.ts";
import { testPorts } from "../fixtures/ports.ts";
import type { AgentPorts, AgentTools } from "../ports.ts";
import { cozeConfigSchema, createCozeAgent } from "./coze.ts";

const event = (name: string, value: unknown) => `event:${name}\ndata:${JSON.stringify(value)}\n\n`;
const CHAT = { id: "chat-1", conversation_id: "conv-1", bot_id: "73" };
const CREATED = event("conversation.chat.created", { ...CHAT, status: "created" });
const said = (content: string, more: object = {}) =>
  event("conversation.message.delta", {
    id: "m-1",
    role: "assistant",
    type: "answer",
    content,
    content_type: "text",
    ...more,
  });
const whole = (content: string, more: object = {}) =>
  event("conversation.message.completed", { id: "m-1", type: "answer", content, content_type: "text", ...more });
const COMPLETED = event("conversation.chat.completed", {
  ...CHAT,
  status: "completed",
  usage: { token_count: 9, output_count: 4, input_count: 5 },
});
const END = `${COMPLETED}event:done\ndata:"[DONE]"\n\n`;

const WIRE: WireFormat = {
  contentType: "text/event-stream",
  say: (text) => CREATED + event("conversation.chat.in_progress", CHAT) + said(text),
  end: END,
  fail: (msg) => event("conversation.chat.failed", { ...CHAT, last_error: { code: 5000, msg } }),
  garbage: event("surprise", { hello: "world" }),
  unknown: event("surprise", { type: "answer", content: "hey" }),
};

backendContract("coze", WIRE, {
  create: ({ url, secret, limits, ports }) =>
    createCozeAgent(
      "assistant",
      cozeConfigSchema.parse({ type: "coze", baseUrl: url, apiKey: secret, botId: "73", ...limits }),
      ports,
    ),
  turnIdIn: ({ headers }) => headers["x-client-request-id"],
});

describe("coze agent", () => {
  let server: BackendServer | undefined;
  const never = new AbortController().signal;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function start(handle: Handler, config: object = {}, ports: AgentPorts = testPorts()) {
    server = await startBackend(handle);
    const parsed = cozeConfigSchema.parse({
      type: "coze",
      baseUrl: server.url,
      apiKey: "pat-1",
      botId: "73",
      ...config,
    });
    return createCozeAgent("assistant", parsed, ports);
  }
  const streaming =
    (...streams: readonly string[]): Handler =>
    (_, response) => {
      const position = (server?.requests.length ?? 1) - 1;
      response.writeHead(200, { "content-type": "text/event-stream" }).end(streams[position] ?? streams.at(-1));
    };
  const ask = async (stream: string, config: object = {}, turn: Turn = sampleTurn({})) =>
    collectAnswer((await start(streaming(stream), config)).respond(turn, never));
  const paths = () => server?.requests.map(({ path }) => path);
  const body = (position = 0) => JSON.parse(server?.requests[position]?.body ?? "{}");

  it("asks the bot, as the person of this conversation", async () => {
    await ask(CREATED + END, { variables: { tone: "kind" } });

    expect(paths()).toEqual(["/v3/chat"]);
    expect(server?.requests[0]?.headers.authorization).toBe("Bearer pat-1");
    expect(body()).toEqual({
      bot_id: "73",
      user_id: "support/wk-1/wm-ada",
      stream: true,
      auto_save_history: true,
      additional_messages: [{ role: "user", type: "question", content: "hello", content_type: "text" }],
      custom_variables: { tone: "kind" },
    });
  });

  it("goes on with the conversation in the same session, and begins one in another", async () => {
    const agent = await start(streaming(CREATED + said("a") + END));

    for (const session of ["ses_1", "ses_1", "ses_2"])
      await collectAnswer(agent.respond(sampleTurn({ session }), never));

    expect(paths()).toEqual(["/v3/chat", "/v3/chat?conversation_id=conv-1", "/v3/chat"]);
  });

  it.each([
    [200, '{"code":4200,"msg":"no such conversation"}'],
    [400, '{"code":4002,"msg":"invalid conversation"}'],
    [404, '{"code":4200,"msg":"no such conversation"}'],
  ])("begins a new conversation when Coze no longer knows the old one, with status %i", async (status, forgotten) => {
    const agent = await start((request, response) => {
      if (request.path.includes("conversation_id")) return void response.writeHead(status).end(forgotten);
      response.end(CREATED + said("hi") + END);
    });
    await collectAnswer(agent.respond(sampleTurn({}), never));

    const { text, error } = await collectAnswer(agent.respond(sampleTurn({}), never));

    expect([text, error]).toEqual(["hi", undefined]);
    expect(paths()).toHaveLength(3);
  });

  it("forgets no conversation where nothing is at the address", async () => {
    let gone = false;
    const agent = await start((_, response) => {
      if (gone) return void response.writeHead(404).end("404 page not found");
      response.end(CREATED + said("hi") + END);
    });
    await collectAnswer(agent.respond(sampleTurn({}), never));
    gone = true;
    const { error } = await collectAnswer(agent.respond(sampleTurn({}), never));
    gone = false;

    await collectAnswer(agent.respond(sampleTurn({}), never));

    expect(error).toMatchObject({ code: "agent.not-found" });
    const [, remembered] = paths() ?? [];
    expect(remembered).toContain("conversation_id=");
    expect(paths()?.at(-1)).toBe(remembered);
  });

  it("shows answers alone, each once, apart from each other", async () => {
    const stream =
      CREATED +
      event("conversation.message.completed", { id: "f", type: "function_call", content: '{"name":"search"}' }) +
      event("conversation.message.completed", { id: "t", type: "tool_response", content: "secret table" }) +
      said("one, ") +
      said("two") +
      whole("one, two") +
      whole("three", { id: "m-2" }) +
      event("conversation.message.completed", { id: "v", type: "verbose", content: "{}" }) +
      event("conversation.audio.delta", { id: "a", type: "answer", content: "AAAA", content_type: "audio" }) +
      END;

    expect(await ask(stream)).toMatchObject({ text: "one, two\n\nthree", error: undefined });
  });

  it("counts what was used", async () => {
    expect((await ask(CREATED + END)).events).toEqual([{ kind: "usage", inputTokens: 5, outputTokens: 4 }]);
  });

  it("keeps reasoning to itself, unless asked", async () => {
    const stream = CREATED + said("", { reasoning_content: "hm" }) + said("yes") + END;

    expect((await ask(stream)).events.some(({ kind }) => kind === "reasoning-delta")).toBe(false);
    await server?.close();
    expect((await ask(stream, { showReasoning: true })).events[0]).toEqual({ kind: "reasoning-delta", text: "hm" });
  });

  it("offers suggested questions as a menu where that is wanted", async () => {
    const stream = CREATED + said("a") + whole("Why?", { id: "s", type: "follow_up" }) + END;

    expect((await ask(stream)).events.some(({ kind }) => kind === "content")).toBe(false);
    await server?.close();
    expect((await ask(stream, { followUps: true })).events.at(-1)).toEqual({
      kind: "content",
      content: { kind: "menu", items: [{ id: "follow-up-1", text: "Why?" }] },
    });
  });

  const failing = (status: number, value: object) =>
    start((_, response) => void response.writeHead(status).end(JSON.stringify(value)));

  it.each([
    [4100, AuthenticationError, /apiKey and botId/],
    [700012006, AuthenticationError, /apiKey and botId/],
    [4011, AuthenticationError, /balance/],
    [4019, AuthenticationError, /balance/],
    [4006, AuthenticationError, /botId/],
    [4015, AuthenticationError, /published/],
    [4200, AuthenticationError, /botId/],
    [4000, RejectedError, undefined],
    [4010, RejectedError, undefined],
    [4014, RejectedError, undefined],
    [4001, TransientError, undefined],
    [4008, TransientError, undefined],
    [4013, TransientError, undefined],
    [4016, TransientError, undefined],
    [5000, TransientError, undefined],
  ])("takes code %i for what it is, whatever the status is", async (code, kind, hint) => {
    const failure = { code, msg: "no" };
    for (const answer of [JSON.stringify(failure), CREATED + event("error", failure)]) {
      expect((await ask(answer)).error).toBeInstanceOf(kind);
      await server?.close();
    }
    for (const status of [400, 404, 500]) {
      const { error } = await collectAnswer((await failing(status, failure)).respond(sampleTurn({}), never));
      expect(error, String(status)).toBeInstanceOf(kind);
      if (hint !== undefined) expect((error as AuthenticationError).hint).toMatch(hint);
      await server?.close();
    }
  });

  it("goes by the status where Coze names a code that is not known", async () => {
    const agent = await failing(400, { code: 987_654, msg: "new" });

    expect((await collectAnswer(agent.respond(sampleTurn({}), never))).error).toBeInstanceOf(RejectedError);
  });

  it("calls JSON without a failure garbage: it is no stream", async () => {
    expect((await ask(JSON.stringify({ code: 0, data: { id: "chat-1" } }))).error).toBeInstanceOf(ProtocolError);
  });

  it("asks again when the stream ends before the chat does", async () => {
    for (const stream of [CREATED + said("half"), `${CREATED}${said("half")}event:done\ndata:"[DONE]"\n\n`]) {
      expect((await ask(stream)).error).toMatchObject({ code: "agent.broken-off" });
      await server?.close();
    }
  });

  it("uploads what people send", async () => {
    const ports = testPorts({ files: { m1: { mime: "image/png", bytes: new Uint8Array(4) } } });
    const agent = await start(streaming('{"code":0,"data":{"id":"file-9"}}', CREATED + END), {}, ports);
    const turn = sampleTurn({});
    const media = { id: "m1", mime: "image/png", bytes: 4, sha256: "ab" };
    const content = [
      { kind: "text" as const, text: "look" },
      { kind: "image" as const, media },
    ];

    await collectAnswer(agent.respond({ ...turn, messages: [{ ...turn.messages[0]!, content }] }, never));

    expect(paths()).toEqual(["/v1/files/upload", "/v3/chat"]);
    const [message] = body(1).additional_messages;
    expect(message.content_type).toBe("object_string");
    expect(JSON.parse(message.content)).toEqual([
      { type: "text", text: "look" },
      { type: "image", file_id: "file-9" },
    ]);
  });

  it("names a file that Coze refuses", async () => {
    const ports = testPorts({ files: { m1: { mime: "application/x-foo", bytes: new Uint8Array(4) } } });
    const agent = await start(streaming('{"code":4000,"msg":"file type"}', CREATED + said("ok") + END), {}, ports);
    const turn = sampleTurn({});
    const media = { id: "m1", mime: "application/x-foo", bytes: 4, sha256: "ab" };

    const { text } = await collectAnswer(
      agent.respond({ ...turn, messages: [{ ...turn.messages[0]!, content: [{ kind: "file", media }] }] }, never),
    );

    expect(text).toBe("ok");
    expect(body(1).additional_messages[0].content).toBe("[file, application/x-foo, 4 bytes]");
  });

  it("hands in what tools answered and goes on", async () => {
    const tools: AgentTools = { list: async () => [], call: async (_turn, name, args) => `${name} ${args.city}` };
    const needed = event("conversation.chat.requires_action", {
      ...CHAT,
      required_action: {
        type: "submit_tool_outputs",
        submit_tool_outputs: {
          tool_calls: [{ id: "c-1", type: "function", function: { name: "weather", arguments: '{"city":"Xi\'an"}' } }],
        },
      },
    });
    const agent = await start(streaming(CREATED + needed, said("sunny") + END), {}, testPorts({ tools }));

    const { text, events } = await collectAnswer(agent.respond(sampleTurn({}), never));

    expect(text).toBe("sunny");
    expect(events.filter(({ kind }) => kind === "tool")).toHaveLength(2);
    expect(paths()?.[1]).toBe("/v3/chat/submit_tool_outputs?conversation_id=conv-1&chat_id=chat-1");
    expect(body(1)).toEqual({ stream: true, tool_outputs: [{ tool_call_id: "c-1", output: "weather Xi'an" }] });
  });

  it("tells Coze to stop when the turn is stopped", async () => {
    const stop = new AbortController();
    const agent = await start((request, response) => {
      if (request.path.endsWith("/cancel")) return void response.end('{"code":0}');
      response.writeHead(200, { "content-type": "text/event-stream" }).write(CREATED + said("so far"));
    });

    for await (const each of agent.respond(sampleTurn({}), stop.signal)) {
      expect(each).toEqual({ kind: "text-delta", text: "so far" });
      stop.abort();
      break;
    }

    await vi.waitFor(() => expect(paths()?.at(-1)).toBe("/v3/chat/cancel"));
    expect(body(1)).toEqual({ chat_id: "chat-1", conversation_id: "conv-1" });
  });
});
