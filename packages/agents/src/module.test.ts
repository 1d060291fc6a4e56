import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentEvent, AuthenticationError, ProtocolError, RejectedError, TransientError } from "@wxgate/core";
import { agentContract, type BackendScript, collectAnswer, sampleTurn } from "@wxgate/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testPorts } from "./fixtures/ports.ts";
import { explainLoading } from "./load-module.ts";
import { createModuleAgent, moduleConfigSchema } from "./module.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wxgate-module-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const load = async (path: string, options = {}) =>
  createModuleAgent(
    "mine",
    moduleConfigSchema.parse({ type: "module", path, options }),
    testPorts({ baseDir: folder }),
  );
const write = (name: string, source: string) => writeFile(join(folder, name), source);

const PLAYER = `
  export default ({ options: { script } }) => ({
    async *respond(turn, signal) {
      if (script.kind === "garbage" || script.kind === "unknown") yield { kind: "shout", text: "hey" };
      if (script.text !== undefined) yield { kind: "text-delta", text: script.text };
      if (script.kind === "hang") await new Promise(() => {});
      if (script.kind === "break") throw new Error("the model went away");
    },
  });
`;

agentContract("module", {
  async start(script: BackendScript) {
    await write("player.mjs", PLAYER);
    return { agent: await load("player.mjs", { script }), requests: () => [], close: async () => {} };
  },
  plays: ["answer", "unknown", "silent", "hang", "break", "garbage"],
});

