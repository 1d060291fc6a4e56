import { realpathSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AgentEvent,
  type Answer,
  AuthenticationError,
  type InboundContent,
  type Logger,
  ProtocolError,
  RejectedError,
  TransientError,
  type Turn,
} from "@wxgate/core";
import { agentContract, type BackendScript, collectAnswer, sampleTurn } from "@wxgate/testing";
import { afterEach, describe, expect, it } from "vitest";
import { testPorts } from "../fixtures/ports.ts";
import { acpConfigSchema } from "./acp.ts";
import { isRunning, type StartOptions, startAcp } from "./fixtures/start.ts";

const never = new AbortController().signal;
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

function start(options: StartOptions = {}) {
  const started = startAcp(options);
  undo.push(started.remove, () => started.agent.close?.());
  return started;
}

agentContract("acp", {
  async start(script: BackendScript, { log, secret, limits }) {
    const started = startAcp({ script, config: limits, ports: { log }, env: { API_KEY: secret } });
    return {
      agent: started.agent,
      requests: () => [],
      async close() {
        await started.agent.close?.();
        started.remove();
      },
    };
  },
  plays: ["answer", "slow", "stall", "unknown", "silent", "hang", "break", "fail", "garbage"],
});

const asked = (text: string, more: Partial<Turn> = {}): Turn => ({ ...sampleTurn({ text }), ...more });

