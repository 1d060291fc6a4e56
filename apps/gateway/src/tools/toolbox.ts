import { ChannelError, type JsonObject, type Logger, RejectedError } from "@wxgate/core";
import { z } from "zod";
import { skillsFor } from "./skill-tools.ts";
import type { Skill } from "./skills.ts";
import type { Caller, GatewayTool, ToolCall } from "./tool.ts";

export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  readonly readOnly: boolean;
  /** JSON Schema of the arguments, without `$schema`. */
  readonly parameters: JsonObject & { readonly type: "object" };
}

export interface ToolOutcome {
  /** JSON, or the words of a failure. */
  readonly text: string;
  readonly failed: boolean;
}

export interface Tools {
  readonly tools: readonly GatewayTool[];
  readonly skills: readonly Skill[];
}

/** All tools, for whoever serves them. */
export interface Toolbox {
  list(caller: Caller): Promise<readonly ToolDescription[]>;
  /** Those that are of use with the caller's tools. */
  skills(caller: Caller): Promise<readonly Skill[]>;
  /** Never throws but the signal's reason: a model reads what went wrong and may try another way. */
  call(name: string, args: unknown, call: ToolCall): Promise<ToolOutcome>;
}

/** @param load makes the tools when somebody first asks for them: many gateways serve no agent that has any. */
export function createToolbox(load: () => Promise<Tools>, log: Logger): Toolbox {
  let opening: Promise<OpenTools> | undefined;
  const opened = () => {
    opening ??= load().then(open);
    return opening;
  };
  const isOffered = (tool: GatewayTool, caller: Caller) => tool.offeredTo?.(caller) ?? true;

  return {
    async list(caller) {
      const { byName } = await opened();
      return [...byName.values()].filter(({ tool }) => isOffered(tool, caller)).map(({ description }) => description);
    },
    async skills(caller) {
      const { skills, tools } = await opened();
      return skillsFor(caller, skills, tools);
    },
    async call(name, args, call) {
      const { caller, signal } = call;
      try {
        const { byName } = await opened();
        const tool = byName.get(name)?.tool;
        if (tool === undefined || !isOffered(tool, caller)) throw unknownTool(name);
        return { text: JSON.stringify(await tool.run(checked(tool, args), call)), failed: false };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ChannelError))
          log.error({ tool: name, caller: caller.kind, err: error }, "a tool failed");
        return { text: wordsOf(error), failed: true };
      }
    },
  };
}

interface OpenTools extends Tools {
  readonly byName: ReadonlyMap<string, { readonly tool: GatewayTool; readonly description: ToolDescription }>;
}

function open({ tools, skills }: Tools): OpenTools {
  return { tools, skills, byName: new Map(tools.map((tool) => [tool.name, { tool, description: describe(tool) }])) };
}

function describe({ name, description, readOnly, input }: GatewayTool): ToolDescription {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: "input" });
  return { name, description, readOnly, parameters: schema as ToolDescription["parameters"] };
}

function checked(tool: GatewayTool, args: unknown): unknown {
  const parsed = tool.input.safeParse(args ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "arguments"}: ${message}`);
  throw new RejectedError(`the arguments of ${tool.name} are wrong: ${problems.join("; ")}`, {
    code: "tool.arguments",
  });
}

function unknownTool(name: string): RejectedError {
  return new RejectedError(`there is no tool "${name}"`, { code: "tool.unknown" });
}

/** Only our own errors are written for readers; what a library throws may hold paths and addresses. */
function wordsOf(error: unknown): string {
  if (!(error instanceof ChannelError)) return "it failed inside the gateway; the operator's log says more";
  const { message, hint } = error;
  return hint === undefined ? message : `${message} (${hint})`;
}
