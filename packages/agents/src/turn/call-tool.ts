import type { JsonObject, Turn } from "@wxgate/core";
import { fieldsOf } from "../json.ts";
import type { AgentPorts } from "../ports.ts";

export interface ToolResult {
  readonly text: string;
  readonly failed: boolean;
}

/** Calls a tool with arguments as a model wrote them. The model is told of a failure and may try another way. */
export async function callTool(
  { tools, log }: AgentPorts,
  turn: Turn,
  { name, args }: { readonly name: string; readonly args: string },
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

function parseArguments(args: string): JsonObject | undefined {
  if (args.trim() === "") return {};
  try {
    return fieldsOf(JSON.parse(args)) as JsonObject | undefined;
  } catch {
    return undefined;
  }
}