describe("acp agent", () => {
  it("introduces itself, begins a session in the folder and prompts with what was said", async () => {
    const { agent, sent, folder } = start();

    const { text, error } = await collectAnswer(agent.respond(asked("hello"), never));

    expect(error).toBeUndefined();
    expect(text).toBe("hello");
    expect(sent("initialize")[0].params).toMatchObject({
      protocolVersion: 1,
      clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
    });
    const cwd = join(realpathSync(folder), "work");
    expect(sent("session/new")[0].params).toEqual({ cwd, mcpServers: [] });
    expect(sent("session/prompt")[0].params.prompt).toEqual([{ type: "text", text: "hello" }]);
  });

  it("keeps one process and one session for all turns of ours, and another session for another", async () => {
    const { agent, sent, started } = start();

    await collectAnswer(agent.respond(asked("one"), never));
    const second = await collectAnswer(agent.respond(asked("two"), never));
    const other = await collectAnswer(agent.respond(asked("three", { session: "ses_2" }), never));

    expect([second.text, other.text]).toEqual(["[1 before] two", "three"]);
    expect(started()).toHaveLength(1);
    expect(sent("session/new")).toHaveLength(2);
  });

  it("loads its session after a restart of the gateway, and shows nothing of what was said before", async () => {
    const ports = testPorts();
    const sessions = await mkdtemp(join(tmpdir(), "wxgate-acp-sessions-"));
    undo.push(() => rm(sessions, { recursive: true, force: true }));
    const first = start({ ports, env: { WXGATE_SESSIONS: sessions } });
    await collectAnswer(first.agent.respond(asked("one"), never));
    await first.agent.close?.();

    const again = first.again({}, ports);
    undo.push(() => again.close?.());
    const { text } = await collectAnswer(again.respond(asked("two"), never));

    expect(text).toBe("[1 before] two");
    expect(first.sent("session/load")).toHaveLength(1);
    expect(first.sent("session/new")).toHaveLength(1);
  });

  it("tells an agent that cannot load its session what was said before, and who it is, once", async () => {
    const ports = testPorts();
    const first = start({ ports, config: { systemPrompt: "You are kind." } });
    await collectAnswer(first.agent.respond(asked("one"), never));
    await first.agent.close?.();
    const history: Turn["history"] = [
      { role: "user", at: new Date(0), text: "my name is Ada" },
      { role: "assistant", at: new Date(1), text: "hello Ada" },
    ];

    const again = first.again({ systemPrompt: "You are kind." }, ports);
    undo.push(() => again.close?.());
    await collectAnswer(again.respond(asked("who am I?", { history }), never));
    await collectAnswer(again.respond(asked("and now?", { history }), never));

    const prompts = first
      .sent("session/prompt")
      .map(({ params }) => params.prompt.map((block: { text: string }) => block.text));
    expect(prompts).toEqual([
      ["You are kind.", "one"],
      [
        "You are kind.",
        "What was said before:\nPerson: my name is Ada\nYou: hello Ada\n[end of what was said]",
        "who am I?",
      ],
      ["and now?"],
    ]);
  });

  it("gives each instance a process in its own folder", async () => {
    const { agent, lines, folder } = start();
    const turns = ["a", "b"].map((instance) => {
      const own = join(folder, instance);
      return asked("hi", { instance, folder: own, session: `ses_${instance}` });
    });
    for (const turn of turns) await mkdir(turn.folder ?? "");

    for (const turn of turns) await collectAnswer(agent.respond(turn, never));

    const places = lines().flatMap((line) => line.cwd ?? []);
    expect(places).toEqual(["a", "b"].map((name) => join(realpathSync(folder), name)));
  });

  it("works in no shared folder for an instance that was given none", async () => {
    const { agent, started } = start();

    const { error } = await collectAnswer(agent.respond(asked("hi", { instance: "a" }), never));

    expect(error).toBeInstanceOf(RejectedError);
    expect(started()).toEqual([]);
  });

  it("hands the program none of the gateway's environment but what is meant for it", async () => {
    process.env.WXGATE_TEST_SECRET = "hush";
    undo.push(() => delete process.env.WXGATE_TEST_SECRET);
    const { agent, lines } = start({ ports: { env: { PATH: "/bin", HOME: "/tmp" } }, env: { TONE: "kind" } });

    await collectAnswer(agent.respond(asked("hi"), never));

    expect(lines()[0].env).toEqual(["HOME", "PATH", "TONE", "WXGATE_SCRIPT", "WXGATE_TRACE"]);
  });

  it("names the MCP servers of the configuration", async () => {
    const mcpServers = [
      { name: "files", command: "mcp-files", args: ["-r"], env: { A: "1" } },
      { name: "gate", url: "http://127.0.0.1:8788/mcp", headers: { authorization: "Bearer t" } },
    ];
    const { agent, sent } = start({ config: { mcpServers } });

    await collectAnswer(agent.respond(asked("hi"), never));

    expect(sent("session/new")[0].params.mcpServers).toEqual([
      { name: "files", command: "mcp-files", args: ["-r"], env: [{ name: "A", value: "1" }] },
      {
        type: "http",
        name: "gate",
        url: "http://127.0.0.1:8788/mcp",
        headers: [{ name: "authorization", value: "Bearer t" }],
      },
    ]);
  });

  it("shows words, tools and, where it is wanted, reasoning", async () => {
    const said = (text: string, messageId: string) => ({
      sessionUpdate: "agent_message_chunk",
      content: { type: "text", text },
      messageId,
    });
    const updates = [
      { sessionUpdate: "agent_thought_chunk", content: { type: "text", text: "hm" } },
      said("I ", "m1"),
      said("look.", "m1"),
      { sessionUpdate: "tool_call", toolCallId: "t1", title: "Read a.txt", kind: "read", status: "pending" },
      { sessionUpdate: "tool_call_update", toolCallId: "t1", status: "in_progress" },
      { sessionUpdate: "tool_call_update", toolCallId: "t1", status: "completed" },
      { sessionUpdate: "plan", entries: [] },
      said("Done.", "m2"),
      { sessionUpdate: "something_new", content: 7 },
    ];
    const { agent } = start({ script: { kind: "updates", updates }, config: { showReasoning: true } });

    const { events, error } = await collectAnswer(agent.respond(asked("go"), never));

    expect(error).toBeUndefined();
    expect(events).toEqual([
      { kind: "reasoning-delta", text: "hm" },
      { kind: "text-delta", text: "I " },
      { kind: "text-delta", text: "look." },
      { kind: "tool", name: "read", state: "started", summary: "Read a.txt" },
      { kind: "tool", name: "read", state: "finished", summary: "Read a.txt" },
      { kind: "text-delta", text: "\n\nDone." },
      { kind: "usage", inputTokens: 3, outputTokens: 5 },
    ]);
  });

  describe("and files", () => {
    const picture: InboundContent = {
      kind: "image",
      media: {
        id: "med_1",
        mime: "image/png",
        bytes: 3,
        sha256: "0",
        filename: "a b.png",
        url: "http://admin/media/med_1?s",
      },
    };
    const turn = { ...asked(""), messages: [{ id: "m", sentAt: new Date(0), content: [picture] }] };
    const files = { med_1: { mime: "image/png", bytes: new Uint8Array([1, 2, 3]) } };
    const promptWith = async (takes: object) => {
      const { agent, sent } = start({ script: { takes }, ports: { files } });
      await collectAnswer(agent.respond(turn, never));
      return sent("session/prompt")[0].params.prompt;
    };

    it("hands over a picture where the agent takes pictures", async () => {
      expect(await promptWith({ image: true })).toEqual([{ type: "image", mimeType: "image/png", data: "AQID" }]);
    });

    it("hands over a resource where it takes those", async () => {
      expect(await promptWith({ embeddedContext: true })).toEqual([
        { type: "resource", resource: { uri: "wxgate:///med_1/a%20b.png", mimeType: "image/png", blob: "AQID" } },
      ]);
    });

    it("hands over a signed link to every other agent", async () => {
      expect(await promptWith({})).toEqual([
        { type: "text", text: "[image, a b.png, image/png, 3 bytes]" },
        { type: "resource_link", uri: "http://admin/media/med_1?s", name: "a b.png", mimeType: "image/png", size: 3 },
      ]);
    });
  });

  it.each([
    ["max_tokens", "so far", undefined],
    ["max_turn_requests", undefined, RejectedError],
    ["refusal", undefined, RejectedError],
    ["refusal", "I will not do that.", undefined],
    ["cancelled", undefined, TransientError],
    ["tired", "so far", ProtocolError],
  ])("knows what it means to stop for %s, having said %s", async (reason, text, kind) => {
    const { agent } = start({ script: { kind: "stop", reason, text } });

    const answer = await collectAnswer(agent.respond(asked("go"), never));

    if (kind === undefined) expect(answer).toMatchObject({ text, error: undefined });
    else expect(answer.error).toBeInstanceOf(kind);
  });
});

