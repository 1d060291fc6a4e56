import {
  AGENT_RESTING,
  type Agent,
  ChannelError,
  type Clock,
  type PassedOver,
  RejectedError,
  StaleClaimError,
  TransientError,
} from "@wxgate/core";
import { describeError } from "./describe-error.ts";
import { waitOf } from "./retry.ts";
import { TurnStopped } from "./run-agent.ts";
import type { DispatcherSettings } from "./settings.ts";

export interface NamedAgent {
  readonly name: string;
  readonly agent: Agent;
}

/** Those that stand in for an agent, in the order they are asked; each once, and theirs behind them. */
export function standInsFor(
  { agents, fallbacks }: Pick<DispatcherSettings, "agents" | "fallbacks">,
  name: string,
): readonly NamedAgent[] {
  const found = new Map<string, NamedAgent>();
  const collect = (of: string) => {
    for (const next of fallbacks?.get(of) ?? []) {
      const agent = agents.get(next);
      if (next === name || agent === undefined || found.has(next)) continue;
      found.set(next, { name: next, agent });
      collect(next);
    }
  };
  collect(name);
  return [...found.values()];
}

export interface AskOptions<A extends NamedAgent> {
  /** The one that is meant first, then its stand-ins. */
  readonly agents: readonly A[];
  readonly clock: Clock;
  /** Resolves when it has answered. */
  ask(agent: A): Promise<void>;
  /** The person saw something of the answer: no other agent may end it. */
  wasShown(): boolean;
  onPassedOver(passed: PassedOver): void;
}

export interface Answerer {
  readonly agent: string;
  readonly passedOver: readonly PassedOver[];
}

interface Failed {
  readonly agent: string;
  readonly error: unknown;
}

/**
 * Asks one agent after the other until one answers.
 *
 * What the agent that is meant rejects is rejected: only a failure sends the question on. A stand-in's rejection is one
 * failure more, since the agent that is meant has not spoken.
 *
 * @throws the failure, or what lets the turn be tried soonest when several failed
 */
export async function askInOrder<A extends NamedAgent>(options: AskOptions<A>): Promise<Answerer> {
  const { agents, clock, ask, wasShown, onPassedOver } = options;
  const failed: Failed[] = [];
  for (const agent of agents) {
    try {
      await ask(agent);
      return { agent: agent.name, passedOver: failed.map(describe) };
    } catch (error) {
      const isFinal = error instanceof RejectedError && failed.length === 0;
      if (isFinal || isOurs(error) || wasShown()) throw error;
      const failure = { agent: agent.name, error };
      failed.push(failure);
      if (failed.length < agents.length) onPassedOver(describe(failure));
    }
  }
  throw together(failed, clock.now());
}

function describe({ agent, error }: Failed): PassedOver {
  return { agent, error: describeError(error) };
}

/** The turn ended; the agent has no part in it. */
function isOurs(error: unknown): boolean {
  return error instanceof TurnStopped || error instanceof StaleClaimError;
}

function together(failed: readonly Failed[], nowMs: number): unknown {
  const [only, second] = failed;
  if (second === undefined) return only?.error;
  const asked = failed.filter(({ error }) => !isResting(error));
  const main = (asked[0] ?? only)?.error;
  const waits = failed
    .filter(({ error }) => !(error instanceof RejectedError))
    .map(({ error }) => waitOf(error, nowMs));
  const at = waits.includes(undefined) ? undefined : new Date(nowMs + Math.min(...waits.map((wait) => wait ?? 0)));
  const { code, hint, platformCode } = describeError(main);
  return new TransientError(failed.map(({ error }) => describeError(error).message).join("; "), {
    code,
    ...(hint === undefined ? {} : { hint }),
    ...(platformCode === undefined ? {} : { platformCode }),
    ...(at === undefined ? {} : { until: { at } }),
    cause: main,
  });
}

/** The agent, and where there are several all of them, rest: nobody was asked. */
export function isResting(error: unknown): boolean {
  return error instanceof ChannelError && error.code === AGENT_RESTING;
}
