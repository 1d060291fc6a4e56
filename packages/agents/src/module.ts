import {
  type Agent,
  type AgentEvent,
  AuthenticationError,
  ChannelError,
  type JsonObject,
  type Logger,
  ProtocolError,
  RejectedError,
  type SummaryRequest,
  TransientError,
  type Turn,
} from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "./agent-type.ts";
import { loadModule } from "./load-module.ts";
import { createEventReader } from "./parse-event.ts";
import type { AgentPorts } from "./ports.ts";
import { abortable } from "./transport/abortable.ts";

export const moduleConfigSchema = z.strictObject({
  type: z.literal("module").describe("One's own code in the gateway's process."),
  path: z
    .string()
    .min(1, "is empty; name the file that exports the agent")
    .describe(
      "A JavaScript or TypeScript file whose default export is an `Agent`, or a function that makes one. A relative path starts at the configuration file.",
    ),
  options: z.record(z.string(), z.json()).default({}).describe("Handed to that function as it is."),
});
export type ModuleAgentConfig = z.output<typeof moduleConfigSchema>;

/** What the function that a module exports is called with. */
export interface ModuleContext {
  /** The agent's configured name. */
  readonly name: string;
  readonly options: JsonObject;
  readonly ports: AgentPorts;
}
export type AgentFactory = (context: ModuleContext) => Agent | Promise<Agent>;

/** Loads the file anew when its content changed since it was last loaded in this process. */
export async function createModuleAgent(name: string, config: ModuleAgentConfig, ports: AgentPorts): Promise<Agent> {
  const label = `agent "${name}"`;
  const exported = await loadModule(label, config.path, ports.baseDir);
  const made =
    typeof exported === "function"
      ? await make(label, exported as AgentFactory, { name, options: config.options, ports })
      : exported;
  if (!isAgent(made)) {
    throw new AuthenticationError(`the module of ${label} has no agent as its default export`, {
      code: "agent.module-invalid",
      hint: "Export default an object with `async *respond(turn, signal)`, or a function that returns one.",
    });
  }
  const agent = made;
  const write = agent.summarize?.bind(agent);
  return {
    ...(agent.capabilities === undefined ? {} : { capabilities: agent.capabilities }),
    respond: (turn, signal) => guard(label, agent, ports.log, turn, signal),
    ...(write === undefined ? {} : { summarize: (request, signal) => summarize(label, write, request, signal) }),
    ...(agent.close === undefined ? {} : { close: async () => agent.close?.() }),
  };
}

export const moduleAgent: AgentType<typeof moduleConfigSchema> = {
  type: "module",
  schema: moduleConfigSchema,
  summarizes: true,
  create: createModuleAgent,
};

async function make(label: string, factory: AgentFactory, context: ModuleContext): Promise<unknown> {
  try {
    return await factory(context);
  } catch (cause) {
    throw new AuthenticationError(`the module of ${label} could not make its agent: ${wordsOf(cause)}`, {
      code: "agent.module-failed",
      cause,
    });
  }
}

function isAgent(value: unknown): value is Agent {
  return typeof value === "object" && value !== null && "respond" in value && typeof value.respond === "function";
}

/** Somebody else's code: its events are checked, its errors sorted, and it is left behind when it does not stop. */
async function* guard(
  label: string,
  agent: Agent,
  log: Logger,
  turn: Turn,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent> {
  const garbage = (problem: string) => new ProtocolError(`${label} answered ${problem}`, { code: "agent.garbage" });
  const reader = createEventReader(log, garbage);
  let events: AsyncIterator<unknown> | undefined;
  try {
    events = iterate(agent.respond(turn, signal), garbage);
    for (;;) {
      const next = await abortable(Promise.resolve(events.next()), signal);
      if (next.done === true) return reader.end();
      const event = reader.read(next.value);
      if (event !== undefined) yield event;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw sorted(label, error);
  } finally {
    leave(events);
  }
}

async function summarize(
  label: string,
  write: NonNullable<Agent["summarize"]>,
  request: SummaryRequest,
  signal: AbortSignal,
): Promise<string> {
  let summary: unknown;
  try {
    summary = await abortable(Promise.resolve(write(request, signal)), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw sorted(label, error);
  }
  if (typeof summary === "string") return summary;
  throw new ProtocolError(`${label} wrote a summary that is no text`, { code: "agent.garbage" });
}

function iterate(value: unknown, garbage: (problem: string) => Error): AsyncIterator<unknown> {
  const iterable = value as Partial<AsyncIterable<unknown>> | null | undefined;
  const iterator = iterable?.[Symbol.asyncIterator]?.();
  if (iterator === undefined)
    throw garbage("something that is no async iterable; write `async *respond(turn, signal)`");
  return iterator;
}

/** Not waited for: a generator that hangs in an `await` would never come back from `return`. */
function leave(events: AsyncIterator<unknown> | undefined): void {
  Promise.resolve(events?.return?.()).catch(() => {
    // The turn is over, and how the agent tidied up after it changes nothing.
  });
}

/** By name, since a module that brings its own copy of @wxgate/core has its own classes. */
function sorted(label: string, error: unknown): Error {
  if (error instanceof ChannelError) return error;
  const message = `${label} failed: ${wordsOf(error)}`;
  const { name, code, hint, until } = (error ?? {}) as Partial<TransientError>;
  const options = {
    code: typeof code === "string" ? code : "agent.failed",
    ...(typeof hint === "string" ? { hint } : {}),
    cause: error,
  };
  if (name === "RejectedError") return new RejectedError(message, options);
  if (name === "AuthenticationError") return new AuthenticationError(message, options);
  if (name === "ProtocolError") return new ProtocolError(message, options);
  return new TransientError(message, {
    ...options,
    ...(name === "TransientError" && until !== undefined ? { until } : {}),
  });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
