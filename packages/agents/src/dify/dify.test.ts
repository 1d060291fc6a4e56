import { RejectedError, type Turn } from "@wxgate/core";
import { collectAnswer, sampleTurn } from "@wxgate/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { backendContract } from "../fixtures/backend-contract.ts";
import {
  type BackendServer,
  type Handler,
  type ReceivedRequest,
  startBackend,
  type WireFormat,
} from "../fixtures/backend-server.ts";
import { testPorts } from "../fixtures/ports.ts";
import type { AgentPorts } from "../ports.ts";
import { createDifyAgent, difyConfigSchema } from "./dify.ts";

const data = (value: object) =>
  `data: ${JSON.stringify({ task_id: "task-1", conversation_id: "conv-1", message_id: "m-1", ...value })}\n\n`;
const message = (answer: string) => data({ event: "message", answer });
const END = data({ event: "message_end", metadata: { usage: { prompt_tokens: 7, completion_tokens: 3 } } });
const PING = "event: ping\n\n";

const WIRE: WireFormat = {
  contentType: "text/event-stream; charset=utf-8",
  say: (text) => PING + data({ event: "workflow_started", data: { id: "w" } }) + message(text),
  end: END,
  fail: (problem) => data({ event: "error", status: 500, code: "internal_server_error", message: problem }),
  garbage: 'data: {"hello":"world"}\n\n',
  unknown: 'event: ping\n\ndata: {"event":"shout","answer":"hey"}\n\n',
};

backendContract("dify", WIRE, {
  create: ({ url, secret, limits, ports }) =>
    createDifyAgent(
      "assistant",
      difyConfigSchema.parse({ type: "dify", baseUrl: `${url}/v1`, apiKey: secret, ...limits }),
      ports,
    ),
  turnIdIn: ({ headers }) => headers["x-trace-id"],
});

