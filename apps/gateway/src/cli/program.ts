import { Command, CommanderError } from "commander";
import { processEnvironment } from "../config/environment.ts";
import { ConfigError } from "../config/problems.ts";
import { version } from "../version.ts";
import { bind, type Surroundings } from "./context.ts";
import { CRON_COMMANDS } from "./cron-commands.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { SETUP_COMMANDS } from "./setup-commands.ts";
import type { CommandSpec } from "./spec.ts";

const GROUPS = {
  channels: "the configured channels",
  dead: "what could not be delivered",
  cron: "what is sent or asked at fixed times",
  import: "take over another program's configuration",
  pairing: "who may write where dmPolicy is pairing",
  permissions: "what agents may do where the operator decides",
};

const COMMANDS: readonly CommandSpec[] = [
  ...SETUP_COMMANDS,
  {
    usage: "start",
    description: "run the gateway; without a configuration file, a demonstration",
    load: async () => (await import("../commands/start.ts")).start,
  },
  {
    usage: "check",
    description: "say everything that is wrong with the configuration",
    load: async () => (await import("../commands/check.ts")).check,
  },
  {
    usage: "reload",
    description: "have the running gateway read its configuration again",
    load: async () => (await import("../commands/reload.ts")).reload,
  },
  {
    usage: "simulate",
    description: "run the simulated platforms and their playground",
    options: [["--port <port>", "loopback port; 0 takes a free one", "9100"]],
    load: async () => (await import("../commands/simulate.ts")).simulate,
  },
  {
    usage: "send <channel> <target> <text|file>",
    description: "send a message through the running gateway",
    options: [["--text", "a text, even if a file has that name", false]],
    load: async () => (await import("../commands/send.ts")).send,
  },
  {
    usage: "recall <delivery>",
    description: "take a message back that waits, or that its platform can recall",
    load: async () => (await import("../commands/recall.ts")).recall,
  },
  {
    usage: "login <channel>",
    description: "sign an account in by QR code",
    load: async () => (await import("../commands/login.ts")).login,
  },
  {
    usage: "logs",
    description: "the running gateway's log",
    options: [["-f, --follow", "go on with what comes", false]],
    load: async () => (await import("../commands/logs.ts")).logs,
  },
  {
    usage: "events [channel]",
    description: "what the platforms told beside messages, the latest first",
    load: async () => (await import("../commands/events.ts")).events,
  },
  {
    group: "channels",
    usage: "status",
    description: "how the channels and their accounts are",
    options: [["--probe", "ask the platforms now", false]],
    load: async () => (await import("../commands/channels-status.ts")).channelsStatus,
  },
  {
    group: "pairing",
    usage: "list",
    description: "who waits to be let in, and who was",
    load: async () => (await import("../commands/pairing.ts")).pairingList,
  },
  {
    group: "pairing",
    usage: "approve <code>",
    description: "let somebody in",
    load: async () => (await import("../commands/pairing.ts")).pairingApprove,
  },
  {
    group: "pairing",
    usage: "reject <code>",
    description: "give somebody no code for a day",
    load: async () => (await import("../commands/pairing.ts")).pairingReject,
  },
  {
    group: "pairing",
    usage: "revoke <channel> <person>",
    description: "take an approval back",
    load: async () => (await import("../commands/pairing.ts")).pairingRevoke,
  },
  {
    group: "permissions",
    usage: "list",
    description: "what agents want to do and wait for",
    load: async () => (await import("../commands/permissions.ts")).permissionsList,
  },
  {
    group: "permissions",
    usage: "approve <code>",
    description: "let an agent do it, this once",
    load: async () => (await import("../commands/permissions.ts")).permissionsApprove,
  },
  {
    group: "permissions",
    usage: "reject <code>",
    description: "do not let it",
    load: async () => (await import("../commands/permissions.ts")).permissionsReject,
  },
  {
    group: "dead",
    usage: "list",
    description: "list it, with the reasons",
    load: async () => (await import("../commands/dead.ts")).deadList,
  },
  {
    group: "dead",
    usage: "retry [id...]",
    description: "send it again, or ask the agent again",
    options: [["--all", "everything that is dead", false]],
    load: async () => (await import("../commands/dead.ts")).deadRetry,
  },
  ...CRON_COMMANDS,
];

function createProgram(surroundings: Surroundings): Command {
  const program = new Command("wxgate")
    .description("Connects WeChat and WeCom to any AI agent.")
    .version(version)
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError("(add --help for what is possible)")
    .addHelpText("after", "\nExit codes: 0 done, 1 failed, 2 written wrongly, 3 no gateway runs.");
  // A command that has commands of its own leaves their options to them.
  const groupNamed = (name: string) => program.commands.find((command) => command.name() === name);
  for (const [name, description] of Object.entries(GROUPS)) program.command(name).description(description);
  for (const { group, usage, description, options = [], load } of COMMANDS) {
    const parent = group === undefined ? program : (groupNamed(group) ?? program).enablePositionalOptions();
    const command = parent.command(usage).description(description);
    for (const [flags, words, fallback] of options) command.option(flags, words, fallback);
    bind(command, surroundings, async (...args) => (await load())(...args));
  }
  return program;
}

/** Runs one command line. Everything that goes wrong ends in words and an exit code. */
export async function main(args: readonly string[]): Promise<void> {
  const isJson = args.includes("--json");
  for (const stream of [process.stdout, process.stderr]) stream.on("error", outliveReader);
  try {
    await createProgram({
      env: processEnvironment(),
      write: (text) => process.stdout.write(text),
      exitWith: (code) => {
        process.exitCode = code;
      },
    }).parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said what was wrong; help and version are no failures.
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
      return;
    }
    const exitCode = error instanceof CommandError ? error.exitCode : EXIT.failed;
    if (isJson) process.stdout.write(`${JSON.stringify(failureOf(error))}\n`);
    else process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = exitCode;
  }
}

/** Whoever read the output is gone (`| head`, a log collector that died): no reason for a gateway to end. */
function outliveReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function failureOf(error: unknown) {
  const problems = error instanceof ConfigError ? { problems: error.problems } : {};
  const detail = error instanceof CommandError ? error.detail : {};
  return { ok: false, error: messageOf(error), ...problems, ...detail };
}
