import { type AgentEvent, type Answer, RejectedError, TransientError, type Turn } from "@wxgate/core";
import { countIn, type Fields, fieldsOf } from "../json.ts";
import type { AgentPorts } from "../ports.ts";
import type { Failures } from "../transport/failures.ts";
import type { Redact } from "../transport/redact.ts";
import { createWatchdog } from "../transport/watchdog.ts";
import { filteredOut } from "../turn/filtered.ts";
import type { AcpAgentConfig } from "./acp.ts";
import { type Connection, refusalOf, type SessionListener } from "./connection.ts";
import { createEventQueue, type EventQueue } from "./event-queue.ts";
import {
  CANCELLED,
  type PermissionRequest,
  type PermissionResult,
  questionFor,
  readPermission,
  resultFor,
  resultOf,
} from "./permission.ts";
import { type Block, promptOf, text } from "./prompt.ts";
import { RPC, RpcError } from "./rpc.ts";
import { keepSession, openSession } from "./session.ts";
import { createUpdateReader, type UpdateReader } from "./updates.ts";

export interface Conversing {
  readonly label: string;
  readonly connection: Connection;
  readonly turn: Turn;
  readonly config: AcpAgentConfig;
  readonly ports: AgentPorts;
  readonly failures: Failures;
  readonly redact: Redact;
  readonly signal: AbortSignal;
}

/** One turn in the agent's session: what was said, then what the person answered beside the point. */
export async function* converse(of: Conversing): AsyncGenerator<AgentEvent> {
  const { connection, turn, config, ports, failures, signal } = of;
  const { mcpServers } = config;
  const session = await openSession(connection, turn, { mcpServers, ports, failures });
  signal.throwIfAborted();
  const takes = connection.can.prompt;
  let blocks = await promptOf(turn, { isFresh: session.isFresh, takes }, config, ports, signal);
  await keepSession(ports, turn, session.id);
  const reader = createUpdateReader(config.showReasoning);
  for (;;) {
    const words: string[] = [];
    yield* prompt(of, session.id, blocks, reader, words);
    if (words.length === 0) return;
    blocks = words.map(text);
    reader.pause();
  }
}

async function* prompt(
  of: Conversing,
  session: string,
  blocks: readonly Block[],
  reader: UpdateReader,
  words: string[],
): AsyncGenerator<AgentEvent> {
  const { connection, config, ports, failures, signal } = of;
  const queue = createEventQueue();
  const over = new AbortController();
  const dog = createWatchdog(ports.clock, config.idleTimeoutMs, over.signal, () =>
    queue.fail(failures.timedOut(config.idleTimeoutMs, "was silent")),
  );
  const listener = listen(of, { queue, reader, words, dog, over: over.signal });
  connection.listeners.set(session, listener);
  const stop = () => queue.fail(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();

  let answer: unknown;
  let ended = false;
  dog.arm();
  const prompted = connection.rpc.request("session/prompt", { sessionId: session, prompt: blocks }).then(
    (result) => {
      ended = true;
      answer = result;
      queue.end();
    },
    (error: unknown) => {
      ended = true;
      if (error instanceof RpcError && error.code === RPC.notFound) connection.sessions.delete(session);
      queue.fail(refusalOf(error, of));
    },
  );
  let spoke = false;
  try {
    for await (const event of queue) {
      spoke ||= event.kind === "text-delta";
      yield event;
    }
    yield* endOf(of, fieldsOf(answer), spoke);
  } finally {
    over.abort();
    signal.removeEventListener("abort", stop);
    connection.listeners.delete(session);
    if (!ended) {
      connection.rpc.notify("session/cancel", { sessionId: session });
      connection.leftBehind.set(session, prompted);
    }
  }
}

/** Why the agent stopped; only some of it is an end. */
function* endOf(
  { turn, label, ports, failures }: Conversing,
  answer: Fields | undefined,
  spoke: boolean,
): Generator<AgentEvent> {
  const usage = fieldsOf(answer?.usage);
  const [inputTokens, outputTokens] = [countIn(usage?.inputTokens), countIn(usage?.outputTokens)];
  if (inputTokens !== undefined && outputTokens !== undefined) yield { kind: "usage", inputTokens, outputTokens };
  switch (answer?.stopReason) {
    case "end_turn":
      return;
    case "max_tokens":
    case "max_turn_requests":
      ports.log.warn({ turn: turn.id, reason: answer.stopReason }, "the agent stopped at a limit of its own");
      if (spoke) return;
      throw new RejectedError(`${label} stopped at a limit of its own (${answer.stopReason}) before it said anything`, {
        code: "agent.limit",
        hint: "Raise the limit in the agent's own settings.",
      });
    case "refusal":
      if (spoke) return;
      throw filteredOut(turn);
    case "cancelled":
      throw new TransientError(`${label} was stopped by somebody else`, { code: "agent.cancelled" });
    default:
      throw failures.garbage("session/prompt without a reason why it stopped");
  }
}

interface Listening {
  readonly queue: EventQueue;
  readonly reader: UpdateReader;
  /** What the person said instead of an answer. */
  readonly words: string[];
  readonly dog: { arm(): void; disarm(): void };
  /** The prompt is over: what is still asked is answered "cancelled". */
  readonly over: AbortSignal;
}

function listen(of: Conversing, { queue, reader, words, dog, over }: Listening): SessionListener {
  const { config, turn, ports } = of;
  let open = 0;

  const timeoutMs = config.permissionTimeoutMs;

  /** What somebody answers to the event; undefined when the prompt ended before. Their thinking is no silence. */
  async function hear<T>(eventFor: (answer: (value: T) => void) => AgentEvent): Promise<T | undefined> {
    open += 1;
    dog.disarm();
    const answer = await new Promise<T | undefined>((resolve) => {
      over.addEventListener("abort", () => resolve(undefined), { once: true });
      queue.push(eventFor(resolve));
    });
    open -= 1;
    if (answer !== undefined && open === 0) dog.arm();
    return answer;
  }

  async function askPerson(request: PermissionRequest): Promise<PermissionResult> {
    const menu = questionFor(request, turn.id, config.permissionQuestion);
    const answer = await hear<Answer>((resolve) => ({
      kind: "ask",
      question: { content: menu, timeoutMs, answer: resolve },
    }));
    if (answer === undefined) return CANCELLED;
    const { result, words: said } = resultFor(request, menu, answer);
    if (said !== undefined) words.push(said);
    return result;
  }

  async function askOperator(request: PermissionRequest): Promise<PermissionResult> {
    const { action, fingerprint } = request;
    const granted = await hear<boolean>((decide) => ({
      kind: "permission",
      permission: { action, fingerprint, timeoutMs, decide },
    }));
    return granted === undefined ? CANCELLED : resultOf(request, granted);
  }

  function decide(request: PermissionRequest): Promise<PermissionResult> {
    switch (config.permissions) {
      case "ask-person":
        return askPerson(request);
      case "ask-operator":
        return askOperator(request);
      default:
        return Promise.resolve(resultOf(request, config.permissions === "allow"));
    }
  }

  return {
    update(update) {
      if (open === 0) dog.arm();
      for (const event of reader.read(update)) queue.push(event);
    },
    async permission(params) {
      const request = readPermission(params, reader.tool(String(fieldsOf(params.toolCall)?.toolCallId)));
      if (request.options.length === 0 || over.aborted) return CANCELLED;
      const result = await decide(request);
      const { permissions: by } = config;
      ports.log.info({ turn: turn.id, by, outcome: result.outcome }, "a permission was decided on");
      return result;
    },
  };
}
