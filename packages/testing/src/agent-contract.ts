import { inspect } from "node:util";
import {
  type Agent,
  type AgentEvent,
  AuthenticationError,
  ChannelError,
  type Logger,
  RejectedError,
  TransientError,
} from "@wxgate/core";
import { afterEach, describe, expect, it } from "vitest";
import { collectAnswer, sampleTurn } from "./agent-turn.ts";

/** What the program behind the agent does when it is asked. */
export type BackendScript =
  /** Says `text` and ends well; the bytes leave in pieces of `pieceBytes`, in the middle of characters too. */
  | { readonly kind: "answer"; readonly text: string; readonly pieceBytes?: number }
  /** Begins with something of a kind that its protocol does not have yet, then says `text` and ends well. */
  | { readonly kind: "unknown"; readonly text: string }
  /** Ends well without a word for the person. */
  | { readonly kind: "silent" }
  /** Says `text` and ends well; its bytes leave in `pieces` pieces with `pauseMs` before each. */
  | { readonly kind: "slow"; readonly text: string; readonly pieces: number; readonly pauseMs: number }
  /** Says `text`, then nothing, and never ends; nobody stops the turn. */
  | { readonly kind: "stall"; readonly text: string }
  /** As `stall`, until the turn is stopped. */
  | { readonly kind: "hang"; readonly text: string }
  /** Says `text`, then the connection is cut. */
  | { readonly kind: "break"; readonly text: string }
  /** Says `text`, then in its own protocol that it failed because of `problem`. */
  | { readonly kind: "fail"; readonly text: string; readonly problem: string }
  /** Answers with what its protocol does not know. */
  | { readonly kind: "garbage" }
  /** Refuses with this HTTP status; `body` repeats the secret it was given. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    };

export interface BackendRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface RunningAgent {
  readonly agent: Agent;
  /** What the back-end was asked so far. */
  requests(): readonly BackendRequest[];
  close(): Promise<void>;
}

export interface AgentWorld {
  readonly log: Logger;
  /** Every credential of the agent. */
  readonly secret: string;
  /** The agent's limits, where it has some; empty: its own defaults. */
  readonly limits: { readonly idleTimeoutMs?: number };
}

export interface AgentContractOptions {
  /** An agent and the back-end that plays `script`. */
  start(script: BackendScript, world: AgentWorld): Promise<RunningAgent>;
  /** The scripts that make sense for an agent without a server; all when absent. */
  readonly plays?: readonly BackendScript["kind"][];
  /** Where a back-end behind a connection finds the id that is the same on every attempt. */
  turnIdIn?(request: BackendRequest): string | undefined;
  /** 401, 403 and 404 end the turn instead of waiting for the operator. */
  readonly refusalIsFinal?: boolean;
}

const SAID = "你好 👩‍👩‍👧‍👦 — naïve café, 🇨🇳 \u{20000}";
const LONG = "\u{957F}".repeat(35_000);
const SECRET = "canary-9f8e7d6c5b4a";
/** Generous for a busy machine, far below every time-out of an agent. */
const PROMPTLY_MS = 2_000;
/** A slow answer takes longer as a whole, and each of its pieces less by so much that a busy machine is no silence. */
const IDLE_MS = 1_500;

interface World {
  start(script: BackendScript): Promise<RunningAgent>;
  readonly logged: readonly string[];
  readonly options: AgentContractOptions;
}
interface ContractTest {
  readonly plays: BackendScript["kind"];
  readonly title: string;
  run(world: World): Promise<void>;
}

/** What every agent must do. Each test starts an agent of its own. */
export function agentContract(name: string, options: AgentContractOptions): void {
  describe(`${name} as an agent`, () => {
    const running: RunningAgent[] = [];
    const logged: string[] = [];
    const world: World = {
      options,
      logged,
      async start(script) {
        const limits = script.kind === "slow" || script.kind === "stall" ? { idleTimeoutMs: IDLE_MS } : {};
        const started = await options.start(script, { log: recordingLog(logged), secret: SECRET, limits });
        running.push(started);
        return started;
      },
    };

    afterEach(async () => {
      logged.length = 0;
      await Promise.all(running.splice(0).map((each) => each.close()));
    });

    const meant = [...ANSWERS, ...FAILURES, ...REFUSALS, ...(options.turnIdIn === undefined ? [] : IDENTITY)];
    for (const { plays, title, run } of meant) {
      if (options.plays?.includes(plays) ?? true) it(title, () => run(world));
    }
  });
}

