import { AuthenticationError, RejectedError } from "@wxgate/core";
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
import { a2aConfigSchema, createA2aAgent } from "./a2a.ts";

const CARD_PATH = "/.well-known/agent-card.json";
const NEW_CARD = {
  name: "helper",
  capabilities: { streaming: true },
  supportedInterfaces: [
    { url: "/grpc", protocolBinding: "GRPC", protocolVersion: "1.0" },
    { url: "/rpc", protocolBinding: "JSONRPC", protocolVersion: "1.0" },
  ],
};
const OLD_CARD = {
  name: "helper",
  protocolVersion: "0.3.0",
  preferredTransport: "JSONRPC",
  url: "/old",
  capabilities: { streaming: true },
};

const rpc = (result: object) => JSON.stringify({ jsonrpc: "2.0", id: "trn_1", result });
const event = (result: object) => `data: ${rpc(result)}\n\n`;
const IDS = { taskId: "task-1", contextId: "ctx-1" };
const status = (state: string, text?: string) =>
  event({
    statusUpdate: {
      ...IDS,
      status: { state: `TASK_STATE_${state}`, ...(text === undefined ? {} : { message: { parts: [{ text }] } }) },
    },
  });
const artifact = (text: string, artifactId = "a-1") =>
  event({ artifactUpdate: { ...IDS, artifact: { artifactId, parts: [{ text }] }, append: true } });
const SUBMITTED = event({ task: { id: "task-1", contextId: "ctx-1", status: { state: "TASK_STATE_SUBMITTED" } } });

const WIRE: WireFormat = {
  contentType: "text/event-stream",
  say: (text) => SUBMITTED + status("WORKING", "Thinking") + artifact(text),
  end: status("COMPLETED"),
  fail: (problem) => status("FAILED", problem),
  garbage: event({ hello: "world" }),
  unknown: event({ shoutUpdate: { ...IDS, text: "hey" } }),
};

const withCard =
  (card: object | undefined, handle: Handler): Handler =>
  (request, response) => {
    if (request.path.split("?")[0] !== CARD_PATH) return handle(request, response);
    if (card === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(card));
  };

backendContract("a2a", WIRE, {
  create: ({ url, secret, limits, ports }) =>
    createA2aAgent(
      "helper",
      a2aConfigSchema.parse({ type: "a2a", url: `${url}?key=${secret}`, token: secret, ...limits }),
      ports,
    ),
  serve: (handle) => withCard(NEW_CARD, handle),
  turnIdIn: ({ body }) => (body === "" ? undefined : JSON.parse(body).params.message.messageId),
});

