import type { Action } from "../cli/context.ts";
import { EXIT } from "../cli/exit-codes.ts";
import { loadConfig } from "../config/load.ts";
import { ConfigError, formatProblem } from "../config/problems.ts";
import { warningsOf } from "../observe/warnings.ts";
import { registry } from "../registry.ts";

/** Says everything that is wrong with the configuration; exit code 1 when anything is. */
export const check: Action = async (context) => {
  try {
    const config = await loadConfig(context.configFile, context.env, registry);
    const warnings = warningsOf(config);
    const channels = Object.keys(config.channels).length;
    const agents = Object.keys(config.agents).length;
    context.say(`${context.configFile} is right: ${count(channels, "channel")}, ${count(agents, "agent")}.`);
    for (const warning of warnings) context.say(`Note: ${warning}`);
    context.emit({ ok: true, problems: [], warnings });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) context.say(formatProblem(problem));
    context.say(`${count(error.problems.length, "problem")}.`);
    context.emit({ ok: false, problems: error.problems, warnings: [] });
    context.exitWith(EXIT.failed);
  }
};

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