describe("module agent", () => {
  const never = new AbortController().signal;
  const answerOf = async (path: string) =>
    (await collectAnswer((await load(path)).respond(sampleTurn({}), never))).text;
  const saying = (text: string) =>
    `{ async *respond() { yield { kind: "text-delta", text: ${JSON.stringify(text)} }; } }`;

  it("takes an agent as the default export", async () => {
    await write("plain.mjs", `export default ${saying("plain")};`);

    expect(await answerOf("plain.mjs")).toBe("plain");
  });

  it("may write summaries, whose errors are sorted as those of turns", async () => {
    const request = {
      id: "s_1-trn_1",
      entries: [{ role: "user" as const, at: new Date(0), text: "tea" }],
      maxTokens: 50,
    };
    const summarizing = (body: string) =>
      `export default { async *respond() {}, async summarize({ entries, maxTokens }) { ${body} } };`;
    await write("writer.mjs", summarizing('return entries[0].text + ", at most " + maxTokens;'));
    await write("failing.mjs", summarizing('throw new Error("no ink");'));
    await write("wrong.mjs", summarizing("return { text: 1 };"));
    await write("unable.mjs", `export default ${saying("hi")};`);
    const summaryOf = async (path: string) => (await load(path)).summarize?.(request, never);

    expect(await summaryOf("writer.mjs")).toBe("tea, at most 50");
    await expect(summaryOf("failing.mjs")).rejects.toMatchObject({ name: "TransientError", code: "agent.failed" });
    await expect(summaryOf("wrong.mjs")).rejects.toThrow("a summary that is no text");
    expect(await summaryOf("unable.mjs")).toBeUndefined();
  });

  it("may ask in the middle of a turn and wait for the answer", async () => {
    await write(
      "asking.mjs",
      `export default {
         async *respond() {
           let told;
           const answered = new Promise((resolve) => { told = resolve; });
           yield { kind: "ask", question: { content: { kind: "text", text: "which one?" }, answer: told } };
           yield { kind: "text-delta", text: JSON.stringify(await answered) };
         },
       };`,
    );
    const events: AgentEvent[] = [];

    for await (const event of (await load("asking.mjs")).respond(sampleTurn({}), never)) {
      events.push(event);
      if (event.kind === "ask") event.question.answer?.({ kind: "unanswered" });
    }

    expect(events).toMatchObject([
      { kind: "ask", question: { content: { kind: "text", text: "which one?" } } },
      { kind: "text-delta", text: '{"kind":"unanswered"}' },
    ]);
  });

  it.each([
    ["content that cannot be sent", `{ content: { kind: "dance" } }`],
    ["something to answer to that is no function", `{ content: { kind: "text", text: "?" }, answer: 1 }`],
  ])("is told that a question has %s", async (_, question) => {
    await write("wrong.mjs", `export default { async *respond() { yield { kind: "ask", question: ${question} }; } };`);

    const { error } = await collectAnswer((await load("wrong.mjs")).respond(sampleTurn({}), never));

    expect(error).toBeInstanceOf(ProtocolError);
  });

  it("calls a function with name, options and ports", async () => {
    await write(
      "made.mjs",
      `export default async ({ name, options, ports }) => ({
         capabilities: { history: false },
         async *respond() { yield { kind: "text-delta", text: [name, options.tone, typeof ports.fetch].join() }; },
       });`,
    );

    const agent = await load("made.mjs", { tone: "kind" });

    expect(agent.capabilities).toEqual({ history: false });
    expect((await collectAnswer(agent.respond(sampleTurn({}), never))).text).toBe("mine,kind,function");
  });

  it.each(["mjs", "cjs"])("loads a changed .%s file anew", async (extension) => {
    const name = `changing.${extension}`;
    const exported = extension === "cjs" ? "module.exports =" : "export default";
    await write(name, `${exported} ${saying("old")};`);
    const before = await answerOf(name);
    await write(name, `${exported} ${saying("new")};`);

    expect([before, await answerOf(name)]).toEqual(["old", "new"]);
  });

  it("closes what the module opened", async () => {
    await write(
      "closing.mjs",
      `export default { closed: 0, async *respond() {}, async close() { this.closed += 1; globalThis.wxgateClosed = this.closed; } };`,
    );

    await (await load("closing.mjs")).close?.();

    expect((globalThis as { wxgateClosed?: number }).wxgateClosed).toBe(1);
  });

  it.each([
    ["a missing file", "nowhere.mjs", undefined, /is not there/],
    ["a file that does not parse", "broken.mjs", "export default {", /does not load/],
    ["a file without an agent", "empty.mjs", "export const a = 1;", /no agent/],
    ["a function that fails", "failing.mjs", 'export default () => { throw new Error("no licence"); };', /no licence/],
  ])("tells the operator about %s", async (_, name, source, message) => {
    if (source !== undefined) await write(name, source);

    const failure = await load(name).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(AuthenticationError);
    expect((failure as Error).message).toMatch(message);
  });

  it("keeps the kind of an error that another copy of the contracts made", async () => {
    await write(
      "foreign.mjs",
      `class RejectedError extends Error { name = "RejectedError"; code = "shop.closed"; }
       export default { async *respond() { throw new RejectedError("we are closed"); } };`,
    );

    const { error } = await collectAnswer((await load("foreign.mjs")).respond(sampleTurn({}), never));

    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code: "shop.closed" });
  });

  it("is told apart from an agent that forgot to be a generator", async () => {
    await write("promise.mjs", "export default { async respond() { return 'hi'; } };");

    const { error } = await collectAnswer((await load("promise.mjs")).respond(sampleTurn({}), never));

    expect(error).toMatchObject({ name: "ProtocolError", message: expect.stringContaining("async *respond") });
  });

  it("takes any other error for something that passes", async () => {
    await write("failing-turn.mjs", "export default { respond() { throw 'a word'; } };");

    const { error } = await collectAnswer((await load("failing-turn.mjs")).respond(sampleTurn({}), never));

    expect(error).toBeInstanceOf(TransientError);
  });

  it("runs TypeScript where something strips its types", async () => {
    await write("typed.ts", `const agent: object = ${saying("typed")}; export default agent;`);

    expect(await answerOf("typed.ts")).toBe("typed");
  });

  it("says what to do about TypeScript where Node does not run it", () => {
    const refusal = Object.assign(new TypeError("Unknown file extension"), { code: "ERR_UNKNOWN_FILE_EXTENSION" });

    expect(explainLoading("/agents/mine.ts", refusal)).toEqual({
      problem: `is TypeScript, which Node ${process.versions.node} does not run`,
      hint: "Use Node 22.18 or later, or compile the file to .mjs and name that.",
    });
    expect(explainLoading("/agents/mine.wasm", refusal).problem).toContain("does not load");
  });
});
