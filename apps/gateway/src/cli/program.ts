import { Command, CommanderError } from "commander";
import { channelsStatus } from "../commands/channels-status.ts";
import { check } from "../commands/check.ts";
import { deadList, deadRetry } from "../commands/dead.ts";
import { doctor } from "../commands/doctor.ts";
import { login } from "../commands/login.ts";
import { logs } from "../commands/logs.ts";
import { reload } from "../commands/reload.ts";
import { send } from "../commands/send.ts";
import { simulate } from "../commands/simulate.ts";
import { start } from "../commands/start.ts";
import { processEnvironment } from "../config/environment.ts";
import { ConfigError } from "../config/problems.ts";
import { version } from "../version.ts";
import { type Action, bind, type Surroundings } from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";

/** The command line: one line per command. */
export function createProgram(surroundings: Surroundings): Command {
  const program = new Command("wxgate")
    .description("Connects WeChat and WeCom to any AI agent.")
    .version(version)
    .exitOverride()
    .showHelpAfterError("(add --help for what is possible)")
    .addHelpText("after", "\nExit codes: 0 done, 1 failed, 2 written wrongly, 3 no gateway runs.");
  const add = (parent: Command, usage: string, description: string, action: Action) =>
    bind(parent.command(usage).description(description), surroundings, action);

  add(program, "start", "run the gateway; without a configuration file, a demonstration", start);
  add(program, "check", "say everything that is wrong with the configuration", check);
  add(program, "reload", "have the running gateway read its configuration again", reload);
  add(program, "doctor", "look for what commonly goes wrong", doctor);
  add(program, "simulate", "run the simulated platforms and their playground", simulate) //
    .option("--port <port>", "loopback port; 0 takes a free one", "9100");
  add(program, "send <channel> <target> <text|file>", "send a message through the running gateway", send) //
    .option("--text", "a text, even if a file has that name", false);
  add(program, "login <channel>", "sign an account in by QR code", login);
  add(program, "logs", "the running gateway's log", logs) //
    .option("-f, --follow", "go on with what comes", false);

  const channels = program.command("channels").description("the configured channels");
  add(channels, "status", "how the channels and their accounts are", channelsStatus) //
    .option("--probe", "ask the platforms now", false);

  const dead = program.command("dead").description("what could not be delivered");
  add(dead, "list", "list it, with the reasons", deadList);
  add(dead, "retry [delivery...]", "send it again", deadRetry) //
    .option("--all", "everything that is dead", false);
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
