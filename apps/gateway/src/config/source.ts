import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { ConfigError } from "./problems.ts";

export interface ConfigSource {
  /** As it is named in problems. */
  readonly file: string;
  readonly text: string;
  /** Relative paths start here. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws ConfigError when the file cannot be read. */
export function readSource(file: string, env: ConfigSource["env"]): ConfigSource {
  try {
    const directory = dirname(resolve(file));
    return { file, text: readFileSync(file, "utf8"), directory, env: { ...environmentFile(directory), ...env } };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const message = code === "ENOENT" ? "there is no such file" : `cannot be read (${code ?? String(error)})`;
    throw new ConfigError([{ file, line: 1, column: 1, path: "", message }]);
  }
}

/** `.env` beside the configuration fills what the environment does not set. */
function environmentFile(directory: string): ConfigSource["env"] {
  try {
    return parseEnv(readFileSync(join(directory, ".env"), "utf8")) as ConfigSource["env"];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