describe("a stopped turn", () => {
  it("is cancelled at the agent, whose session goes on with the next", async () => {
    const { agent, sent, started } = start({ script: { kind: "hang", text: "so far" } });
    const stop = new AbortController();
    const events: AgentEvent[] = [];

    const reading = (async () => {
      for await (const event of agent.respond(asked("one"), stop.signal)) {
        events.push(event);
        stop.abort(new Error("stopped"));
      }
    })();
    await expect(reading).rejects.toThrow("stopped");

    expect(events).toEqual([{ kind: "text-delta", text: "so far" }]);
    await expect.poll(() => sent("session/cancel")).toHaveLength(1);
    const next = new AbortController();
    for await (const event of agent.respond(asked("two"), next.signal)) {
      if (event.kind === "text-delta") break;
    }
    expect(started()).toHaveLength(1);
    expect(sent("session/new")).toHaveLength(1);
  });

  it("loses its session when the agent does not stop", async () => {
    const { agent, sent } = start({ script: { kind: "hang", text: "so far", deaf: true } });
    for (const text of ["one", "two"]) {
      for await (const event of agent.respond(asked(text), never)) if (event.kind === "text-delta") break;
    }

    expect(sent("session/new")).toHaveLength(2);
  }, 20_000);
});

describe("an agent's process", () => {
  it("is started again after it broke down, not before a pause", async () => {
    const { agent, started } = start({ script: { kind: "break", text: "half" } });

    const broken = await collectAnswer(agent.respond(asked("one"), never));
    const early = await collectAnswer(agent.respond(asked("one"), never));

    expect(broken.error).toBeInstanceOf(TransientError);
    expect(early.error).toMatchObject({ code: "agent.restarting", until: { at: expect.any(Date) } });
    await expect
      .poll(async () => (await collectAnswer(agent.respond(asked("one"), never))).error, {
        timeout: 5_000,
        interval: 300,
      })
      .toMatchObject({ code: "agent.broken-off" });
    expect(started()).toHaveLength(2);
  });

  it("waits longer each time it does not even start, and says what to look at", async () => {
    const { agent, started } = start({ script: { start: "die" } });

    const { error } = await collectAnswer(agent.respond(asked("one"), never));

    expect(error).toMatchObject({ code: "agent.not-started", message: expect.stringContaining("exit code 3") });
    expect((error as TransientError).hint).toMatch(/^Check `command`/);
    expect(started()).toHaveLength(1);
  });

  it("that is not there is told to the operator", async () => {
    const { agent } = start({ config: { command: "/nowhere/at-all" } });

    const { error } = await collectAnswer(agent.respond(asked("one"), never));

    expect(error).toMatchObject({ code: "agent.not-started", message: expect.stringContaining("ENOENT") });
  });

  it("that speaks another version is told to the operator, and ended", async () => {
    const { agent, started } = start({ script: { version: 2 } });

    const { error } = await collectAnswer(agent.respond(asked("one"), never));

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ code: "agent.version" });
    expect(started().filter(isRunning)).toEqual([]);
  });

  it("whose user must sign in says so", async () => {
    const { agent, sent } = start({ script: { start: "signed-out" }, config: { authMethod: "api-key" } });

    const { error } = await collectAnswer(agent.respond(asked("one"), never));

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ code: "agent.unauthenticated", hint: expect.stringContaining("authMethod") });
    expect(sent("authenticate")[0].params).toEqual({ methodId: "api-key" });
  });

  it("is gone when the agent is closed, even one that does not listen", async () => {
    const { agent, started } = start({ script: { deaf: true } });
    await collectAnswer(agent.respond(asked("one"), never));
    expect(started().filter(isRunning)).toHaveLength(1);

    await agent.close?.();

    expect(started().filter(isRunning)).toEqual([]);
  }, 10_000);

  it("is ended when nobody uses it, and started when somebody does", async () => {
    const { agent, started } = start({ config: { idleMinutes: 0.005 } });
    await collectAnswer(agent.respond(asked("one"), never));

    await expect.poll(() => started().filter(isRunning), { timeout: 5_000 }).toEqual([]);
    const { error } = await collectAnswer(agent.respond(asked("two"), never));

    expect(error).toBeUndefined();
    expect(started()).toHaveLength(2);
  });

  it("makes way for another folder's when there are enough", async () => {
    const { agent, started, folder } = start({ config: { maxProcesses: 1 } });
    const turns = ["a", "b"].map((instance) =>
      asked("hi", { instance, folder: join(folder, instance), session: instance }),
    );

    for (const turn of turns) expect((await collectAnswer(agent.respond(turn, never))).error).toBeUndefined();

    expect(started()).toHaveLength(2);
    expect(started().filter(isRunning)).toHaveLength(1);
  });

  it("is forgiven some lines that are no messages", async () => {
    const { agent } = start({ script: { kind: "garbage", raw: "npm warn deprecated\n{}\n" } });

    expect((await collectAnswer(agent.respond(asked("hi"), never))).error).toBeUndefined();
  });

  it.each([
    ["nothing but garbage", { unit: "x\n", times: 200 }],
    ["a line without an end", { unit: "x".repeat(1_024), times: 33 * 1_024 }],
  ])(
    "that writes %s is ended",
    async (_, flood) => {
      const { agent, started } = start({ script: { kind: "flood", ...flood } });

      const { error } = await collectAnswer(agent.respond(asked("hi"), never));

      expect(error).toBeInstanceOf(ProtocolError);
      await expect.poll(() => started().filter(isRunning), { timeout: 5_000 }).toEqual([]);
    },
    20_000,
  );

  it("that is silent for too long fails the turn", async () => {
    const { agent } = start({ script: { kind: "hang", text: "so far" }, config: { idleTimeoutMs: 200 } });

    const { error } = await collectAnswer(agent.respond(asked("hi"), never));

    expect(error).toMatchObject({ code: "agent.timeout" });
  });

  it("may write to its log without end: some of it is kept, cut, and without secrets", async () => {
    const logged: string[] = [];
    const record = (fields: Readonly<Record<string, unknown>>) => void logged.push(JSON.stringify(fields));
    const log: Logger = { child: () => log, debug: record, info: record, warn: record, error: record };
    const stderr = `key hush-hush-hush ${"y".repeat(5_000)}\n${"line\n".repeat(5_000)}`;
    const { agent } = start({ script: { stderr }, env: { API_KEY: "hush-hush-hush" }, ports: { log } });

    const { text, error } = await collectAnswer(agent.respond(asked("hi"), never));

    expect([text, error]).toEqual(["hi", undefined]);
    const said = logged.filter((line) => line.includes('"said"'));
    expect(said).toHaveLength(30);
    expect(Math.max(...said.map((line) => line.length))).toBeLessThan(300);
    expect(logged.join()).not.toContain("hush-hush-hush");
  });
});

