import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { CommandError } from "../cli/exit-codes.ts";
import { envLines } from "../import/write.ts";
import { writePrivateFile } from "../ports/private-file.ts";

/** @throws CommandError when the file is there and nobody said --force. */
export function refuseToOverwrite(file: string, isForced: boolean): void {
  if (!isForced && existsSync(file)) throw new CommandError(`${file} is there already; say --force to overwrite it`);
}

/** One with secrets in it is readable by its owner only. */
export function writeConfigFile(file: string, text: string, isPrivate: boolean): void {
  if (isPrivate) writePrivateFile(file, text);
  else writeFileSync(file, text);
}

/**
 * Another configuration in the folder may read the same names.
 *
 * @throws CommandError when one of them is there with another value and nobody said --force.
 */
export function refuseToReplace(file: string, secrets: ReadonlyMap<string, string>, isForced: boolean): void {
  if (isForced || !existsSync(file)) return;
  const known = parseEnv(readFileSync(file, "utf8"));
  const taken = [...secrets].filter(([name, value]) => known[name] !== undefined && known[name] !== value);
  if (taken.length === 0) return;
  const names = taken.map(([name]) => name).join(", ");
  throw new CommandError(`${file} holds another ${names}; give the channel another id, or say --force to replace it`);
}

/** Adds names to a file of environment variables (mode 0600); those that are there with another value are replaced. */
export function addToEnvironmentFile(file: string, secrets: ReadonlyMap<string, string>): void {
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const known = parseEnv(before);
  const fresh = new Map([...secrets].filter(([name, value]) => known[name] !== value));
  const kept = before
    .split("\n")
    .filter((line) => !fresh.has(/^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1] ?? ""))
    .join("\n");
  const separator = kept === "" || kept.endsWith("\n") ? "" : "\n";
  writePrivateFile(file, `${kept}${separator}${envLines(fresh)}`);
}