const ANSWERS: readonly ContractTest[] = [
  {
    plays: "answer",
    title: "answers a text",
    async run({ start }) {
      const { agent } = await start({ kind: "answer", text: SAID });

      const { text, error } = await collectAnswer(agent.respond(sampleTurn({ text: SAID }), never()));

      expect(error).toBeUndefined();
      expect(text).toContain(SAID);
    },
  },
  {
    plays: "answer",
    title: "keeps every character whole when bytes arrive one by one",
    async run({ start }) {
      const { agent } = await start({ kind: "answer", text: SAID, pieceBytes: 1 });

      const { text } = await collectAnswer(agent.respond(sampleTurn({ text: SAID }), never()));

      expect(text).toContain(SAID);
      expect(text).not.toContain("\uFFFD");
    },
  },
  {
    plays: "answer",
    title: "answers many turns at a time",
    async run({ start }) {
      const { agent } = await start({ kind: "answer", text: SAID });
      const turns = Array.from({ length: 8 }, (_, index) =>
        sampleTurn({ text: SAID, id: `trn_${index}`, session: `ses_${index}` }),
      );

      const answers = await Promise.all(turns.map((turn) => collectAnswer(agent.respond(turn, never()))));

      expect(answers.map(({ error }) => error)).toEqual(turns.map(() => undefined));
      for (const { text } of answers) expect(text).toContain(SAID);
    },
  },
  {
    plays: "answer",
    title: "says nothing when the turn was stopped before it began",
    async run({ start }) {
      const { agent } = await start({ kind: "answer", text: SAID });

      const { events } = await collectAnswer(agent.respond(sampleTurn({ text: SAID }), AbortSignal.abort()));

      expect(events).toEqual([]);
    },
  },
  {
    plays: "answer",
    title: "takes 100 KB in one piece",
    async run({ start }) {
      const { agent } = await start({ kind: "answer", text: LONG });

      const { text } = await collectAnswer(agent.respond(sampleTurn({ text: LONG }), never()));

      expect(text.endsWith(LONG)).toBe(true);
    },
  },
  {
    plays: "slow",
    title: "waits for an answer whose bytes come slowly",
    async run({ start }) {
      const { agent } = await start({ kind: "slow", text: SAID, pieces: 20, pauseMs: IDLE_MS / 15 });

      const { text, error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeUndefined();
      expect(text).toBe(SAID);
    },
  },
  {
    plays: "unknown",
    title: "passes over what the protocol may have one day",
    async run({ start }) {
      const { agent } = await start({ kind: "unknown", text: SAID });

      const { text, error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeUndefined();
      expect(text).toBe(SAID);
    },
  },
  {
    plays: "silent",
    title: "yields nothing the person could see when there is no answer",
    async run({ start }) {
      const { agent } = await start({ kind: "silent" });

      const { events, error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeUndefined();
      expect(events.filter(isVisible)).toEqual([]);
    },
  },
  {
    plays: "hang",
    title: "ends promptly when the turn is stopped in the middle of an answer",
    async run({ start }) {
      const { agent } = await start({ kind: "hang", text: "so far" });
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 100);
      const begun = Date.now();

      await collectAnswer(agent.respond(sampleTurn({}), stop.signal));

      expect(stop.signal.aborted).toBe(true);
      expect(Date.now() - begun).toBeLessThan(PROMPTLY_MS);
    },
  },
];

const FAILURES: readonly ContractTest[] = [
  {
    plays: "stall",
    title: "asks to be tried again when the back-end is silent for too long",
    async run({ start }) {
      const { agent } = await start({ kind: "stall", text: "so far" });

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toMatchObject({ name: "TransientError", code: "agent.timeout" });
    },
  },
  {
    plays: "break",
    title: "asks to be tried again when the answer breaks off",
    async run({ start }) {
      const { agent } = await start({ kind: "break", text: "half of it" });

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(TransientError);
    },
  },
  {
    plays: "fail",
    title: "asks to be tried again when the back-end fails in the middle of its answer",
    async run({ start }) {
      const { agent } = await start({ kind: "fail", text: "half of it", problem: "worker died" });

      const { text, error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(TransientError);
      expect(text).not.toContain("worker died");
    },
  },
  {
    plays: "garbage",
    title: "reports garbage as an error and never shows it",
    async run({ start }) {
      const { agent } = await start({ kind: "garbage" });

      const { error, events } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(ChannelError);
      expect(error).not.toBeInstanceOf(AuthenticationError);
      expect(events.filter(isVisible)).toEqual([]);
    },
  },
];

const REFUSALS: readonly ContractTest[] = [
  {
    plays: "status",
    title: "waits as long as the back-end asks for",
    async run({ start }) {
      const { agent } = await start(status(429, { "retry-after": "120" }));

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(TransientError);
      const { until } = error as TransientError;
      const waitMs = typeof until === "string" ? 0 : (until.at?.getTime() ?? 0) - Date.now();
      expect(waitMs).toBeGreaterThan(110_000);
      expect(waitMs).toBeLessThan(130_000);
    },
  },
  ...[500, 502, 503].map((code) => ({
    plays: "status" as const,
    title: `asks to be tried again after status ${code}`,
    async run({ start }: World) {
      const { agent } = await start(status(code));

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(TransientError);
    },
  })),
  {
    plays: "status",
    title: "gives up on what the back-end calls wrong",
    async run({ start }) {
      const { agent } = await start(status(422));

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(RejectedError);
    },
  },
  ...[401, 403].map((code) => ({
    plays: "status" as const,
    title: `tells the operator which key to check after status ${code}`,
    async run({ start, options }: World) {
      const { agent } = await start(status(code));

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(options.refusalIsFinal === true ? RejectedError : AuthenticationError);
      expect((error as ChannelError).hint).toMatch(/^Check /);
    },
  })),
  {
    plays: "status",
    title: "tells the operator which address to check after status 404",
    async run({ start, options }) {
      const { agent } = await start(status(404));

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(options.refusalIsFinal === true ? RejectedError : AuthenticationError);
      expect((error as ChannelError).hint).toMatch(/^Check .* https?:/);
      expect((error as ChannelError).hint).not.toContain(SECRET);
    },
  },
  {
    plays: "status",
    title: "names no secret in an error or a log line, whatever the back-end says",
    async run({ start, logged }) {
      const scripts: BackendScript[] = [
        status(400),
        status(401),
        status(500),
        { kind: "fail", text: "", problem: `worker died, key ${SECRET}` },
        { kind: "garbage" },
        { kind: "break", text: "" },
      ];

      for (const script of scripts) {
        const { agent } = await start(script);
        const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

        expect(error, script.kind).toBeInstanceOf(Error);
        expect(inspect(error, { depth: 12, showHidden: true }), script.kind).not.toContain(SECRET);
      }
      expect(logged.join("\n")).not.toContain(SECRET);
    },
  },
];

const IDENTITY: readonly ContractTest[] = [
  {
    plays: "answer",
    title: "hands on the same turn id on every attempt, and another for another turn",
    async run({ start, options }) {
      const { agent, requests } = await start({ kind: "answer", text: SAID });

      for (const [id, attempt] of [["trn_one", 1] as const, ["trn_one", 2] as const, ["trn_two", 1] as const]) {
        await collectAnswer(agent.respond(sampleTurn({ id, attempt }), never()));
      }

      const ids = requests().map((request) => options.turnIdIn?.(request));
      expect(ids.filter((id) => id !== undefined)).toEqual(["trn_one", "trn_one", "trn_two"]);
    },
  },
];

function status(code: number, headers: Readonly<Record<string, string>> = {}): BackendScript {
  const body = JSON.stringify({ error: { message: `refused, you sent ${SECRET}` } });
  return { kind: "status", status: code, headers, body };
}

function isVisible(event: AgentEvent): boolean {
  if (event.kind === "text-delta" || event.kind === "text-replace") return event.text !== "";
  return event.kind === "content";
}

function never(): AbortSignal {
  return new AbortController().signal;
}

function recordingLog(lines: string[]): Logger {
  const record = (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push(`${message} ${inspect(fields, { depth: 12, showHidden: true })}`);
  };
  const log: Logger = { child: () => log, debug: record, info: record, warn: record, error: record };
  return log;
}