describe("a permission request", () => {
  const PERMISSION = { kind: "permission" };

  /** Reads the answer; what it asks is answered by `reply`. */
  async function converse(options: StartOptions, reply?: (text: string) => Answer) {
    const { agent, ...rest } = start(options);
    const events: AgentEvent[] = [];
    for await (const event of agent.respond(asked("clean up"), never)) {
      events.push(event);
      if (event.kind === "ask")
        event.question.answer?.(reply?.(JSON.stringify(event.question.content)) ?? { kind: "unanswered" });
    }
    const text = events.map((event) => (event.kind === "text-delta" ? event.text : "")).join("");
    return { events, text, questions: events.filter((event) => event.kind === "ask"), ...rest };
  }
  const saying = (content: InboundContent) => (): Answer => ({
    kind: "answered",
    message: { id: "m2", sentAt: new Date(0), content: [content] },
  });
  const words = (text: string) => saying({ kind: "text", text });
  const person = { script: PERMISSION, config: { permissions: "ask-person" } };

  it("is refused when nothing else is configured", async () => {
    const { text, questions } = await converse({ script: PERMISSION });

    expect(questions).toEqual([]);
    expect(text).toBe('permission: {"outcome":"selected","optionId":"no"}');
  });

  it("is granted for this once where everything is allowed", async () => {
    const { text } = await converse({ script: PERMISSION, config: { permissions: "allow" } });

    expect(text).toBe('permission: {"outcome":"selected","optionId":"yes"}');
  });

  it.each([
    [true, "yes"],
    [false, "no"],
  ])("is decided on by the operator where that is configured: %s", async (granted, optionId) => {
    const { agent } = start({ script: PERMISSION, config: { permissions: "ask-operator" } });
    const events: AgentEvent[] = [];

    for await (const event of agent.respond(asked("clean up"), never)) {
      events.push(event);
      if (event.kind === "permission") event.permission.decide(granted);
    }

    expect(events.some(({ kind }) => kind === "ask")).toBe(false);
    expect(events).toContainEqual({
      kind: "permission",
      permission: {
        action: "Remove the folder\nrm -rf build",
        fingerprint: expect.any(String),
        timeoutMs: 600_000,
        decide: expect.any(Function),
      },
    });
    expect(events.at(-1)).toEqual({
      kind: "text-delta",
      text: `permission: {"outcome":"selected","optionId":"${optionId}"}`,
    });
  });

  it("is about what the call was announced to do, where the request names it by its id alone", async () => {
    const { questions } = await converse({
      config: { permissions: "ask-person" },
      script: { ...PERMISSION, announced: { rawInput: { command: "rm -rf build" } }, call: {} },
    });

    expect(JSON.stringify(questions)).toContain("rm -rf build");
  });

  it("shows the end of a long command, and says how much of it is not shown", async () => {
    const command = `echo ${"x".repeat(5_000)} && rm -rf build`;
    const { questions } = await converse({
      config: { permissions: "ask-person" },
      script: { ...PERMISSION, call: { rawInput: { command } } },
    });

    const shown = JSON.stringify(questions);
    expect(shown).toContain("&& rm -rf build");
    expect(shown).toMatch(/\d{4} 字未显示 characters not shown/);
    expect(shown.length).toBeLessThan(1_500);
  });

  it.each(["ask-person", "ask-operator"])("by %s holds for no other edit of the same file", async (permissions) => {
    const edit = (newText: string) => ({ content: [{ type: "diff", path: "notes.md", oldText: "", newText }] });
    const requests: string[] = [];

    for (const newText of ["one", "two", "one"]) {
      const { agent } = start({ script: { ...PERMISSION, call: edit(newText) }, config: { permissions } });
      for await (const event of agent.respond(asked("write it down"), never)) {
        if (event.kind === "permission") {
          requests.push(JSON.stringify(event.permission));
          event.permission.decide(false);
        }
        if (event.kind === "ask") {
          requests.push(JSON.stringify(event.question.content));
          event.question.answer?.({ kind: "unanswered" });
        }
      }
    }

    const [first, other, repeated] = requests;
    expect(other).not.toBe(first);
    expect(repeated).toBe(first);
  });

  it("asks the person what exactly it is about, and offers nothing that holds for ever", async () => {
    const { questions } = await converse(person, words("1"));

    expect(questions).toMatchObject([
      {
        question: {
          timeoutMs: 600_000,
          content: {
            kind: "menu",
            head: "助手想要 The assistant wants to:\nRemove the folder\nrm -rf build\n可以吗？ May it?",
            items: [
              { id: expect.stringMatching(/^[0-9a-f]{12}\.0$/), text: "Allow" },
              { id: expect.stringMatching(/^[0-9a-f]{12}\.1$/), text: "Reject" },
            ],
          },
        },
      },
    ]);
  });

  it.each([
    ["1", "yes"],
    ["Reject", "no"],
    ["好的", "yes"],
    ["不行", "no"],
  ])("understands %s", async (said, optionId) => {
    const { text } = await converse(person, words(said));

    expect(text).toBe(`permission: {"outcome":"selected","optionId":"${optionId}"}`);
  });

  it("is refused by a tap on an older question, and when nobody answers", async () => {
    const stale = await converse(person, saying({ kind: "choice", id: "0123456789ab.0", text: "Allow" }));
    const silent = await converse(person);

    expect(stale.text).toBe('permission: {"outcome":"selected","optionId":"no"}');
    expect(silent.text).toBe('permission: {"outcome":"selected","optionId":"no"}');
  });

  it("is refused by other words, which the agent reads next", async () => {
    const { text, sent } = await converse({ ...person, script: { ...PERMISSION, times: 1 } }, words("only the logs"));

    expect(text).toBe('permission: {"outcome":"selected","optionId":"no"}\n\nread: only the logs');
    expect(sent("session/prompt")[1].params.prompt).toEqual([{ type: "text", text: "only the logs" }]);
  });

  it("is answered as cancelled when the turn is stopped while it waits", async () => {
    const { agent, lines } = start(person);
    const stop = new AbortController();
    const reading = (async () => {
      for await (const event of agent.respond(asked("clean up"), stop.signal))
        if (event.kind === "ask") stop.abort(new Error("stopped"));
    })();

    await expect(reading).rejects.toThrow("stopped");

    await expect
      .poll(() => lines().find((line) => String(line.id).startsWith("agent-")))
      .toMatchObject({ result: { outcome: { outcome: "cancelled" } } });
  });

  it("does not count as silence while the person thinks", async () => {
    const { agent } = start({ script: PERMISSION, config: { permissions: "ask-person", idleTimeoutMs: 150 } });
    const events: AgentEvent[] = [];

    for await (const event of agent.respond(asked("clean up"), never)) {
      events.push(event);
      if (event.kind === "ask") setTimeout(() => event.question.answer?.(words("1")()), 500);
    }

    expect(events.at(-1)).toEqual({ kind: "text-delta", text: expect.stringContaining("yes") });
  });

  it("tells an interrupted agent what was asked and answered before", async () => {
    const { agent, sent } = start();
    const before: Turn["asked"] = [
      { content: { kind: "text", text: "which one?" }, answer: [{ kind: "text", text: "red" }] },
      { content: { kind: "text", text: "how many?" } },
    ];

    await collectAnswer(agent.respond(asked("paint it", { asked: before, attempt: 2 }), never));

    expect(sent("session/prompt")[0].params.prompt.map((block: { text: string }) => block.text)).toEqual([
      "[You were interrupted. Before, you asked: which one?\nThe person answered: red]",
      "paint it",
    ]);
  });
});