describe("a2a agent", () => {
  let server: BackendServer | undefined;
  const never = new AbortController().signal;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function start(
    card: object | undefined,
    handle: Handler,
    config: object = {},
    ports: AgentPorts = testPorts(),
  ) {
    server = await startBackend(withCard(card, handle));
    const parsed = a2aConfigSchema.parse({ type: "a2a", url: server.url, pollMs: 100, ...config });
    return createA2aAgent("helper", parsed, ports);
  }
  const answering =
    (...bodies: readonly string[]): Handler =>
    (_, response) => {
      const position = asked().length - 1;
      const body = bodies[position] ?? bodies.at(-1) ?? "";
      response.setHeader("content-type", body.startsWith("data:") ? "text/event-stream" : "application/json");
      response.end(body);
    };
  const asked = (): readonly ReceivedRequest[] => server?.requests.filter(({ method }) => method === "POST") ?? [];
  const sent = (position = 0) => JSON.parse(asked()[position]?.body ?? "{}");
  const ask = async (card: object | undefined, ...bodies: readonly string[]) =>
    collectAnswer((await start(card, answering(...bodies))).respond(sampleTurn({}), never));

  it("looks at the card again after a failure, as when it was not there yet", async () => {
    let up = false;
    server = await startBackend((request, response) => {
      if (!up) return void response.writeHead(404).end("no such app");
      return withCard(OLD_CARD, answering(SUBMITTED + artifact("hi") + status("COMPLETED")))(request, response);
    });
    const agent = createA2aAgent("helper", a2aConfigSchema.parse({ type: "a2a", url: server.url }), testPorts());
    const before = await collectAnswer(agent.respond(sampleTurn({}), never));
    up = true;

    const { text, error } = await collectAnswer(agent.respond(sampleTurn({}), never));

    expect(before.error).toMatchObject({ code: "agent.not-found" });
    expect([text, error]).toEqual(["hi", undefined]);
    expect(asked().at(-1)?.path).toBe("/old");
  });

  it("speaks 1.0 where the card says so", async () => {
    const { text } = await ask(
      NEW_CARD,
      SUBMITTED + artifact("one, ") + artifact("two") + artifact("three", "a-2") + status("COMPLETED"),
    );

    expect(text).toBe("one, two\n\nthree");
    expect(asked()[0]).toMatchObject({ path: "/rpc", headers: { "a2a-version": "1.0" } });
    expect(sent()).toEqual({
      jsonrpc: "2.0",
      id: "trn_1",
      method: "SendStreamingMessage",
      params: { message: { messageId: "trn_1", role: "ROLE_USER", parts: [{ text: "hello" }] } },
    });
  });

  it("speaks 0.3 with those who came before", async () => {
    const old = (result: object) => event({ ...result, taskId: "task-1", contextId: "ctx-1" });
    const stream =
      event({ kind: "task", id: "task-1", contextId: "ctx-1", status: { state: "submitted" } }) +
      old({ kind: "status-update", status: { state: "working", message: { parts: [{ kind: "text", text: "hm" }] } } }) +
      old({ kind: "artifact-update", artifact: { artifactId: "a", parts: [{ kind: "text", text: "hi" }] } }) +
      old({ kind: "status-update", status: { state: "completed" }, final: true });

    const { text } = await ask(OLD_CARD, stream);

    expect(text).toBe("hi");
    expect(asked()[0]?.path).toBe("/old");
    expect(sent()).toMatchObject({
      method: "message/stream",
      params: {
        message: { kind: "message", messageId: "trn_1", role: "user", parts: [{ kind: "text", text: "hello" }] },
      },
    });
  });

  it("speaks 1.0 to an agent without a card, at its address", async () => {
    const { text } = await ask(
      undefined,
      event({ message: { role: "ROLE_AGENT", parts: [{ text: "hi" }], contextId: "c" } }),
    );

    expect(text).toBe("hi");
    expect(asked()[0]?.path).toBe("/");
  });

  it("sends its token to no other server that a card names", async () => {
    const card = {
      ...NEW_CARD,
      supportedInterfaces: [{ url: "https://elsewhere.example/rpc", protocolBinding: "JSONRPC" }],
    };

    const { error } = await ask(card);

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(asked()).toEqual([]);
  });

  it("asks after the task where the server does not stream", async () => {
    const card = { ...NEW_CARD, capabilities: {} };
    const task = (state: string, more: object = {}) =>
      rpc({ task: { id: "task-1", contextId: "ctx-1", status: { state }, ...more } });

    const { text } = await ask(
      card,
      task("TASK_STATE_WORKING"),
      rpc({ id: "task-1", contextId: "ctx-1", status: { state: "TASK_STATE_WORKING" } }),
      rpc({
        id: "task-1",
        contextId: "ctx-1",
        status: { state: "TASK_STATE_COMPLETED" },
        artifacts: [{ artifactId: "a", parts: [{ text: "done" }] }],
      }),
    );

    expect(text).toBe("done");
    expect([0, 1, 2].map((position) => sent(position).method)).toEqual(["SendMessage", "GetTask", "GetTask"]);
    expect(sent(1).params).toEqual({ id: "task-1" });
  });

  it("does without a stream where the server refuses one", async () => {
    const refused = '{"jsonrpc":"2.0","id":"1","error":{"code":-32004,"message":"no streaming"}}';

    const { text } = await ask(NEW_CARD, refused, rpc({ message: { parts: [{ text: "hi" }] } }));

    expect(text).toBe("hi");
  });

  it("takes JSON instead of a stream", async () => {
    expect((await ask(NEW_CARD, rpc({ message: { parts: [{ text: "hi" }] } }))).text).toBe("hi");
  });

  it("asks after the task where the stream ends before it does", async () => {
    const done = { id: "task-1", contextId: "ctx-1", status: { state: "TASK_STATE_COMPLETED" } };
    const artifacts = [{ artifactId: "a", parts: [{ text: "done" }] }];

    const { text } = await ask(NEW_CARD, SUBMITTED + status("WORKING"), rpc({ ...done, artifacts }));

    expect(text).toBe("done");
    expect([0, 1].map((position) => sent(position).method)).toEqual(["SendStreamingMessage", "GetTask"]);
  });

  it("asks the person what the task wants to know, and answers in the same task", async () => {
    const agent = await start(
      NEW_CARD,
      answering(
        SUBMITTED + status("INPUT_REQUIRED", "Which city?"),
        artifact("Sunny.") + status("COMPLETED"),
        event({ message: { parts: [{ text: "bye" }] } }),
      ),
    );

    const texts = [];
    for (const id of ["trn_1", "trn_2", "trn_3"]) {
      texts.push((await collectAnswer(agent.respond(sampleTurn({ id }), never))).text);
    }

    expect(texts).toEqual(["Which city?", "Sunny.", "bye"]);
    expect(sent(1).params.message).toMatchObject({ contextId: "ctx-1", taskId: "task-1" });
    expect(sent(2).params.message).toMatchObject({ contextId: "ctx-1" });
    expect(sent(2).params.message.taskId).toBeUndefined();
  });

  const refusal = (code: number, message: string) =>
    JSON.stringify({ jsonrpc: "2.0", id: "1", error: { code, message } });

  /** Asks something in a task, and finds at the person's answer that the server refuses it. */
  async function answerIn(
    refuse: Handler,
    after: Handler = answering(event({ message: { parts: [{ text: "hi" }] } })),
  ) {
    const handlers = [answering(SUBMITTED + status("INPUT_REQUIRED", "Which?")), refuse, after];
    const agent = await start(NEW_CARD, (request, response) =>
      handlers[Math.min(asked().length, 3) - 1]?.(request, response),
    );
    await collectAnswer(agent.respond(sampleTurn({}), never));
    return { agent, ...(await collectAnswer(agent.respond(sampleTurn({ id: "trn_2" }), never))) };
  }
  const refusing =
    (code: number, body: string): Handler =>
    (_, response) =>
      void response.writeHead(code, { "content-type": "application/json" }).end(body);

  it.each([
    ["in an answer", 200, refusal(-32001, "Task not found")],
    ["with status 404", 404, refusal(-32001, "Task not found")],
    ["with status 400", 400, refusal(-32001, "Task not found")],
    ["with status 404 alone", 404, ""],
  ])("begins anew when the server forgot the task and says so %s", async (_, code, body) => {
    const { text, error } = await answerIn(refusing(code, body));

    expect([text, error]).toEqual(["hi", undefined]);
    expect(sent(1).params.message).toMatchObject({ contextId: "ctx-1", taskId: "task-1" });
    expect(sent(2).params.message.contextId).toBeUndefined();
    expect(sent(2).params.message.taskId).toBeUndefined();
  });

  it.each([
    ["-32602", refusal(-32602, "Task is in terminal state: canceled")],
    ["-32600", refusal(-32600, "no more messages")],
  ])("begins another task in the same context when the one that asked is over: %s", async (_, body) => {
    const { text, error } = await answerIn(refusing(200, body));

    expect([text, error]).toEqual(["hi", undefined]);
    expect(sent(2).params.message.contextId).toBe("ctx-1");
    expect(sent(2).params.message.taskId).toBeUndefined();
  });

  it("forgets no task where nothing is at the address", async () => {
    const nothing = refusing(404, "no such app");
    const { agent, error } = await answerIn(nothing, nothing);

    await collectAnswer(agent.respond(sampleTurn({ id: "trn_3" }), never));

    expect(error).toMatchObject({ code: "agent.not-found" });
    expect(sent(3).params.message).toMatchObject({ contextId: "ctx-1", taskId: "task-1" });
  });

  it.each([200, 404])("asks again when the server loses a task it works on, with status %i", async (code) => {
    const agent = await start(NEW_CARD, (request, response) => {
      if (request.body.includes("GetTask")) return refusing(code, refusal(-32001, "gone"))(request, response);
      return answering(SUBMITTED + artifact("half"))(request, response);
    });

    const { error } = await collectAnswer(agent.respond(sampleTurn({}), never));

    expect(error).toMatchObject({ name: "TransientError", code: "agent.broken-off" });
  });

  it("does without a stream where the server refuses one with status 404", async () => {
    const agent = await start(NEW_CARD, (request, response) =>
      request.body.includes("SendStreamingMessage")
        ? refusing(404, refusal(-32601, "Method not found"))(request, response)
        : answering(rpc({ message: { parts: [{ text: "hi" }] } }))(request, response),
    );

    expect((await collectAnswer(agent.respond(sampleTurn({}), never))).text).toBe("hi");
  });

  it("shows files by their address, text files by what they say, data as JSON", async () => {
    const parts = [
      { url: "https://cdn.example/a.png", mediaType: "image/png", filename: "a.png" },
      { raw: Buffer.from("a,b").toString("base64"), mediaType: "text/csv", filename: "a.csv" },
      { raw: "AAAA", mediaType: "application/pdf", filename: "a.pdf" },
      { data: { ok: true } },
    ];

    const { events } = await ask(NEW_CARD, event({ message: { parts } }));

    expect(events).toEqual([
      { kind: "content", content: { kind: "image", url: "https://cdn.example/a.png", filename: "a.png" } },
      { kind: "content", content: { kind: "file", text: "a,b", filename: "a.csv" } },
      { kind: "text-delta", text: "[a.pdf]" },
      { kind: "text-delta", text: '```json\n{\n  "ok": true\n}\n```' },
    ]);
  });

  it("sends files as bytes", async () => {
    const ports = testPorts({ files: { m1: { mime: "image/png", bytes: new Uint8Array([1, 2, 3]) } } });
    const agent = await start(NEW_CARD, answering(status("COMPLETED")), {}, ports);
    const turn = sampleTurn({});
    const media = { id: "m1", mime: "image/png", bytes: 3, sha256: "ab", filename: "a.png" };

    await collectAnswer(
      agent.respond({ ...turn, messages: [{ ...turn.messages[0]!, content: [{ kind: "image", media }] }] }, never),
    );

    expect(sent().params.message.parts).toEqual([{ raw: "AQID", mediaType: "image/png", filename: "a.png" }]);
  });

  it.each([
    ["rejected", status("REJECTED", "not my job"), RejectedError],
    ["waiting for a sign-in", status("AUTH_REQUIRED"), AuthenticationError],
    [
      "called with what it does not take",
      '{"jsonrpc":"2.0","id":"1","error":{"code":-32602,"message":"no"}}',
      RejectedError,
    ],
  ])("says who must act when a task is %s", async (_, body, kind) => {
    expect((await ask(NEW_CARD, body)).error).toBeInstanceOf(kind);
  });

  it("asks again after an error inside the server", async () => {
    const body = '{"jsonrpc":"2.0","id":"1","error":{"code":-32603,"message":"oops"}}';

    expect((await ask(NEW_CARD, body)).error).toMatchObject({ name: "TransientError" });
  });

  it("cancels the task when the turn is stopped", async () => {
    const stop = new AbortController();
    const agent = await start(NEW_CARD, (request, response) => {
      if (request.body.includes("CancelTask")) return void response.end(rpc({ id: "task-1", status: { state: "x" } }));
      response.writeHead(200, { "content-type": "text/event-stream" }).write(SUBMITTED + artifact("so far"));
    });

    for await (const each of agent.respond(sampleTurn({}), stop.signal)) {
      expect(each).toEqual({ kind: "text-delta", text: "so far" });
      stop.abort();
      break;
    }

    await vi.waitFor(() => expect(sent(1)).toMatchObject({ method: "CancelTask", params: { id: "task-1" } }));
  });
});
