import { ProtocolError, type Turn } from "@wxgate/core";
import { collectAnswer, sampleTurn } from "@wxgate/testing";
import { afterEach, describe, expect, it } from "vitest";
import { backendContract } from "../fixtures/backend-contract.ts";
import { type BackendServer, type Handler, startBackend, type WireFormat } from "../fixtures/backend-server.ts";
import { testPorts } from "../fixtures/ports.ts";
import type { AgentPorts, AgentTools } from "../ports.ts";
import { agUiConfigSchema, createAgUiAgent } from "./ag-ui.ts";

const event = (type: string, fields: object = {}) => `data: ${JSON.stringify({ type, ...fields })}\n\n`;
const RUN = { threadId: "ses_1", runId: "trn_1" };
const STARTED = event("RUN_STARTED", RUN);
const said = (delta: string, messageId = "m-1") => event("TEXT_MESSAGE_CONTENT", { messageId, delta });
const finished = (more: object = {}) => event("RUN_FINISHED", { ...RUN, ...more });
const END = finished({ outcome: { type: "success" } });

const WIRE: WireFormat = {
  contentType: "text/event-stream",
  say: (text) => STARTED + event("TEXT_MESSAGE_START", { messageId: "m-1", role: "assistant" }) + said(text),
  end: event("TEXT_MESSAGE_END", { messageId: "m-1" }) + END,
  fail: (message) => event("RUN_ERROR", { message, code: "internal" }),
  garbage: 'data: {"hello":"world"}\n\n',
  unknown: 'data: {"type":"SHOUT","delta":"hey"}\n\n',
};

backendContract("ag-ui", WIRE, {
  create: ({ url, secret, limits, ports }) =>
    createAgUiAgent(
      "assistant",
      agUiConfigSchema.parse({ type: "ag-ui", url: `${url}/run?key=${secret}`, token: secret, ...limits }),
      ports,
    ),
  turnIdIn: ({ body }) => JSON.parse(body).runId,
});