describe("what an agent asks of the gateway", () => {
  /** An agent that asks for this in the folder of `started`; its answer as the agent got it. */
  async function request(started: ReturnType<typeof start>, method: string, params: object, fs = "none") {
    const env = { WXGATE_SCRIPT: JSON.stringify({ kind: "request", method, params }) };
    const agent = started.again({ env, fs });
    undo.push(() => agent.close?.());
    return JSON.parse((await collectAnswer(agent.respond(asked("go", { session: method }), never))).text);
  }

  it.each(["fs/read_text_file", "fs/write_text_file", "terminal/create", "elicitation/create", "_own/thing"])(
    "is refused when it is %s",
    async (method) => {
      const answer = await request(start(), method, { path: "/etc/passwd", content: "x", command: "ls" });

      expect(answer.error).toMatchObject({ code: -32601 });
    },
  );

  it("reads lines of a file of its folder where it may read", async () => {
    const started = start();
    const work = join(started.folder, "work");
    await mkdir(work);
    await writeFile(join(work, "a.txt"), "one\ntwo\nthree\n");

    const answer = await request(
      started,
      "fs/read_text_file",
      { path: join(work, "a.txt"), line: 2, limit: 1 },
      "read",
    );

    expect(answer.result).toEqual({ content: "two" });
  });

  it.each([
    ["above its folder", "../secret.txt"],
    ["behind a link", "link.txt"],
  ])("reads and writes no file %s", async (_, name) => {
    const started = start();
    const work = join(started.folder, "work");
    await mkdir(work);
    await writeFile(join(started.folder, "secret.txt"), "hush");
    await symlink(join(started.folder, "secret.txt"), join(work, "link.txt"));
    for (const method of ["fs/read_text_file", "fs/write_text_file"]) {
      const answer = await request(started, method, { path: join(work, name), content: "x" }, "write");

      expect(answer.error).toMatchObject({ code: -32602 });
    }
    expect(await readFile(join(started.folder, "secret.txt"), "utf8")).toBe("hush");
  });

  it("writes a new file in a new folder where it may write", async () => {
    const started = start();
    const path = join(started.folder, "work", "deep", "new.txt");

    await request(started, "fs/write_text_file", { path, content: "hello" }, "write");

    expect(await readFile(path, "utf8")).toBe("hello");
  });
});

describe("the configuration of an acp agent", () => {
  it.each([
    ["no folder", { command: "x" }],
    ["an MCP server without a way to it", { command: "x", cwd: ".", mcpServers: [{ name: "a" }] }],
    ["a question that does not say what it is about", { command: "x", cwd: ".", permissionQuestion: "May I?" }],
    ["a key that is none", { command: "x", cwd: ".", permission: "allow" }],
  ])("is wrong with %s", (_, config) => {
    expect(acpConfigSchema.safeParse({ type: "acp", ...config }).success).toBe(false);
  });
});
