import { RejectedError, type Turn } from "@wxgate/core";
import { collectAnswer, sampleTurn } from "@wxgate/testing";
import { afterEach, describe, expect, it } from "vitest";
import { backendContract } from "../fixtures/backend-contract.ts";
import { type BackendServer, type Handler, startBackend, type WireFormat } from "../fixtures/backend-server.ts";
import { testPorts } from "../fixtures/ports.ts";
import type { AgentPorts, AgentTools } from "../ports.ts";
import { createOpenAiResponsesAgent, openAiResponsesConfigSchema } from "./openai-responses.ts";

const event = (type: string, fields: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const CREATED = event("response.created", { response: { id: "resp-1", status: "in_progress" } });
const said = (delta: string, item_id = "msg-1") =>
  event("response.output_text.delta", { item_id, output_index: 0, delta });
const done = (item: object) => event("response.output_item.done", { output_index: 0, item });
const completed = (more: object = {}) =>
  event("response.completed", { response: { id: "resp-1", status: "completed", output: [], ...more } });
const message = (text: string, id = "msg-1") => ({
  type: "message",
  id,
  role: "assistant",
  content: [{ type: "output_text", text }],
});

const WIRE: WireFormat = {
  contentType: "text/event-stream",
  say: (text) => CREATED + event("response.output_item.added", { item: { type: "message", id: "msg-1" } }) + said(text),
  end: completed(),
  fail: (problem) => event("response.failed", { response: { error: { code: "server_error", message: problem } } }),
  garbage: 'data: {"hello":"world"}\n\n',
  unknown: 'data: {"type":"response.shout.delta","delta":"hey"}\n\n',
};

backendContract("openai-responses", WIRE, {
  create: ({ url, secret, limits, ports }) =>
    createOpenAiResponsesAgent(
      "assistant",
      openAiResponsesConfigSchema.parse({
        type: "openai-responses",
        baseUrl: `${url}/v1`,
        apiKey: secret,
        model: "m",
        ...limits,
      }),
      ports,
    ),
  turnIdIn: ({ headers }) => headers["x-client-request-id"],
});

describe("openai-responses agent", () => {
  let server: BackendServer | undefined;
  const never = new AbortController().signal;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function start(handle: Handler, config: object = {}, ports: AgentPorts = testPorts()) {
    server = await startBackend(handle);
    const parsed = openAiResponsesConfigSchema.parse({
      type: "openai-responses",
      baseUrl: `${server.url}/v1`,
      model: "m-1",
      channelGuide: false,
      ...config,
    });
    return createOpenAiResponsesAgent("assistant", parsed, ports);
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

  it("writes a summary that the server does not keep, without tools or the conversation's own instructions", async () => {
    const tools: AgentTools = {
      list: async () => [{ name: "look_up", description: "", parameters: {} }],
      call: async () => "",
    };
    const agent = await start(
      streaming(CREATED + said("They like tea.") + completed()),
      { memory: true, systemPrompt: "Be kind." },
      testPorts({ tools }),
    );
    const entries = [{ role: "user" as const, at: new Date(0), text: "I like tea." }];

    const summary = await agent.summarize?.({ id: "s_1-trn_7", entries, maxTokens: 300 }, never);

    expect(summary).toBe("They like tea.");
    expect(sent()).toMatchObject({
      instructions: expect.stringContaining("at most 300 tokens"),
      input: [{ role: "user", content: "What was said then:\nperson: I like tea." }],
      store: false,
    });
    expect(sent().instructions).not.toContain("Be kind.");
    expect(sent()).not.toHaveProperty("tools");
    expect(sent()).not.toHaveProperty("previous_response_id");
  });

  it("keeps no summary that a filter cut off", async () => {
    const cut = event("response.incomplete", {
      response: { id: "resp-1", status: "incomplete", incomplete_details: { reason: "content_filter" } },
    });
    const agent = await start(streaming(CREATED + said("They") + cut));

    expect(await agent.summarize?.({ id: "s", entries: [], maxTokens: 300 }, never)).toBe("");
  });

  it("asks for a stream with instructions, history and the turn", async () => {
    const history: Turn["history"] = [
      { role: "user", at: new Date(0), text: "one" },
      { role: "assistant", at: new Date(0), text: "two" },
    ];

    await ask(completed(), { apiKey: "k-1", systemPrompt: "Be kind." }, { ...sampleTurn({}), history });

    expect(server?.requests[0]).toMatchObject({ method: "POST", path: "/v1/responses" });
    expect(server?.requests[0]?.headers.authorization).toBe("Bearer k-1");
    expect(sent()).toEqual({
      model: "m-1",
      instructions: "Be kind.",
      input: [
        { role: "user", content: "one" },
        { role: "assistant", content: "two" },
        { role: "user", content: [{ type: "input_text", text: "hello" }] },
      ],
      stream: true,
      store: false,
    });
  });

  it("goes on from the last response where the server remembers, session by session", async () => {
    const agent = await start(streaming(said("a") + completed()), { memory: true });

    for (const session of ["ses_1", "ses_1", "ses_2"])
      await collectAnswer(agent.respond(sampleTurn({ session }), never));

    expect(agent.capabilities).toEqual({ history: true });
    expect([0, 1, 2].map((at) => [sent(at).store, sent(at).previous_response_id])).toEqual([
      [true, undefined],
      [true, "resp-1"],
      [true, undefined],
    ]);
  });

  it.each([400, 404])("begins anew when the server forgot the last response and says so by %i", async (status) => {
    const agent = await start(
      (request, response) => {
        if (JSON.parse(request.body).previous_response_id === undefined)
          return streaming(said("hi") + completed())(request, response);
        response.writeHead(status).end(`{"error":{"message":"Previous response with id 'resp-1' not found."}}`);
      },
      { memory: true },
    );
    await collectAnswer(agent.respond(sampleTurn({}), never));

    const { text, error } = await collectAnswer(agent.respond(sampleTurn({}), never));

    expect([text, error]).toEqual(["hi", undefined]);
    expect(server?.requests).toHaveLength(3);
  });

  it("forgets no response where the model is not there", async () => {
    let gone = false;
    const agent = await start(
      (request, response) => {
        if (gone) return void response.writeHead(404).end('{"error":{"message":"The model does not exist"}}');
        return streaming(said("hi") + completed())(request, response);
      },
      { memory: true },
    );
    await collectAnswer(agent.respond(sampleTurn({}), never));
    gone = true;
    const { error } = await collectAnswer(agent.respond(sampleTurn({}), never));
    gone = false;

    await collectAnswer(agent.respond(sampleTurn({}), never));

    expect(error).toMatchObject({ code: "agent.not-found" });
    expect(sent(3).previous_response_id).toBe("resp-1");
  });

  it("reads text, reasoning, the server's tools and usage apart", async () => {
    const stream =
      CREATED +
      event("response.reasoning_summary_text.delta", { item_id: "r", delta: "hm" }) +
      event("response.output_item.added", { item: { type: "web_search_call", id: "w" } }) +
      done({ type: "web_search_call", id: "w", status: "completed" }) +
      said("one") +
      done(message("one")) +
      done(message("two", "msg-2")) +
      completed({ usage: { input_tokens: 3, output_tokens: 4 } });

    expect((await ask(stream, { showReasoning: true })).events).toEqual([
      { kind: "reasoning-delta", text: "hm" },
      { kind: "tool", name: "web_search", state: "started" },
      { kind: "tool", name: "web_search", state: "finished" },
      { kind: "text-delta", text: "one" },
      { kind: "text-delta", text: "\n\ntwo" },
      { kind: "usage", inputTokens: 3, outputTokens: 4 },
    ]);
    await server?.close();
    expect((await ask(stream)).events.some(({ kind }) => kind === "reasoning-delta")).toBe(false);
  });

  it("takes the answer from the end where nothing came before it", async () => {
    expect((await ask(CREATED + completed({ output: [message("late")] }))).text).toBe("late");
    await server?.close();
    expect((await ask(said("once") + completed({ output: [message("once")] }))).text).toBe("once");
  });

  it("says once what a server streams without pieces, or without their item", async () => {
    const whole = event("response.output_text.done", { item_id: "msg-1", text: "whole" });

    for (const stream of [whole, event("response.output_text.delta", { delta: "whole" })]) {
      expect((await ask(CREATED + stream + done(message("whole")) + completed())).text).toBe("whole");
      await server?.close();
    }
  });

  it("takes JSON instead of a stream", async () => {
    const whole = JSON.stringify({
      id: "resp-1",
      object: "response",
      status: "completed",
      error: null,
      output: [message("whole")],
    });

    expect(await ask(whole)).toMatchObject({ text: "whole", error: undefined });
  });

  it.each([
    ["no end", CREATED + said("half")],
    ["[DONE] instead of an end", `${CREATED}${said("half")}data: [DONE]\n\n`],
    ["an error", CREATED + event("error", { message: "overloaded", code: "x" })],
  ])("asks again after %s", async (_, stream) => {
    expect((await ask(stream)).error).toMatchObject({ name: "TransientError" });
  });

  it("says what there is of an answer that ran too long, and gives up on one that was filtered", async () => {
    const incomplete = (reason: string) =>
      event("response.incomplete", {
        response: { id: "resp-1", status: "incomplete", incomplete_details: { reason } },
      });

    expect(await ask(said("so much") + incomplete("max_output_tokens"))).toMatchObject({
      text: "so much",
      error: undefined,
    });
    await server?.close();
    expect((await ask(incomplete("content_filter"))).error).toBeInstanceOf(RejectedError);
  });

  it("shows pictures and documents to the model", async () => {
    const file = { mime: "", bytes: new Uint8Array([1, 2, 3]) };
    const agent = await start(streaming(completed()), {}, testPorts({ files: { m1: file, m2: file } }));
    const turn = sampleTurn({});
    const media = (id: string, mime: string, filename: string) => ({ id, mime, bytes: 3, sha256: "ab", filename });
    const content = [
      { kind: "image" as const, media: media("m1", "image/png", "a.png") },
      { kind: "file" as const, media: media("m2", "application/pdf", "a.pdf") },
    ];

    await collectAnswer(agent.respond({ ...turn, messages: [{ ...turn.messages[0]!, content }] }, never));

    expect(sent().input[0].content).toEqual([
      { type: "input_image", image_url: "data:image/png;base64,AQID" },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AQID" },
    ]);
  });

  describe("with tools", () => {
    const tools: AgentTools = {
      list: async () => [{ name: "add", description: "Adds", parameters: { type: "object" } }],
      call: async (_turn, _name, args) => String(Number(args.a) + 1),
    };
    const call = { type: "function_call", id: "fc-1", call_id: "call-1", name: "add", arguments: '{"a":1}' };
    const thought = { type: "reasoning", id: "rs-1", encrypted_content: "x" };
    const output = { type: "function_call_output", call_id: "call-1", output: "2" };

    it("shows the model again what it put out, beside the results", async () => {
      const agent = await start(
        streaming(CREATED + done(thought) + done(call) + completed(), said("It is 2.") + completed()),
        {},
        testPorts({ tools }),
      );

      const { text } = await collectAnswer(agent.respond(sampleTurn({}), never));

      expect(text).toBe("It is 2.");
      expect(sent().tools).toEqual([
        { type: "function", strict: false, name: "add", description: "Adds", parameters: { type: "object" } },
      ]);
      expect(sent().include).toEqual(["reasoning.encrypted_content"]);
      expect(sent(1).input.slice(1)).toEqual([thought, call, output]);
    });

    it("sends only the results where the server remembers", async () => {
      const agent = await start(
        streaming(done(call) + completed(), said("It is 2.") + completed()),
        { memory: true },
        testPorts({ tools }),
      );

      await collectAnswer(agent.respond(sampleTurn({}), never));

      expect(sent(1)).toMatchObject({ input: [output], previous_response_id: "resp-1" });
    });

    it("makes the model answer after the last round", async () => {
      const agent = await start(streaming(done(call) + completed()), { maxToolRounds: 2 }, testPorts({ tools }));

      await collectAnswer(agent.respond(sampleTurn({}), never));

      expect(server?.requests.map((_, at) => sent(at).tool_choice)).toEqual([undefined, undefined, "none"]);
    });
  });
});