describe("dify agent", () => {
  let server: BackendServer | undefined;
  const never = new AbortController().signal;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function start(handle: Handler, config: object = {}, ports: AgentPorts = testPorts()) {
    server = await startBackend(handle);
    const parsed = difyConfigSchema.parse({ type: "dify", baseUrl: `${server.url}/v1`, apiKey: "app-1", ...config });
    return createDifyAgent("assistant", parsed, ports);
  }
  const streaming =
    (stream: string): Handler =>
    (_, response) =>
      void response.writeHead(200, { "content-type": "text/event-stream" }).end(stream);
  const ask = async (stream: string, config: object = {}, turn: Turn = sampleTurn({})) =>
    collectAnswer((await start(streaming(stream), config)).respond(turn, never));
  const bodies = () => server?.requests.map(({ body }) => JSON.parse(body)) ?? [];

  it("asks for a stream, as the person of this conversation", async () => {
    await ask(END, { inputs: { tone: "kind" } });

    expect(server?.requests[0]).toMatchObject({ method: "POST", path: "/v1/chat-messages" });
    expect(server?.requests[0]?.headers.authorization).toBe("Bearer app-1");
    expect(bodies()).toEqual([
      { inputs: { tone: "kind" }, query: "hello", user: "support/wk-1/wm-ada", response_mode: "streaming", files: [] },
    ]);
  });

  it("goes on with the conversation in the same session, and begins one in another", async () => {
    const agent = await start(streaming(message("a") + END));

    for (const session of ["ses_1", "ses_1", "ses_2"])
      await collectAnswer(agent.respond(sampleTurn({ session }), never));

    expect(bodies().map(({ conversation_id }) => conversation_id)).toEqual([undefined, "conv-1", undefined]);
  });

  it("keeps the user a conversation was begun with when somebody else speaks in the session", async () => {
    const agent = await start(streaming(message("a") + END));
    const turn = sampleTurn({});

    await collectAnswer(agent.respond(turn, never));
    await collectAnswer(agent.respond({ ...turn, conversation: { ...turn.conversation, peer: "wm-bob" } }, never));

    expect(bodies().map(({ user }) => user)).toEqual(["support/wk-1/wm-ada", "support/wk-1/wm-ada"]);
  });

  it("begins a new conversation when Dify no longer knows the old one", async () => {
    const forgetful: Handler = (request, response) => {
      const known = JSON.parse(request.body).conversation_id;
      if (known === undefined) return streaming(message("hi") + END)(request, response);
      response.writeHead(404, { "content-type": "application/json" });
      response.end('{"code":"not_found","message":"Conversation Not Exists.","status":404}');
    };
    const agent = await start(forgetful);
    await collectAnswer(agent.respond(sampleTurn({}), never));

    const { text, error } = await collectAnswer(agent.respond(sampleTurn({}), never));

    expect([text, error]).toEqual(["hi", undefined]);
    expect(bodies().map(({ conversation_id }) => conversation_id)).toEqual([undefined, "conv-1", undefined]);
  });

  it("forgets no conversation where nothing is at the address", async () => {
    let gone = false;
    const agent = await start((request, response) => {
      if (gone) return void response.writeHead(404).end("404 page not found");
      return streaming(message("hi") + END)(request, response);
    });
    await collectAnswer(agent.respond(sampleTurn({}), never));
    gone = true;
    const { error } = await collectAnswer(agent.respond(sampleTurn({}), never));
    gone = false;

    await collectAnswer(agent.respond(sampleTurn({}), never));

    expect(error).toMatchObject({ code: "agent.not-found" });
    expect(bodies().at(-1)?.conversation_id).toBe("conv-1");
  });

  it("reads an agent's thoughts, tools and answer apart", async () => {
    const stream =
      data({ event: "agent_thought", thought: "I search", tool: "search", observation: "" }) +
      data({ event: "agent_thought", thought: "I search", tool: "search", observation: "found" }) +
      data({ event: "agent_message", answer: "It is " }) +
      data({ event: "agent_message", answer: "so." }) +
      END;

    expect((await ask(stream)).events).toEqual([
      { kind: "tool", name: "search", state: "started" },
      { kind: "tool", name: "search", state: "finished" },
      { kind: "text-delta", text: "It is " },
      { kind: "text-delta", text: "so." },
      { kind: "usage", inputTokens: 7, outputTokens: 3 },
    ]);
  });

  it("takes a replacement for everything said so far", async () => {
    const stream = message("something bad") + data({ event: "message_replace", answer: "Let us not." }) + END;

    expect((await ask(stream)).text).toBe("Let us not.");
  });

  it("sends each file of an answer once, from where Dify keeps it", async () => {
    const file = { event: "message_file", id: "f", type: "image", belongs_to: "assistant", url: "/files/f.png?sign=1" };
    const stream =
      data(file) +
      data({ ...file, belongs_to: "user", url: "/files/mine.png" }) +
      data({
        event: "message_end",
        files: [
          { type: "image", url: "/files/f.png?sign=1" },
          { type: "document", url: "https://cdn.example/a.pdf", filename: "a.pdf" },
        ],
      });

    expect((await ask(stream)).events).toEqual([
      { kind: "content", content: { kind: "image", url: `${server?.url}/files/f.png?sign=1` } },
      { kind: "content", content: { kind: "file", url: "https://cdn.example/a.pdf", filename: "a.pdf" } },
    ]);
  });

  it("keeps a model's thinking to itself, unless asked", async () => {
    const stream = message("<think>hm</think>\n\n") + message("yes") + END;

    expect((await ask(stream)).events.some(({ kind }) => kind === "reasoning-delta")).toBe(false);
    await server?.close();
    expect(await ask(stream, { showReasoning: true })).toMatchObject({
      text: "yes",
      events: expect.arrayContaining([{ kind: "reasoning-delta", text: "hm" }]),
    });
  });

  it("takes JSON instead of a stream", async () => {
    const blocking = JSON.stringify({ event: "message", answer: "whole", conversation_id: "conv-1", metadata: {} });

    expect(await ask(blocking)).toMatchObject({ text: "whole", error: undefined });
  });

  it.each([
    ["a stream without an end", message("half")],
    ["a workflow that failed", data({ event: "workflow_finished", data: { status: "failed", error: "node 3" } })],
    ["an error with status 200", '{"code":"app_unavailable","message":"App unavailable","status":400}'],
  ])("asks again after %s", async (_, stream) => {
    expect((await ask(stream)).error).toMatchObject({ name: "TransientError" });
  });

  it("takes the end of the workflow for the end where no other comes", async () => {
    const stream = message("all") + data({ event: "workflow_finished", data: { status: "succeeded" } });

    expect(await ask(stream)).toMatchObject({ text: "all", error: undefined });
  });

  it("gives up on a workflow that waits for a form", async () => {
    expect((await ask(data({ event: "workflow_paused" }))).error).toBeInstanceOf(RejectedError);
  });

  it("uploads what people send", async () => {
    const handle: Handler = (request, response) =>
      request.path.endsWith("/files/upload")
        ? void response.writeHead(201, { "content-type": "application/json" }).end('{"id":"file-9"}')
        : streaming(END)(request, response);
    const ports = testPorts({ files: { m1: { mime: "image/png", bytes: new TextEncoder().encode("PNG!") } } });
    const agent = await start(handle, {}, ports);
    const turn = sampleTurn({});
    const media = { id: "m1", mime: "image/png", bytes: 4, sha256: "ab", filename: "cat.png" };

    await collectAnswer(
      agent.respond({ ...turn, messages: [{ ...turn.messages[0]!, content: [{ kind: "image", media }] }] }, never),
    );

    const [uploaded, asked] = server!.requests as readonly [ReceivedRequest, ReceivedRequest];
    expect(uploaded.headers["content-type"]).toMatch(/^multipart\/form-data/);
    expect(uploaded.body).toContain('filename="cat.png"');
    expect(uploaded.body).toContain("PNG!");
    expect(JSON.parse(asked.body)).toMatchObject({
      query: "[image, cat.png, image/png, 4 bytes]",
      files: [{ type: "image", transfer_method: "local_file", upload_file_id: "file-9" }],
    });
  });

  it("asks without a file that Dify refuses", async () => {
    const handle: Handler = (request, response) =>
      request.path.endsWith("/files/upload")
        ? void response.writeHead(415).end('{"message":"no"}')
        : streaming(message("ok") + END)(request, response);
    const ports = testPorts({ files: { m1: { mime: "audio/amr", bytes: new Uint8Array(4) } } });
    const agent = await start(handle, {}, ports);
    const turn = sampleTurn({});
    const media = { id: "m1", mime: "audio/amr", bytes: 4, sha256: "ab" };

    const { text } = await collectAnswer(
      agent.respond({ ...turn, messages: [{ ...turn.messages[0]!, content: [{ kind: "voice", media }] }] }, never),
    );

    expect(text).toBe("ok");
    expect(JSON.parse(server?.requests[1]?.body ?? "").files).toEqual([]);
  });

  it("tells Dify to stop when the turn is stopped", async () => {
    const stop = new AbortController();
    const agent = await start((request, response) => {
      if (request.path.endsWith("/stop")) return void response.end("{}");
      response.writeHead(200, { "content-type": "text/event-stream" }).write(message("so far"));
    });

    for await (const event of agent.respond(sampleTurn({}), stop.signal)) {
      expect(event).toEqual({ kind: "text-delta", text: "so far" });
      stop.abort();
      break;
    }

    await vi.waitFor(() => expect(server?.requests.at(-1)?.path).toBe("/v1/chat-messages/task-1/stop"));
    expect(bodies().at(-1)).toEqual({ user: "support/wk-1/wm-ada" });
  });
});