describe("ag-ui agent", () => {
  let server: BackendServer | undefined;
  const never = new AbortController().signal;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function start(handle: Handler, config: object = {}, ports: AgentPorts = testPorts()) {
    server = await startBackend(handle);
    const parsed = agUiConfigSchema.parse({ type: "ag-ui", url: `${server.url}/run`, channelGuide: false, ...config });
    return createAgUiAgent("assistant", parsed, ports);
  }
  const streaming =
    (...streams: readonly string[]): Handler =>
    (_, response) => {
      const position = (server?.requests.length ?? 1) - 1;
      response.writeHead(200, { "content-type": "text/event-stream" }).end(streams[position] ?? streams.at(-1));
    };
  const ask = async (stream: string, config: object = {}, turn: Turn = sampleTurn({})) =>
    collectAnswer((await start(streaming(stream), config)).respond(turn, never));
  const sent = (position = 0) => JSON.parse(server?.requests[position]?.body ?? "{}");

  it("posts a run with thread, messages and context", async () => {
    const history: Turn["history"] = [{ role: "assistant", at: new Date(0), text: "before" }];

    await ask(STARTED + END, { token: "t-1", forwardedProps: { tone: "kind" } }, { ...sampleTurn({}), history });

    expect(server?.requests[0]?.headers.authorization).toBe("Bearer t-1");
    expect(sent()).toEqual({
      threadId: "ses_1",
      runId: "trn_1",
      state: {},
      messages: [
        { id: expect.stringMatching(/^[0-9a-f]{24}$/), role: "assistant", content: "before" },
        { id: "trn_1", role: "user", name: "Ada", content: "hello" },
      ],
      tools: [],
      context: [
        {
          description: expect.any(String),
          value: '{"channel":"support","kind":"direct","sender":{"id":"wm-ada","name":"Ada"}}',
        },
      ],
      forwardedProps: { tone: "kind" },
    });
  });

  it("wants the history unless the agent remembers the thread", async () => {
    expect((await start(streaming(END))).capabilities).toEqual({ history: false });
    await server?.close();
    expect((await start(streaming(END), { memory: true })).capabilities).toEqual({ history: true });
  });

  it("joins the assistant's messages and leaves the others'", async () => {
    const stream =
      STARTED +
      event("TEXT_MESSAGE_START", { messageId: "u", role: "user" }) +
      said("hello", "u") +
      said("one") +
      event("TEXT_MESSAGE_CHUNK", { messageId: "m-2", role: "assistant", delta: "two " }) +
      event("TEXT_MESSAGE_CHUNK", { delta: "and more" }) +
      event("TEXT_MESSAGE_CONTENT", { messageId: "s", delta: "among ourselves", subagentRunId: "sub" }) +
      event("SOMETHING_NEW", { x: 1 }) +
      END;

    expect(await ask(stream)).toMatchObject({ text: "one\n\ntwo and more", error: undefined });
  });

  it("understands servers from before 1.0", async () => {
    expect(await ask(STARTED + said("hi") + finished())).toMatchObject({ text: "hi", error: undefined });
  });

  it("takes the answer from a snapshot where nothing was streamed", async () => {
    const messages = [
      { id: "1", role: "assistant", content: "old" },
      { id: "2", role: "user", content: "hello" },
      { id: "3", role: "assistant", content: "new" },
    ];
    const snapshot = event("MESSAGES_SNAPSHOT", { messages });

    expect((await ask(STARTED + snapshot + END)).text).toBe("new");
    await server?.close();
    expect((await ask(STARTED + said("new") + snapshot + END)).text).toBe("new");
  });

  it("keeps reasoning to itself, unless asked", async () => {
    const stream =
      STARTED +
      event("REASONING_MESSAGE_CONTENT", { messageId: "r", delta: "h" }) +
      event("THINKING_TEXT_MESSAGE_CONTENT", { delta: "m" }) +
      said("yes") +
      END;

    expect((await ask(stream)).events).toEqual([{ kind: "text-delta", text: "yes" }]);
    await server?.close();
    expect((await ask(stream, { showReasoning: true })).events.slice(0, 2)).toEqual([
      { kind: "reasoning-delta", text: "h" },
      { kind: "reasoning-delta", text: "m" },
    ]);
  });

  it("counts what was used over all models", async () => {
    const usage = [
      { model: "a", inputTokens: 1, outputTokens: 2 },
      { model: "b", inputTokens: 3 },
    ];

    expect((await ask(STARTED + finished({ usage }))).events).toEqual([
      { kind: "usage", inputTokens: 4, outputTokens: 2 },
    ]);
  });

  it("hands back the state that the last run left", async () => {
    const agent = await start(
      streaming(
        STARTED +
          event("STATE_SNAPSHOT", { snapshot: { items: ["a"] } }) +
          event("STATE_DELTA", { delta: [{ op: "add", path: "/items/-", value: "b" }] }) +
          END,
        STARTED + event("STATE_SNAPSHOT", { snapshot: { lost: true } }),
        STARTED + END,
      ),
    );

    for (const id of ["trn_1", "trn_2", "trn_2"]) await collectAnswer(agent.respond(sampleTurn({ id }), never));

    expect([0, 1, 2].map((position) => sent(position).state)).toEqual([
      {},
      { items: ["a", "b"] },
      { items: ["a", "b"] },
    ]);
  });

  it("asks the person what the agent asks, and answers with the next message", async () => {
    const interrupts = [{ id: "i-1", reason: "tool_call", message: "Delete the file?", toolCallId: "c-1" }];
    const agent = await start(
      streaming(STARTED + finished({ outcome: { type: "interrupt", interrupts } }), STARTED + said("Deleted.") + END),
    );

    const question = await collectAnswer(agent.respond(sampleTurn({ id: "trn_1", text: "delete it" }), never));
    const answer = await collectAnswer(agent.respond(sampleTurn({ id: "trn_2", text: "是" }), never));
    await collectAnswer(agent.respond(sampleTurn({ id: "trn_3", text: "thanks" }), never));

    expect(question.events).toEqual([
      {
        kind: "content",
        content: {
          kind: "menu",
          head: "Delete the file?",
          items: [
            { id: "answer:Yes", text: "Yes" },
            { id: "answer:No", text: "No" },
          ],
        },
      },
    ]);
    expect(answer.text).toBe("Deleted.");
    expect(sent(1).resume).toEqual([{ interruptId: "i-1", status: "resolved", payload: { approved: true } }]);
    expect(sent(1).messages).toEqual([]);
    expect(sent(2).resume).toBeUndefined();
  });

  it("finds the questions also beside an outcome that is a mere word", async () => {
    const interrupts = [{ id: "i-1", reason: "input", message: "Which one?" }];

    const { events } = await ask(STARTED + finished({ outcome: "interrupt", interrupts }));

    expect(events).toEqual([{ kind: "content", content: { kind: "text", text: "Which one?" } }]);
  });

  it("takes a list of events instead of a stream", async () => {
    const list = (STARTED + said("hi") + END)
      .split("\n\n")
      .filter((event) => event !== "")
      .map((event) => event.replace("data: ", ""));

    expect(await ask(`[${list.join(",")}]`)).toMatchObject({ text: "hi", error: undefined });
  });

  it("hands on a message that is no answer, and drops the question", async () => {
    const interrupts = [{ id: "i-1", reason: "tool_call" }];
    const agent = await start(streaming(finished({ outcome: { type: "interrupt", interrupts } }), END));

    await collectAnswer(agent.respond(sampleTurn({ id: "trn_1" }), never));
    await collectAnswer(agent.respond(sampleTurn({ id: "trn_2", text: "forget it" }), never));

    expect(sent(1).resume).toEqual([{ interruptId: "i-1", status: "cancelled" }]);
    expect(sent(1).messages).toMatchObject([{ content: "forget it" }]);
  });

  it("asks the question of one session in no other", async () => {
    const interrupts = [{ id: "i-1", reason: "tool_call" }];
    const agent = await start(streaming(finished({ outcome: { type: "interrupt", interrupts } }), END));

    await collectAnswer(agent.respond(sampleTurn({ session: "ses_1" }), never));
    await collectAnswer(agent.respond(sampleTurn({ session: "ses_2", text: "yes" }), never));

    expect(sent(1).resume).toBeUndefined();
  });

  it("calls the tools that are ours and goes on with a run of its own", async () => {
    const tools: AgentTools = {
      list: async () => [{ name: "add", description: "Adds", parameters: { type: "object" } }],
      call: async (_turn, _name, args) => String(Number(args.a) + 1),
    };
    const calls =
      event("TOOL_CALL_START", { toolCallId: "s-1", toolCallName: "theirs" }) +
      event("TOOL_CALL_RESULT", { toolCallId: "s-1", messageId: "x", content: "done" }) +
      event("TOOL_CALL_START", { toolCallId: "c-1", toolCallName: "add" }) +
      event("TOOL_CALL_ARGS", { toolCallId: "c-1", delta: '{"a"' }) +
      event("TOOL_CALL_ARGS", { toolCallId: "c-1", delta: ":1}" }) +
      event("TOOL_CALL_END", { toolCallId: "c-1" });
    const agent = await start(
      streaming(STARTED + calls + END, STARTED + said("It is 2.") + END),
      {},
      testPorts({ tools }),
    );

    const { text, events } = await collectAnswer(agent.respond(sampleTurn({}), never));

    expect(text).toBe("It is 2.");
    expect(events.filter(({ kind }) => kind === "tool")).toEqual([
      { kind: "tool", name: "theirs", state: "started" },
      { kind: "tool", name: "theirs", state: "finished" },
      { kind: "tool", name: "add", state: "started" },
      { kind: "tool", name: "add", state: "finished" },
    ]);
    expect(sent().tools).toEqual([{ name: "add", description: "Adds", parameters: { type: "object" } }]);
    expect(sent(1)).toMatchObject({ runId: "trn_1-2", parentRunId: "trn_1" });
    expect(sent(1).messages.slice(1)).toEqual([
      {
        id: "trn_1-calls",
        role: "assistant",
        toolCalls: [{ id: "c-1", type: "function", function: { name: "add", arguments: '{"a":1}' } }],
      },
      { id: "trn_1-c-1", role: "tool", toolCallId: "c-1", content: "2" },
    ]);
  });

  it("sends files as content parts", async () => {
    const ports = testPorts({ files: { m1: { mime: "image/png", bytes: new Uint8Array([1, 2, 3]) } } });
    const agent = await start(streaming(END), {}, ports);
    const turn = sampleTurn({});
    const media = { id: "m1", mime: "image/png", bytes: 3, sha256: "ab" };

    await collectAnswer(
      agent.respond({ ...turn, messages: [{ ...turn.messages[0]!, content: [{ kind: "image", media }] }] }, never),
    );

    expect(sent().messages[0].content).toEqual([
      { type: "image", source: { type: "data", value: "AQID", mimeType: "image/png" } },
    ]);
  });

  it.each([
    ["the stream ends before the run", STARTED + said("half")],
    ["the stream is empty", ""],
  ])("asks again when %s", async (_, stream) => {
    expect((await ask(stream)).error).toMatchObject({ code: "agent.broken-off" });
  });

  it("asks again while another run of the thread is under way", async () => {
    const agent = await start((_, response) => void response.writeHead(409).end("busy"));

    expect((await collectAnswer(agent.respond(sampleTurn({}), never))).error).toMatchObject({ name: "TransientError" });
  });

  it("calls a change that does not fit the state garbage", async () => {
    const delta = [{ op: "remove", path: "/nothing" }];

    expect((await ask(STARTED + event("STATE_DELTA", { delta }) + END)).error).toBeInstanceOf(ProtocolError);
  });
});
