import { mkdir, realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { type Agent, type AgentEvent, RejectedError, type Turn } from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "../agent-type.ts";
import { address, channelGuide, fileSizes, headers, secret, showReasoning } from "../config.ts";
import type { AgentPorts } from "../ports.ts";
import { createFailures } from "../transport/failures.ts";
import { createRedact } from "../transport/redact.ts";
import { openConnection } from "./connection.ts";
import { converse } from "./converse.ts";
import { createHost } from "./host.ts";

const mcpServer = z
  .strictObject({
    name: z.string().min(1).describe("What the agent calls the server."),
    command: z.string().min(1).optional().describe("The program of a server that the agent starts itself."),
    args: z.array(z.string()).default([]).describe("What stands behind `command`."),
    env: z.record(z.string(), z.string()).default({}).describe("Environment variables of that program."),
    url: address.optional().describe("The address of a server over HTTP, in place of `command`."),
    headers,
  })
  .refine(({ command, url }) => (command === undefined) !== (url === undefined), {
    error: "needs either a `command` or a `url`",
  });

export const acpConfigSchema = z.strictObject({
  type: z.literal("acp").describe("A coding agent as a child process, spoken to by the Agent Client Protocol."),
  command: z
    .string()
    .min(1, "is empty; name the program that speaks ACP")
    .describe("The program that speaks ACP on its standard input and output."),
  args: z.array(z.string()).default([]).describe("What stands behind `command`, one entry for each argument."),
  cwd: z
    .string()
    .min(1, "is empty; name a folder for the agent to work in")
    .describe(
      "The folder the agent works in; it is made if there is none. A relative one starts at the configuration file. Instances of dynamicAgents have folders of their own instead.",
    ),
  env: z
    .record(z.string(), z.string())
    .default({})
    .describe(
      "Added to the program's environment, which otherwise holds PATH, HOME and the like and no secret of the gateway.",
    ),
  authMethod: secret.optional().describe("The way to sign in that the agent is told to use, by its id."),
  permissions: z
    .enum(["refuse", "ask-person", "ask-operator", "allow"])
    .default("refuse")
    .describe(
      "What happens when the agent asks for permission: refused, the person it answers decides, the operator decides (`wxgate permissions`), or granted.",
    ),
  permissionQuestion: z
    .string()
    .includes("{action}")
    .default("助手想要 The assistant wants to:\n{action}\n可以吗？ May it?")
    .describe("What the person is asked; `{action}` stands for what the agent wants to do."),
  permissionTimeoutMs: z
    .number()
    .int()
    .min(1_000)
    .max(86_400_000)
    .default(600_000)
    .describe("How long the person or the operator may think before the answer is no, in milliseconds."),
  fs: z
    .enum(["none", "read", "write"])
    .default("none")
    .describe(
      "What the agent may do with text files of its folder through the gateway; most agents do that by themselves.",
    ),
  mcpServers: z.array(mcpServer).default([]).describe("MCP servers the agent is told to use."),
  systemPrompt: z.string().optional().describe("Told to the agent when a session begins."),
  channelGuide,
  historyTokens: z
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(8_000)
    .describe("About so many tokens of what was said before are told when the agent lost its session; 0: none."),
  ...fileSizes({ usual: 10_000_000, most: 50_000_000 }),
  showReasoning,
  maxProcesses: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(8)
    .describe("Most processes at a time; each folder has its own."),
  idleMinutes: z
    .number()
    .positive()
    .max(100_000)
    .default(30)
    .describe("A process that nobody used for so many minutes is ended."),
  timeoutMs: z
    .number()
    .int()
    .min(1)
    .max(3_600_000)
    .default(60_000)
    .describe("How long the start of the program, and of each session, may take, in milliseconds."),
  idleTimeoutMs: z
    .number()
    .int()
    .min(1)
    .max(3_600_000)
    .default(600_000)
    .describe("The longest silence in the middle of an answer, in milliseconds."),
});
export type AcpAgentConfig = z.output<typeof acpConfigSchema>;

/** A coding agent as a child process, spoken to by the Agent Client Protocol. */
export function createAcpAgent(name: string, config: AcpAgentConfig, ports: AgentPorts): Agent {
  const label = `agent "${name}"`;
  const redact = createRedact(secretsIn(config));
  const failures = createFailures({ label, clock: ports.clock, redact, credential: "env", place: "command and args" });
  const { command, args, env, authMethod, timeoutMs, fs: files } = config;
  const host = createHost({
    label,
    most: config.maxProcesses,
    idleMs: config.idleMinutes * 60_000,
    ports,
    open: (folder) =>
      openConnection({ label, command, args, env, folder, files, authMethod, timeoutMs, ports, failures, redact }),
  });

  return {
    // It remembers by itself as long as its session lives; what was said before is for the day it does not.
    capabilities: { history: false },
    async *respond(turn, signal): AsyncGenerator<AgentEvent> {
      signal.throwIfAborted();
      const folder = await folderOf(label, turn, config, ports);
      yield* host.use(folder, (connection) =>
        converse({ label, connection, turn, config, ports, failures, redact, signal }),
      );
    },
    close: () => host.close(),
  };
}

export const acpAgent: AgentType<typeof acpConfigSchema> = {
  type: "acp",
  schema: acpConfigSchema,
  create: createAcpAgent,
};

/** An instance works in its own folder, and in no other. */
async function folderOf(label: string, turn: Turn, { cwd }: AcpAgentConfig, { baseDir }: AgentPorts): Promise<string> {
  if (turn.instance !== undefined && turn.folder === undefined) {
    throw new RejectedError(`${label} has no folder for the instance ${turn.instance}`, { code: "agent.no-folder" });
  }
  const folder = turn.folder ?? resolve(baseDir ?? ".", cwd);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return realpath(folder);
}

function secretsIn({ env, mcpServers }: AcpAgentConfig): readonly string[] {
  return [env, ...mcpServers.flatMap((server) => [server.env, server.headers])].flatMap((record) =>
    Object.values(record),
  );
}
