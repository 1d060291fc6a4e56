import { type Agent, type AgentEvent, ChannelError, RejectedError, type Turn } from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "../agent-type.ts";
import { address, bearerToken, fileSizes, headers, patience } from "../config.ts";
import { fieldsOf, textIn } from "../json.ts";
import type { AgentPorts } from "../ports.ts";
import { type Failures, isNotFound } from "../transport/failures.ts";
import { exchangeFor, tellToStop } from "../transport/for-agent.ts";
import { readReply } from "../transport/read-reply.ts";
import type { AskedWith } from "../turn/asked.ts";
import { type Part, turnParts } from "../turn/parts.ts";
import { createUnknownKinds } from "../turn/unknown-kinds.ts";
import { type Endpoint, findEndpoint } from "./card.ts";
import { createTaskReader, type TaskReader } from "./read-task.ts";
import { type A2aResult, METHODS, type MessageContext, parseResult, userMessage } from "./wire.ts";

export const a2aConfigSchema = z.strictObject({
  type: z.literal("a2a").describe("An agent that speaks A2A over JSON-RPC."),
  url: address.describe("The agent's address; its agent card is looked for below it."),
  token: bearerToken,
  headers,
  files: z
    .boolean()
    .default(true)
    .describe("true: files go along with the message. false: the agent only hears of them."),
  ...fileSizes({ usual: 10_000_000, most: 50_000_000 }),
  pollMs: z
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(1_000)
    .describe("How often a task is asked after, in milliseconds, where the server does not stream."),
  ...patience,
});
export type A2aAgentConfig = z.output<typeof a2aConfigSchema>;

const KEPT_MS = 90 * 24 * 3_600_000;
const TASK_NOT_FOUND = -32001;
const UNSUPPORTED = [-32004, -32601];
/** The request is wrong, and will be the next time. */
const WRONG = [-32600, -32601, -32602, -32005];
/** Servers that answer these with an error status mean the same. */
const UNDERSTOOD = [TASK_NOT_FOUND, ...UNSUPPORTED, ...WRONG];

/** An agent that speaks A2A over JSON-RPC, 1.0 or 0.3. It remembers by context, and a question of a task is answered in it. */
export function createA2aAgent(name: string, config: A2aAgentConfig, ports: AgentPorts): Agent {
  const exchange = exchangeFor(name, config, ports, {
    address: config.url,
    secrets: [config.token],
    keys: "token",
    place: "url",
    problemIn: (body, failures) => {
      const { error } = fieldsOf(body) ?? {};
      return UNDERSTOOD.includes(codeOf(error)) ? rpcFailure(error, failures) : undefined;
    },
  });
  let endpoint: Endpoint | undefined;
  return {
    capabilities: { history: true },
    async *respond(turn, signal) {
      endpoint ??= await findEndpoint(exchange, config.url, authorized(config), signal);
      try {
        yield* answer({ name, config, ports, exchange, endpoint, turn, signal });
      } catch (error) {
        // The card may have been another, or not there yet.
        endpoint = undefined;
        throw error;
      }
    },
  };
}

export const a2aAgent: AgentType<typeof a2aConfigSchema> = {
  type: "a2a",
  schema: a2aConfigSchema,
  create: createA2aAgent,
};

interface Asked extends AskedWith<A2aAgentConfig> {
  readonly name: string;
  readonly endpoint: Endpoint;
}

async function* answer(asked: Asked): AsyncGenerator<AgentEvent> {
  const { name, config, ports, exchange, turn, signal } = asked;
  const { textFileBytes, fileBytes } = config;
  const parts = await turnParts(turn, { ports, takes: () => config.files, textFileBytes, fileBytes }, signal);
  const reader = createTaskReader(exchange.failures, `agent "${name}"`);
  try {
    for await (const result of conversation(asked, parts)) {
      yield* reader.take(result);
      if (reader.over()) break;
    }
    for (; !reader.over() && reader.task !== undefined; ) {
      await ports.clock.sleep(config.pollMs, signal);
      for await (const result of lookAfter(asked, reader.task)) yield* reader.take(result);
    }
    if (!reader.over()) throw exchange.failures.brokenOff();
    await remember(asked, reader);
  } finally {
    if (signal.aborted && reader.task !== undefined) void stop(asked, reader.task);
  }
}

/** A context or task that the server no longer has, or that takes no more messages, is begun anew. */
async function* conversation(asked: Asked, parts: readonly Part[]): AsyncGenerator<A2aResult> {
  const { ports, turn } = asked;
  const known = await recall(asked);
  let began = false;
  try {
    for await (const result of speak(asked, parts, known)) {
      began = true;
      yield result;
    }
  } catch (error) {
    const left = began ? undefined : whatIsLeft(known, error);
    if (left === undefined) throw error;
    let isFirst = true;
    for await (const result of speak(asked, parts, left)) {
      // Where the address is wrong nothing comes, and nothing is forgotten.
      if (isFirst) {
        isFirst = false;
        ports.log.warn(
          { turn: turn.id, session: turn.session },
          "the agent forgot this conversation; a new one is begun",
        );
        await ports.state.delete(keyOf(turn));
      }
      yield result;
    }
  }
}

