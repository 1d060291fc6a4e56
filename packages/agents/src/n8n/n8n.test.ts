import { ProtocolError, type Turn } from "@wxgate/core";
import { collectAnswer, sampleTurn } from "@wxgate/testing";
import { afterEach, describe, expect, it } from "vitest";
import { backendContract } from "../fixtures/backend-contract.ts";
import {
  type BackendServer,
  type Handler,
  startBackend,
  type WireFormat,
  writePieces,
} from "../fixtures/backend-server.ts";
import { testPorts } from "../fixtures/ports.ts";
import type { AgentPorts } from "../ports.ts";
import { createN8nAgent, n8nConfigSchema } from "./n8n.ts";

const metadata = { nodeId: "n", nodeName: "AI Agent", itemIndex: 0, runIndex: 0, timestamp: 1763632800000 };
const chunk = (type: string, content?: unknown, more: object = {}) =>
  `${JSON.stringify({ type, content, metadata, ...more })}\n`;

const WIRE: WireFormat = {
  contentType: "application/json; charset=utf-8",
  say: (text) => chunk("begin") + chunk("item", text),
  end: chunk("end"),
  fail: (problem) => chunk("error", problem),
  garbage: '{"hello":"world"}',
  unknown: chunk("shout", "hey"),
};

backendContract("n8n", WIRE, {
  create: ({ url, secret, limits, ports }) =>
    createN8nAgent(
      "flow",
      n8nConfigSchema.parse({ type: "n8n", url: `${url}/webhook/x?key=${secret}`, token: secret, ...limits }),
      ports,
    ),
  turnIdIn: ({ headers }) => headers["x-client-request-id"],
});

describe("n8n agent", () => {
  let server: BackendServer | undefined;
  const never = new AbortController().signal;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  interface Question {
    readonly config?: object;
    readonly turn?: Turn;
    readonly ports?: AgentPorts;
  }
  async function ask(handle: Handler, { config = {}, turn = sampleTurn({}), ports = testPorts() }: Question = {}) {
    server = await startBackend(handle);
    const parsed = n8nConfigSchema.parse({ type: "n8n", url: `${server.url}/webhook/abc/chat`, ...config });
    return collectAnswer(createN8nAgent("flow", parsed, ports).respond(turn, never));
  }
  const answering =
    (body: string, contentType = "application/json"): Handler =>
    (_, response) =>
      void response.writeHead(200, { "content-type": contentType }).end(body);

  it("sends what a Chat Trigger reads, and the turn beside it", async () => {
    await ask(answering("{}"));

    expect(server?.requests[0]).toMatchObject({ method: "POST", path: "/webhook/abc/chat" });
    expect(JSON.parse(server?.requests[0]?.body ?? "")).toMatchObject({
      action: "sendMessage",
      sessionId: "ses_1",
      chatInput: "hello",
      metadata: { turn: "trn_1", attempt: 1, sender: { id: "wm-ada" }, conversation: { peer: "wm-ada" } },
    });
  });

  it.each([
    [{}, undefined],
    [{ username: "me", password: "pw-1" }, `Basic ${Buffer.from("me:pw-1").toString("base64")}`],
    [{ token: "jwt-1" }, "Bearer jwt-1"],
    [{ headers: { authorization: "key-1" } }, "key-1"],
  ])("proves itself with %j", async (config, authorization) => {
    await ask(answering("{}"), { config });

    expect(server?.requests[0]?.headers.authorization).toBe(authorization);
  });

  it("reads several nodes that speak one after the other", async () => {
    const stream = [
      chunk("begin") + chunk("item", "Let me ") + chunk("item", "see.") + chunk("end"),
      chunk("tool-call-start", undefined, { name: "search" }) + chunk("tool-call-end", undefined, { name: "search" }),
      chunk("begin") + chunk("item", "Done.") + chunk("end"),
    ];

    const { text, events } = await ask(answering(stream.join("")));

    expect(text).toBe("Let me see.\n\nDone.");
    expect(events.filter(({ kind }) => kind === "tool")).toEqual([
      { kind: "tool", name: "search", state: "started" },
      { kind: "tool", name: "search", state: "finished" },
    ]);
  });

  it("reads objects without anything between them, cut at every byte", async () => {
    const stream = `${chunk("begin")}${chunk("item", 'a "{[}" \\ 长')}${chunk("end")}`.replaceAll("\n", "");

    const { text } = await ask(async (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      await writePieces(response, stream, { pieceBytes: 1 });
      response.end();
    });

    expect(text).toBe('a "{[}" \\ 长');
  });

  it("takes the words out of JSON that a node streams as a string", async () => {
    const stream = chunk("begin") + chunk("item", '{"output":"in words"}') + chunk("end");

    expect((await ask(answering(stream))).text).toBe("in words");
  });

  it.each([
    ['{"output":"a"}', "a"],
    ['{"text":"a"}', "a"],
    ['[{"output":"a"},{"output":"b"}]', "a\n\nb"],
    ['{"content":[{"kind":"text","text":"a"},{"kind":"handoff"}]}', "a"],
    ['"a"', "a"],
    ['{"message":"Workflow was started"}', ""],
    ["{}", ""],
    ["[]", ""],
    ["", ""],
  ])("takes the answer %s of a flow that does not stream", async (body, text) => {
    expect(await ask(answering(body))).toMatchObject({ text, error: undefined });
  });

  it("takes plain text", async () => {
    expect((await ask(answering("just words", "text/plain"))).text).toBe("just words");
  });

  it.each([
    ["in the middle of an object", chunk("begin") + chunk("item", "half").slice(0, 20)],
    ["in the middle of a document", '{"output":"ha'],
  ])("asks again when the answer ends %s", async (_, body) => {
    expect((await ask(answering(body))).error).toMatchObject({ code: "agent.broken-off" });
  });

  it.each([
    ["a page", "<html>", "text/html"],
    ["JSON without words", '{"hello":"world"}', "application/json"],
    ["no JSON", "}}}", "application/json"],
    ["words called JSON", "hello", "application/json"],
  ])("calls %s garbage", async (_, body, contentType) => {
    expect((await ask(answering(body, contentType))).error).toBeInstanceOf(ProtocolError);
  });

  it("sends files in a form where that is wanted", async () => {
    const ports = testPorts({ files: { m1: { mime: "image/png", bytes: new TextEncoder().encode("PNG!") } } });
    const turn = sampleTurn({});
    const media = { id: "m1", mime: "image/png", bytes: 4, sha256: "ab", filename: "cat.png" };

    await ask(answering("{}"), {
      config: { files: true },
      ports,
      turn: { ...turn, messages: [{ ...turn.messages[0]!, content: [{ kind: "image", media }] }] },
    });

    expect(server?.requests[0]?.headers["content-type"]).toMatch(/^multipart\/form-data/);
    for (const part of ['name="chatInput"', 'name="sessionId"', 'filename="cat.png"', "PNG!"]) {
      expect(server?.requests[0]?.body).toContain(part);
    }
  });

  it.each([
    [{ username: "me" }, "go together"],
    [{ username: "me", password: "pw", token: "t" }, "either"],
  ])("refuses the configuration %j", (config, reason) => {
    const { error } = n8nConfigSchema.safeParse({ type: "n8n", url: "http://127.0.0.1/webhook/x", ...config });

    expect(error?.message).toContain(reason);
  });
});
