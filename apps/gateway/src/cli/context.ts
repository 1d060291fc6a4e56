import { existsSync } from "node:fs";
import type { Command } from "commander";

const DEFAULT_CONFIG = "./wxgate.yaml";

/** What every command knows: the options all of them share, and where it writes. */
export interface CommandContext {
  readonly configFile: string;
  /** The file was named, not assumed. */
  readonly isNamed: boolean;
  readonly json: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A line for people; nothing with `--json`. */
  say(line: string): void;
  /** The result for programs, one JSON line; nothing without `--json`. */
  emit(value: unknown): void;
  /** An exit code for the end of the command. */
  exitWith(code: number): void;
}

/** A command's action without commander's types: arguments, then its own options. */
export type Action = (
  context: CommandContext,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<void>;

export interface Surroundings {
  readonly env: CommandContext["env"];
  write(text: string): void;
  exitWith(code: number): void;
}

/** Adds the shared options and binds the action. */
export function bind(command: Command, surroundings: Surroundings, action: Action): Command {
  return command
    .option("-c, --config <file>", "configuration file", DEFAULT_CONFIG)
    .option("--json", "answer in JSON", false)
    .action(async () => {
      const options = command.opts<{ config: string; json: boolean }>();
      const isNamed = command.getOptionValueSource("config") === "cli";
      const context: CommandContext = {
        configFile: options.config,
        isNamed,
        json: options.json,
        env: surroundings.env,
        say: (line) => options.json || surroundings.write(`${line}\n`),
        emit: (value) => options.json && surroundings.write(`${JSON.stringify(value)}\n`),
        exitWith: surroundings.exitWith,
      };
      await action(context, command.args, options);
    });
}

/** Without a file that was named or is there, the demonstration is meant. */
export function isDemo({ configFile, isNamed }: CommandContext): boolean {
  return !isNamed && !existsSync(configFile);
}
