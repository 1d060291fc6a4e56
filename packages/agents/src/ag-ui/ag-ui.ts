import { type Agent, type AgentEvent, type JsonValue, type Turn, textOf } from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "../agent-type.ts";
import {
  address,
  bearerToken,
  channelGuide,
  fileSizes,
  headers,
  historyTokens,
  patience,
  showReasoning,
  toolLoop,
} from "../config.ts";
import { memoryCapabilities, memorySchema, memoryTokens } from "../memory.ts";
import type { AgentPorts, AgentTool } from "../ports.ts";
import type { Answer } from "../transport/exchange.ts";
import { exchangeFor } from "../transport/for-agent.ts";
import type { AskedWith } from "../turn/asked.ts";
import { callTool } from "../turn/call-tool.ts";
import { parseInterrupts, questionOf, type ResumeEntry, resumeWith } from "./interrupts.ts";
import { type RunCall, type RunEnd, readRun } from "./read-run.ts";
import { callMessages, runContext, runMessages, runTools } from "./run-input.ts";

export const agUiConfigSchema = z.strictObject({
  type: z.literal("ag-ui").describe("An agent that speaks AG-UI."),
  url: address.describe("Where the agent takes its runs, by POST."),
  token: bearerToken,
  headers,
  memory: z
    .union([z.boolean(), memorySchema])
    .default(false)
    .describe(
      "true: the agent remembers the thread itself. Otherwise what was said is sent with every run; a mapping says what becomes of a session that grows too long.",
    ),
  historyTokens,
  forwardedProps: z
    .record(z.string(), z.json())
    .default({})
    .describe("Handed to the agent with every run, as its `forwardedProps`."),
  files: z
    .boolean()
    .default(true)
    .describe("true: files go along with the message. false: the agent only hears of them."),
  ...fileSizes({ usual: 10_000_000, most: 50_000_000 }),
  showReasoning,
  channelGuide,
  ...toolLoop,
  ...patience,
});
export type AgUiAgentConfig = z.output<typeof agUiConfigSchema>;

/** What the agent left in the session is kept so long after the last turn. */
const KEPT_MS = 90 * 24 * 3_600_000;
const LARGEST_STATE_CHARACTERS = 256 * 1024;

/** An agent that speaks AG-UI: state and tools, and questions in the middle that the person's next message answers. */
export function createAgUiAgent(name: string, config: AgUiAgentConfig, ports: AgentPorts): Agent {
  const exchange = exchangeFor(name, config, ports, {
    address: config.url,
    secrets: [config.token],
    keys: "token",
    place: "url",
  });
  return {
    capabilities: memoryCapabilities(config),
    respond: (turn, signal) => answer({ config, ports, exchange, turn, signal }),
  };
}

export const agUiAgent: AgentType<typeof agUiConfigSchema> = {
  type: "ag-ui",
  schema: agUiConfigSchema,
  create: createAgUiAgent,
};

type Asked = AskedWith<AgUiAgentConfig>;

interface Run {
  readonly id: string;
  readonly parent?: string;
  readonly messages: readonly object[];
  readonly tools: readonly AgentTool[];
  readonly state: JsonValue;
  readonly resume?: readonly ResumeEntry[];
}

async function* answer(asked: Asked): AsyncGenerator<AgentEvent> {
  const { config, ports, exchange, turn, signal } = asked;
  const tools = config.tools ? ((await ports.tools?.list(turn, signal)) ?? []) : [];
  let run = await firstRun(asked, tools);

  for (let round = 1; ; round += 1) {
    let end: RunEnd | undefined;
    for await (const item of readRun(await post(asked, run), exchange.failures, { ...config, state: run.state })) {
      if (item.kind === "event") yield item.event;
      else end = item;
    }
    if (end === undefined) throw exchange.failures.brokenOff();
    await keep(asked, end);
    for (const interrupt of end.interrupts) yield { kind: "content", content: questionOf(interrupt) };
    const ours = end.calls.filter(({ name }) => run.tools.some((tool) => tool.name === name));
    if (end.interrupts.length > 0 || ours.length === 0) return;
    const results = yield* callAll(asked, ours);
    run = {
      id: `${turn.id}-${round + 1}`,
      parent: run.id,
      messages: [...run.messages, ...callMessages(run.id, end.text, ours, results)],
      tools: round < config.maxToolRounds ? tools : [],
      state: (end.state ?? {}) as JsonValue,
    };
  }
}

/** Goes on where the agent asked something, if it did; an answer that fits is no message of its own. */
async function firstRun({ config, ports, turn, signal }: Asked, tools: readonly AgentTool[]): Promise<Run> {
  const state = (await ports.state.get(stateKey(turn))) ?? {};
  const open = parseInterrupts(await ports.state.get(interruptsKey(turn)));
  const { before, now } = await runMessages(turn, { ...config, historyTokens: memoryTokens(config) }, ports, signal);
  const run = { id: turn.id, tools, state };
  if (open.length === 0) return { ...run, messages: [...before, now] };
  const said = turn.messages.map(({ content }) => textOf(content)).join("\n");
  const resume = resumeWith(open, said, ports.clock.now());
  const answered = resume.every(({ status }) => status === "resolved");
  return { ...run, resume, messages: answered ? before : [...before, now] };
}

function post({ config, exchange, turn, signal }: Asked, run: Run): Promise<Answer> {
  const body = {
    threadId: turn.session,
    runId: run.id,
    ...(run.parent === undefined ? {} : { parentRunId: run.parent }),
    state: run.state,
    messages: run.messages,
    tools: runTools(run.tools),
    context: runContext(turn, config.channelGuide),
    forwardedProps: config.forwardedProps,
    ...(run.resume === undefined ? {} : { resume: run.resume }),
  };
  return exchange.send(
    {
      method: "POST",
      url: new URL(config.url),
      headers: {
        ...config.headers,
        ...(config.token === undefined ? {} : { authorization: `Bearer ${config.token}` }),
        "content-type": "application/json",
        accept: "text/event-stream",
      },
      body: JSON.stringify(body),
    },
    signal,
  );
}

async function* callAll(
  { ports, turn, signal }: Asked,
  calls: readonly RunCall[],
): AsyncGenerator<AgentEvent, readonly string[]> {
  const results: string[] = [];
  for (const call of calls) {
    const { text, failed } = await callTool(ports, turn, call, signal);
    results.push(text);
    yield { kind: "tool", name: call.name, state: failed ? "failed" : "finished" };
  }
  return results;
}

/** Only of a run that ended well: one that is asked again begins where the last good one ended. */
async function keep({ ports, turn }: Asked, { state, interrupts }: RunEnd): Promise<void> {
  if (interrupts.length === 0) await ports.state.delete(interruptsKey(turn));
  else await ports.state.set(interruptsKey(turn), JSON.parse(JSON.stringify(interrupts)), { ttlMs: KEPT_MS });
  if (state === undefined) return;
  if (JSON.stringify(state).length > LARGEST_STATE_CHARACTERS) {
    ports.log.warn({ turn: turn.id, session: turn.session }, "the agent's state is too large to be kept");
    return;
  }
  await ports.state.set(stateKey(turn), state as JsonValue, { ttlMs: KEPT_MS });
}

function stateKey({ session }: Turn): string {
  return `state/${session}`;
}

function interruptsKey({ session }: Turn): string {
  return `interrupts/${session}`;
}
