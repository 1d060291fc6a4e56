import { inspect } from "node:util";
import type { Logger } from "@wxgate/core";
import { afterEach, describe, it } from "vitest";
import { answerTests } from "./answer-tests.ts";
import { failureTests } from "./failure-tests.ts";
import { identityTests } from "./identity-tests.ts";
import type { AgentContractOptions, RunningAgent } from "./options.ts";
import { refusalTests } from "./refusal-tests.ts";
import { IDLE_MS, SECRET, type World } from "./world.ts";

export type {
  AgentContractOptions,
  AgentWorld,
  BackendRequest,
  BackendScript,
  RunningAgent,
} from "./options.ts";

/** What every agent must do. Each test starts an agent of its own. */
export function agentContract(name: string, options: AgentContractOptions): void {
  describe(`${name} as an agent`, () => {
    const running: RunningAgent[] = [];
    const logged: string[] = [];
    const world: World = {
      options,
      logged,
      async start(script) {
        const limits = script.kind === "slow" || script.kind === "stall" ? { idleTimeoutMs: IDLE_MS } : {};
        const started = await options.start(script, { log: recordingLog(logged), secret: SECRET, limits });
        running.push(started);
        return started;
      },
    };

    afterEach(async () => {
      logged.length = 0;
      await Promise.all(running.splice(0).map((each) => each.close()));
    });

    const meant = [
      ...answerTests,
      ...failureTests,
      ...refusalTests,
      ...(options.turnIdIn === undefined ? [] : identityTests),
    ];
    for (const { plays, title, run } of meant) {
      if (options.plays?.includes(plays) ?? true) it(title, () => run(world));
    }
  });
}

function recordingLog(lines: string[]): Logger {
  const record = (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push(`${message} ${inspect(fields, { depth: 12, showHidden: true })}`);
  };
  const log: Logger = { child: () => log, debug: record, info: record, warn: record, error: record };
  return log;
}
