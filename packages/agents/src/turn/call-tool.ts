import type { AgentEvent, JsonObject, Turn } from "@wxgate/core";
import { fieldsOf } from "../json.ts";
import type { AgentPorts } from "../ports.ts";

interface Call {
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly args: string;
}

interface ToolResult {
  readonly text: string;
  readonly failed: boolean;
}

/** Calls a tool with arguments as a model wrote them. The model is told of a failure and may try another way. */
export async function callTool(
  { tools, log }: AgentPorts,
  turn: Turn,
  { name, args }: Call,
  signal: AbortSignal,
): Promise<ToolResult> {
  const parsed = parseArguments(args);
  if (parsed === undefined) return { text: "Failed: the arguments are no JSON object.", failed: true };
  if (tools === undefined) return { text: "Failed: there are no tools.", failed: true };
  try {
    return { text: await tools.call(turn, name, parsed, signal), failed: false };
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ turn: turn.id, tool: name, err: error }, "a tool failed");
    return { text: `Failed: ${error instanceof Error ? error.message : String(error)}`, failed: true };
  }
}

/** Calls one tool after the other and says so; returns what the model is told of each. */
export async function* callTools(
  ports: AgentPorts,
  turn: Turn,
  calls: readonly Call[],
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, readonly string[]> {
  const results: string[] = [];
  for (const call of calls) {
    yield { kind: "tool", name: call.name, state: "started" };
    const { text, failed } = await callTool(ports, turn, call, signal);
    results.push(text);
    yield { kind: "tool", name: call.name, state: failed ? "failed" : "finished" };
  }
  return results;
}

function parseArguments(args: string): JsonObject | undefined {
  if (args.trim() === "") return {};
  try {
    return fieldsOf(JSON.parse(args)) as JsonObject | undefined;
  } catch {
    return undefined;
  }
}