/** Of the context, after the server refused it with `error`; undefined: the context is not why. */
function whatIsLeft({ contextId, taskId }: MessageContext, error: unknown): MessageContext | undefined {
  if (contextId === undefined) return undefined;
  if (isLost(error)) return {};
  const mayBeOver = taskId !== undefined && error instanceof RejectedError;
  return mayBeOver ? { contextId } : undefined;
}

function isLost(error: unknown): boolean {
  return isNotFound(error) || (error instanceof ChannelError && error.platformCode === TASK_NOT_FOUND);
}

/** A task that the server lost meanwhile gave no answer: the turn is asked again, and begins another. */
async function* lookAfter(asked: Asked, task: string): AsyncGenerator<A2aResult> {
  try {
    yield* call(asked, "get", { id: task });
  } catch (error) {
    throw isLost(error) ? asked.exchange.failures.brokenOff(error) : error;
  }
}

/** Streams where the server can. */
async function* speak(asked: Asked, parts: readonly Part[], context: MessageContext): AsyncGenerator<A2aResult> {
  const { endpoint, turn } = asked;
  const params = { message: userMessage(endpoint.version, turn, parts, context) };
  if (endpoint.streaming) {
    try {
      yield* call(asked, "stream", params);
      return;
    } catch (error) {
      const other = error instanceof ChannelError && UNSUPPORTED.includes(error.platformCode ?? 0);
      if (!other) throw error;
    }
  }
  yield* call(asked, "send", params);
}

async function* call(
  { config, exchange, endpoint, turn, signal }: Asked,
  method: keyof (typeof METHODS)["1.0"],
  params: object,
): AsyncGenerator<A2aResult> {
  const { failures, log } = exchange;
  const unknown = createUnknownKinds(log, failures.garbage);
  const reply = await exchange.send(
    {
      method: "POST",
      url: endpoint.url,
      headers: {
        ...authorized(config),
        "content-type": "application/json",
        accept: "text/event-stream, application/json",
        "a2a-version": endpoint.version,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: turn.id, method: METHODS[endpoint.version][method], params }),
    },
    signal,
  );
  for await (const { value, streamed } of readReply(reply, failures)) {
    const { error, result } = fieldsOf(value) ?? {};
    if (error !== undefined && error !== null) throw rpcFailure(error, failures);
    const parsed = parseResult(result);
    if (parsed !== undefined) {
      unknown.known();
      yield parsed;
    } else if (streamed) unknown.pass(kindOf(result));
    else throw failures.garbage("a result that is no message, task or update");
  }
  unknown.end();
}

/** 1.0 names a result by its only key, what came before it by `kind`. */
function kindOf(result: unknown): string {
  const fields = fieldsOf(result) ?? {};
  return textIn(fields.kind) ?? Object.keys(fields)[0] ?? "";
}

function rpcFailure(error: unknown, failures: Failures): ChannelError {
  const code = codeOf(error);
  const said = textIn(fieldsOf(error)?.message) ?? "";
  return UNDERSTOOD.includes(code) ? failures.rejected(said, code) : failures.reported(`${said} (${code})`);
}

function codeOf(error: unknown): number {
  return Number(fieldsOf(error)?.code ?? 0);
}

async function recall({ ports, turn }: Asked): Promise<MessageContext> {
  const stored = fieldsOf(await ports.state.get(keyOf(turn)));
  const contextId = textIn(stored?.contextId);
  const taskId = textIn(stored?.taskId);
  return { ...(contextId === undefined ? {} : { contextId }), ...(taskId === undefined ? {} : { taskId }) };
}

/** The task only while it waits for an answer: one that ended takes no more messages. */
async function remember({ ports, turn }: Asked, { contextId, task, waiting }: TaskReader): Promise<void> {
  if (contextId === undefined) return;
  const value = { contextId, ...(waiting && task !== undefined ? { taskId: task } : {}) };
  await ports.state.set(keyOf(turn), value, { ttlMs: KEPT_MS });
}

function stop(asked: Asked, task: string): Promise<void> {
  return tellToStop(asked.ports, asked.turn.id, async (signal) => {
    for await (const _ of call({ ...asked, signal }, "cancel", { id: task })) break;
  });
}

function authorized({ token, headers: more }: A2aAgentConfig): Record<string, string> {
  return token === undefined ? { ...more } : { ...more, authorization: `Bearer ${token}` };
}

function keyOf({ session }: Turn): string {
  return `context/${session}`;
}
