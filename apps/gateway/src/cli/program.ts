import { Command, CommanderError } from "commander";
import { processEnvironment } from "../config/environment.ts";
import { ConfigError } from "../config/problems.ts";
import { version } from "../version.ts";
import { type Action, bind, type Surroundings } from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";

interface Spec {
  /** The word before it, for `channels status` and the like. */
  readonly group?: "channels" | "dead" | "pairing";
  readonly usage: string;
  readonly description: string;
  readonly options?: readonly (readonly [flags: string, description: string, fallback: string | false])[];
  /** A command's code is loaded when it runs: `send` has no use for the servers. */
  readonly load: () => Promise<Action>;
}

const GROUPS = {
  channels: "the configured channels",
  dead: "what could not be delivered",
  pairing: "who may write where dmPolicy is pairing",
};

const COMMANDS: readonly Spec[] = [
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
    usage: "doctor",
    description: "look for what commonly goes wrong",
    load: async () => (await import("../commands/doctor.ts")).doctor,
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
    group: "dead",
    usage: "list",
    description: "list it, with the reasons",
    load: async () => (await import("../commands/dead.ts")).deadList,
  },
  {
    group: "dead",
    usage: "retry [delivery...]",
    description: "send it again",
    options: [["--all", "everything that is dead", false]],
    load: async () => (await import("../commands/dead.ts")).deadRetry,
  },
];

function createProgram(surroundings: Surroundings): Command {
  const program = new Command("wxgate")
    .description("Connects WeChat and WeCom to any AI agent.")
    .version(version)
    .exitOverride()
    .showHelpAfterError("(add --help for what is possible)")
    .addHelpText("after", "\nExit codes: 0 done, 1 failed, 2 written wrongly, 3 no gateway runs.");
  const groups = {
    channels: program.command("channels").description(GROUPS.channels),
    dead: program.command("dead").description(GROUPS.dead),
    pairing: program.command("pairing").description(GROUPS.pairing),
  };
  for (const { group, usage, description, options = [], load } of COMMANDS) {
    const command = (group ? groups[group] : program).command(usage).description(description);
    for (const [flags, words, fallback] of options) command.option(flags, words, fallback);
    bind(command, surroundings, async (...args) => (await load())(...args));
  }
  return program;
}

/** Runs one command line. Everything that goes wrong ends in words and an exit code. */
export async function main(args: readonly string[]): Promise<void> {
  const isJson = args.includes("--json");
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function failureOf(error: unknown) {
  const problems = error instanceof ConfigError ? { problems: error.problems } : {};
  const detail = error instanceof CommandError ? error.detail : {};
  return { ok: false, error: messageOf(error), ...problems, ...detail };
}
