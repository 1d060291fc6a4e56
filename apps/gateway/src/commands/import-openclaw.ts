import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Action, CommandContext } from "../cli/context.ts";
import { CommandError, EXIT } from "../cli/exit-codes.ts";
import { withCommonKeys } from "../config/common.ts";
import { parseConfig } from "../config/load.ts";
import { ConfigError, formatProblem } from "../config/problems.ts";
import type { Draft } from "../import/draft.ts";
import { importOpenClaw, parseOpenClaw } from "../import/openclaw.ts";
import { type Written, writeConfig } from "../import/write.ts";
import { loadTypes, type Registry, registry } from "../registry.ts";
import { addToEnvironmentFile, refuseToOverwrite, refuseToReplace, writeConfigFile } from "./new-files.ts";

/** Turns an OpenClaw configuration into one of wxgate; says what was lost on the way and what now means something else. */
export const importFromOpenClaw: Action = async (context, [source = ""], options) => {
  const config = read(source);
  const jobs = jobsOf(source, options.jobs as string | undefined);
  const draft = importOpenClaw(config, jobs, { supports: await supportedBy(registry), home: homedir() });
  if (draft.channels.size === 0) {
    throw new CommandError(`${source} configures none of channels.wecom, channels.wechat-kf and openclaw-weixin`);
  }
  const written = writeConfig(draft, options.inlineSecrets === true);
  const isForced = options.force === true;
  const directory = dirname(resolve(context.configFile));
  const envFile = join(directory, ".env");
  const scheduleFile = join(directory, "wxgate-schedules.json");
  const hasSchedules = draft.schedules.length > 0;
  // All or nothing: what is in the way is said before anything is written.
  for (const file of hasSchedules ? [context.configFile, scheduleFile] : [context.configFile])
    refuseToOverwrite(file, isForced);
  refuseToReplace(envFile, written.secrets, isForced);
  if (hasSchedules) writeFileSync(scheduleFile, `${JSON.stringify(draft.schedules, null, 2)}\n`);
  if (written.secrets.size > 0) addToEnvironmentFile(envFile, written.secrets);
  writeConfigFile(context.configFile, written.yaml, options.inlineSecrets === true);
  await report(context, draft, written, { envFile, scheduleFile });
};

function read(file: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    return parseOpenClaw(text);
  } catch (error) {
    // A parser may quote what it stumbled over, and that may be a secret.
    const place = /(?:at )?line \d+,? column \d+/.exec((error as Error).message)?.[0] ?? "";
    throw new CommandError(`${file} is neither JSON, JSON5 nor YAML with a mapping ${place}`.trim());
  }
}

/** The file that was named, else the one beside the configuration. */
function jobsOf(source: string, named: string | undefined): unknown {
  const file = named ?? join(dirname(resolve(source)), "cron", "jobs.json");
  return named !== undefined || existsSync(file) ? read(file) : undefined;
}

/** Types that are not built in yet take everything: the check says the rest. */
async function supportedBy({ channels }: Registry) {
  const { loaded } = await loadTypes(channels, Object.keys(channels));
  const known = new Map<string, ReadonlySet<string>>(
    [...loaded].map(([type, { schema }]) => [type, new Set(Object.keys(withCommonKeys(schema).shape))]),
  );
  return (type: string, key: string) => known.get(type)?.has(key) ?? true;
}

async function report(
  context: CommandContext,
  draft: Draft,
  { yaml, secrets }: Written,
  { envFile, scheduleFile }: { envFile: string; scheduleFile: string },
): Promise<void> {
  const { configFile: file, env } = context;
  const directory = dirname(resolve(file));
  const problems = await problemsOf(() =>
    parseConfig({ file, text: yaml, directory, env: { ...env, ...Object.fromEntries(secrets) } }, registry),
  );
  const channels = [...draft.channels].map(([id, { type }]) => ({ id, type }));
  const lost = [...new Set(draft.lost)];
  const notes = [...new Set(draft.notes)];
  context.say(`Wrote ${file}: ${channels.map(({ id, type }) => `${id} (${type})`).join(", ")}.`);
  if (secrets.size > 0)
    context.say(`Wrote ${envFile}: ${secrets.size} secrets, readable by you only; wxgate reads it by itself.`);
  if (draft.schedules.length > 0) {
    context.say(`Wrote ${scheduleFile}: once the gateway runs, add them with: wxgate cron add --file ${scheduleFile}`);
  }
  for (const line of notes) context.say(`Note: ${line}.`);
  for (const line of lost) context.say(`Not taken over: ${line}.`);
  for (const line of problems) context.say(`To do: ${line}`);
  context.emit({ ok: problems.length === 0, file, channels, schedules: draft.schedules.length, notes, lost, problems });
  if (problems.length > 0) context.exitWith(EXIT.failed);
}

async function problemsOf(parse: () => Promise<unknown>): Promise<readonly string[]> {
  try {
    await parse();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
}
