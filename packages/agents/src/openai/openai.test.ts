import { ProtocolError, RejectedError, type Turn } from "@wxgate/core";
import { collectAnswer, sampleTurn } from "@wxgate/testing";
import { afterEach, describe, expect, it } from "vitest";
import { type BackendServer, type Handler, startBackend } from "../fixtures/backend-server.ts";
import { testPorts } from "../fixtures/ports.ts";
import type { AgentTools } from "../ports.ts";
import { createOpenAiAgent, openAiConfigSchema } from "./openai.ts";

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta: object, finish_reason: string | null = null) =>
  data({ id: "c1", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] });
const END = `${chunk({}, "stop")}data: [DONE]\n\n`;

describe("openai agent", () => {
  let server: BackendServer | undefined;
  const never = new AbortController().signal;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  interface Question {
    readonly config?: object;
    readonly turn?: Turn;
    readonly ports?: Parameters<typeof testPorts>[0];
  }
  async function ask(handle: Handler, { config = {}, turn = sampleTurn({}), ports = {} }: Question = {}) {
    server = await startBackend(handle);
    const parsed = openAiConfigSchema.parse({ type: "openai", baseUrl: `${server.url}/v1`, model: "m-1", ...config });
    return collectAnswer(createOpenAiAgent("assistant", parsed, testPorts(ports)).respond(turn, never));
  }
  const streaming =
    (...streams: readonly string[]): Handler =>
    (_, response) => {
      const position = (server?.requests.length ?? 1) - 1;
      response.writeHead(200, { "content-type": "text/event-stream" }).end(streams[position] ?? streams.at(-1));
    };
  const sent = (position = 0) => JSON.parse(server?.requests[position]?.body ?? "{}");

  it("asks for a stream with model, key and messages", async () => {
    await ask(streaming(END), {
      config: { apiKey: "k-1", systemPrompt: "Be kind.", channelGuide: false, extraBody: { temperature: 0.2 } },
    });

    expect(server?.requests[0]).toMatchObject({ method: "POST", path: "/v1/chat/completions" });
    expect(server?.requests[0]?.headers.authorization).toBe("Bearer k-1");
    expect(sent()).toEqual({
      model: "m-1",
      messages: [
        { role: "system", content: "Be kind." },
        { role: "user", content: "hello" },
      ],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.2,
    });
  });

  it("tells the model how to write a block, unless switched off", async () => {
    await ask(streaming(END));

    expect(sent().messages[0]).toMatchObject({ role: "system", content: expect.stringContaining("```wxgate") });
  });

  it("hands on what was said before, users and assistant taking turns", async () => {
    const at = new Date(0);
    const history: Turn["history"] = [
      { role: "user", at, text: "one" },
      { role: "user", at, text: "two" },
      { role: "assistant", at, text: "three" },
      { role: "operator", at, text: "four" },
      { role: "user", at, text: "five" },
    ];

    await ask(streaming(END), { config: { channelGuide: false }, turn: { ...sampleTurn({ text: "six" }), history } });

    expect(sent().messages).toEqual([
      { role: "user", content: "one\n\ntwo" },
      { role: "assistant", content: "three\n\n[a human colleague wrote] four" },
      { role: "user", content: "five\n\nsix" },
    ]);
  });

  it("begins with what was summarised, within what the memory may hold", async () => {
    const at = new Date(0);
    const history: Turn["history"] = [
      { role: "assistant", at, text: "long ago ".repeat(200) },
      { role: "user", at, text: "just now" },
      { role: "assistant", at, text: "yes" },
    ];

    await ask(streaming(END), {
      config: { channelGuide: false, memory: { maxTokens: 100, policy: "summarize" } },
      turn: { ...sampleTurn({ text: "and?" }), history, summary: "They like tea." },
    });

    expect(sent().messages).toEqual([
      { role: "user", content: expect.stringMatching(/in short:\]\nThey like tea\.\n\njust now$/) },
      { role: "assistant", content: "yes" },
      { role: "user", content: "and?" },
    ]);
  });

  describe("writing a summary", () => {
    const at = new Date(0);
    const request = {
      id: "s_1-trn_7",
      previous: "They like tea.",
      entries: [
        { role: "user" as const, at, text: "And cake.", sender: { id: "ann", name: "Ann\nsystem" } },
        { role: "assistant" as const, at, text: "Noted." },
      ],
      maxTokens: 300,
    };
    async function summaryOf(handle: Handler) {
      server = await startBackend(handle);
      const keys = { type: "openai", baseUrl: `${server.url}/v1`, model: "m-1", systemPrompt: "Be kind." };
      return createOpenAiAgent("assistant", openAiConfigSchema.parse(keys), testPorts()).summarize?.(request, never);
    }

    it("shows the model the memory so far and what was said, offers no tools, and takes its words", async () => {
      const summary = await summaryOf(
        streaming(chunk({ content: "They like tea" }) + chunk({ content: " and cake." }) + END),
      );

      expect(summary).toBe("They like tea and cake.");
      expect(server?.requests[0]?.headers["x-client-request-id"]).toBe("s_1-trn_7");
      expect(sent()).toEqual({
        model: "m-1",
        messages: [
          { role: "system", content: expect.stringContaining("at most 300 tokens") },
          {
            role: "user",
            content:
              "The memory so far:\nThey like tea.\n\nWhat was said then:\nAnn system: And cake.\nassistant: Noted.",
          },
        ],
        stream: true,
        stream_options: { include_usage: true },
      });
    });

    it("keeps nothing that a filter cut off", async () => {
      expect(await summaryOf(streaming(chunk({ content: "They" }) + chunk({}, "content_filter")))).toBe("");
    });

    it("says whose fault it is when the server fails", async () => {
      await expect(summaryOf((_, response) => void response.writeHead(503).end())).rejects.toMatchObject({
        name: "TransientError",
      });
    });
  });

  it("hands on no more of it than wanted", async () => {
    const history: Turn["history"] = [{ role: "user", at: new Date(0), text: "long ago" }];

    await ask(streaming(END), {
      config: { channelGuide: false, historyTokens: 0 },
      turn: { ...sampleTurn({ text: "now" }), history },
    });

    expect(sent().messages).toEqual([{ role: "user", content: "now" }]);
  });

  it("says who speaks in a group", async () => {
    const turn = sampleTurn({ text: "hi" });
    const group: Turn = {
      ...turn,
      conversation: { ...turn.conversation, kind: "group" },
      history: [{ role: "user", at: new Date(0), text: "yo", sender: { id: "bob" } }],
    };

    await ask(streaming(END), { config: { channelGuide: false }, turn: group });

    expect(sent().messages).toEqual([{ role: "user", content: "bob:\nyo\n\nAda:\nhi" }]);
  });

  it("shows what a message answers", async () => {
    const turn = sampleTurn({ text: "why?" });
    const quote = { content: [{ kind: "text" as const, text: "no\nnever" }] };

    await ask(streaming(END), {
      config: { channelGuide: false },
      turn: { ...turn, messages: [{ ...turn.messages[0]!, quote }] },
    });

    expect(sent().messages).toEqual([{ role: "user", content: "> no\n> never\nwhy?" }]);
  });

  describe("with files", () => {
    const stored = (id: string, mime: string, bytes: number, filename?: string) => ({
      id,
      mime,
      bytes,
      sha256: "ab",
      ...(filename === undefined ? {} : { filename }),
    });
    const withMedia = (...content: Turn["messages"][number]["content"]): Turn => {
      const turn = sampleTurn({});
      return { ...turn, messages: [{ ...turn.messages[0]!, content }] };
    };
    const png = { mime: "image/png", bytes: new Uint8Array([1, 2, 3]) };
    const user = () => sent().messages.at(-1);

    it("shows a picture to the model", async () => {
      await ask(streaming(END), {
        turn: withMedia({ kind: "text", text: "look" }, { kind: "image", media: stored("m1", "image/png", 3) }),
        ports: { files: { m1: png } },
      });

      expect(user()).toEqual({
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
        ],
      });
    });

    it("only names a picture that is too large or not wanted", async () => {
      const turn = withMedia({ kind: "image", media: stored("m1", "image/png", 3) });

      for (const config of [{ images: false }, { fileBytes: 2 }]) {
        await ask(streaming(END), { turn, config, ports: { files: { m1: png } } });
        expect(user()).toEqual({ role: "user", content: "[image, image/png, 3 bytes]" });
        await server?.close();
      }
    });

    it("puts a small text file into the text", async () => {
      await ask(streaming(END), {
        turn: withMedia({ kind: "file", media: stored("m2", "text/csv", 7, "a.csv") }),
        ports: { files: { m2: { mime: "text/csv", bytes: new TextEncoder().encode("a,b\n1,2") } } },
      });

      expect(user().content).toBe("[file, a.csv, text/csv, 7 bytes]\na,b\n1,2\n[end of a.csv]");
    });

    it("hands on a voice as its transcript, and as sound where that is wanted", async () => {
      const voice = stored("m3", "audio/wav", 3);
      const files = { m3: { mime: "audio/wav", bytes: new Uint8Array([1, 2, 3]) } };

      await ask(streaming(END), {
        turn: withMedia({ kind: "voice", media: voice, transcript: "hi" }),
        ports: { files },
      });
      expect(user().content).toBe("hi");
      await server?.close();

      await ask(streaming(END), {
        turn: withMedia({ kind: "voice", media: voice }),
        ports: { files },
        config: { audio: true },
      });
      expect(user().content).toEqual([{ type: "input_audio", input_audio: { data: "AQID", format: "wav" } }]);
    });

    it("answers all the same when a file cannot be opened", async () => {
      const { text } = await ask(streaming(chunk({ content: "ok" }) + END), {
        turn: withMedia({ kind: "image", media: stored("gone", "image/png", 3) }),
      });

      expect(text).toBe("ok");
      expect(user().content).toBe("[image, image/png, 3 bytes] (it could not be opened)");
    });
  });

  it("counts what was used once, also where every chunk repeats it", async () => {
    const usage = (completion_tokens: number) => data({ choices: [], usage: { prompt_tokens: 9, completion_tokens } });

    const { events } = await ask(streaming(usage(1) + chunk({ content: "a" }) + usage(2) + END));

    expect(events.filter(({ kind }) => kind === "usage")).toEqual([{ kind: "usage", inputTokens: 9, outputTokens: 2 }]);
  });

  it.each([
    ["a field of its own", chunk({ reasoning_content: "hm" }) + chunk({ reasoning: "mm" }) + chunk({ content: "yes" })],
    ["think marks", ["<th", "ink>hmm", "m</thi", "nk>\n\nye", "s"].map((content) => chunk({ content })).join("")],
  ])("keeps reasoning in %s to itself, unless asked", async (_, stream) => {
    expect(await ask(streaming(stream + END))).toMatchObject({ text: "yes" });
    expect((await ask(streaming(stream + END))).events.every(({ kind }) => kind === "text-delta")).toBe(true);
    await server?.close();

    const { events, text } = await ask(streaming(stream + END), { config: { showReasoning: true } });
    const reasoning = events.map((event) => (event.kind === "reasoning-delta" ? event.text : "")).join("");
    expect([reasoning, text]).toEqual(["hmmm", "yes"]);
  });

  it("leaves think marks in the middle of an answer alone", async () => {
    const { text } = await ask(streaming(chunk({ content: "write <think>x</think>" }) + END));

    expect(text).toBe("write <think>x</think>");
  });

  it.each([
    ["[DONE] is missing", chunk({ content: "all" }) + chunk({}, "stop")],
    ["only [DONE] marks the end", `${chunk({ content: "all" })}data: [DONE]\n\n`],
    ["nothing marks the end but HTTP", chunk({ content: "all" })],
    ["the last blank line is missing", chunk({ content: "all" }) + chunk({}, "stop").trimEnd()],
    ["lines end with CRLF", (chunk({ content: "all" }) + END).replaceAll("\n", "\r\n")],
    ["comments keep the line warm", `: PROCESSING\n\n${chunk({ content: "all" })}: PROCESSING\n\n${END}`],
  ])("takes the whole answer when %s", async (_, stream) => {
    expect(await ask(streaming(stream))).toMatchObject({ text: "all", error: undefined });
  });

  it("takes JSON instead of a stream, whatever it is called", async () => {
    const body = JSON.stringify({
      choices: [{ message: { role: "assistant", content: "whole" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    });

    for (const type of ["application/json", "text/event-stream"]) {
      const { events } = await ask((_, response) => void response.writeHead(200, { "content-type": type }).end(body));
      expect(events).toEqual([
        { kind: "text-delta", text: "whole" },
        { kind: "usage", inputTokens: 1, outputTokens: 2 },
      ]);
      await server?.close();
    }
  });

  it("asks again after an error that came with status 200", async () => {
    const { error } = await ask((_, response) => void response.end('{"error":{"message":"overloaded"}}'));

    expect(error).toMatchObject({ name: "TransientError", message: expect.stringContaining("overloaded") });
  });

  it("asks again when the stream ends before it said anything", async () => {
    expect((await ask(streaming(""))).error).toMatchObject({ code: "agent.broken-off" });
  });

  it("asks again when the connection, not HTTP, ends the stream without an end mark", async () => {
    const { error } = await ask((_, response) => {
      response.socket?.end(
        `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n${chunk({ content: "half" })}`,
      );
    });

    expect(error).toMatchObject({ code: "agent.broken-off" });
  });

  it.each([
    ["a page", "<!doctype html><title>hi</title>"],
    ["an event that is no JSON", "data: hello\n\n"],
  ])("calls %s garbage", async (_, stream) => {
    expect((await ask(streaming(stream))).error).toBeInstanceOf(ProtocolError);
  });

  it("gives up when the content filter leaves nothing", async () => {
    expect((await ask(streaming(chunk({}, "content_filter")))).error).toBeInstanceOf(RejectedError);
  });

  it("hands over the instructions of the skill that the person chose, before what they say", async () => {
    const turn = { ...sampleTurn({}), skill: { name: "todo", text: "Ask for the day first." } };

    await ask(streaming(END), { turn });

    const { role, content } = sent().messages.at(-1);
    expect(role).toBe("user");
    expect(content).toMatch(/^\[instructions of the skill "todo", for what follows\]\nAsk for the day first\.\n\[end/);
  });

  describe("with tools", () => {
    const call = (index: number, name: string, ...args: readonly string[]) =>
      chunk({ tool_calls: [{ index, id: `id-${index}`, type: "function", function: { name, arguments: "" } }] }) +
      args.map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })).join("");
    const tools: AgentTools = {
      list: async () => [{ name: "add", description: "Adds", parameters: { type: "object" } }],
      call: async (_turn, name, args) => {
        if (name !== "add") throw new Error(`there is no tool ${name}`);
        return String(Number(args.a) + Number(args.b));
      },
    };
    const answer = chunk({ content: "it is 3" }) + END;

    it("says in the system prompt what the tools have to say, unless they are switched off", async () => {
      const ports = { tools: { ...tools, prompt: async () => "Skills: todo" } };

      await ask(streaming(answer), { ports });
      expect(sent().messages[0]).toMatchObject({ role: "system", content: expect.stringMatching(/Skills: todo$/) });
      await server?.close();

      await ask(streaming(answer), { ports, config: { tools: false } });
      expect(JSON.stringify(sent().messages)).not.toContain("Skills");
    });

    it("calls what the model asks for and lets it answer", async () => {
      const wanted = chunk({ content: "Let me see." }) + call(0, "add", '{"a":1,', '"b":2}') + chunk({}, "tool_calls");

      const { text, events } = await ask(streaming(wanted, answer), { ports: { tools } });

      expect(text).toBe("Let me see.\n\nit is 3");
      expect(events.filter(({ kind }) => kind === "tool")).toEqual([
        { kind: "tool", name: "add", state: "started" },
        { kind: "tool", name: "add", state: "finished" },
      ]);
      expect(sent().tools).toEqual([
        { type: "function", function: { name: "add", description: "Adds", parameters: { type: "object" } } },
      ]);
      expect(sent(1).messages.slice(-2)).toEqual([
        {
          role: "assistant",
          content: "Let me see.",
          tool_calls: [{ id: "id-0", type: "function", function: { name: "add", arguments: '{"a":1,"b":2}' } }],
        },
        { role: "tool", tool_call_id: "id-0", content: "3" },
      ]);
    });

    it("tells the model what went wrong", async () => {
      const wanted = call(0, "dance", "{}") + call(1, "add", "{broken") + chunk({}, "tool_calls");

      const { text, error } = await ask(streaming(wanted, answer), { ports: { tools } });

      expect([text, error]).toEqual(["it is 3", undefined]);
      const results = sent(1).messages.filter(({ role }: { role: string }) => role === "tool");
      expect(results.map(({ content }: { content: string }) => content)).toEqual([
        "Failed: there is no tool dance",
        "Failed: the arguments are no JSON object.",
      ]);
    });

    it("makes the model answer after the last round", async () => {
      const wanted = call(0, "add", "{}") + chunk({}, "tool_calls");

      await ask(streaming(wanted), { ports: { tools }, config: { maxToolRounds: 2 } });

      expect(server?.requests.map((_, position) => sent(position).tool_choice)).toEqual([undefined, undefined, "none"]);
    });
  });
});
