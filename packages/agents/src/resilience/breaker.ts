import {
  AGENT_RESTING,
  type Agent,
  type AgentEvent,
  ChannelError,
  type Clock,
  type Logger,
  RejectedError,
  type SummaryRequest,
  TransientError,
  type Turn,
} from "@wxgate/core";
import type { CircuitState as State } from "cockatiel";

export interface BreakerOptions {
  /** After so many failed turns in a row the agent rests. */
  readonly failures: number;
  /** How long, where the agent does not say itself how long it wants to be left alone. */
  readonly coolDownMs: number;
}

/** How an agent is, as far as this process knows. */
export interface AgentStanding {
  /** `trying`: one turn finds out whether it is well again, and the others do not ask it meanwhile. */
  readonly state: "ok" | "resting" | "trying";
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Nobody asks it before, while it rests. */
  readonly until?: number;
  /** What its last failure said. */
  readonly reason?: string;
}

export interface GuardedAgent {
  readonly agent: Agent;
  standing(): AgentStanding;
}

/** When a turn is to come back that met another one's trial. */
const TRIAL_MS = 5_000;
/** The turn was stopped, or nobody wanted the rest of the answer. Made once: it would carry a stack for every turn. */
const UNFINISHED = new Error("the answer was not waited for");

/**
 * The agent behind a circuit breaker: after failures in a row it is left alone for a while, then one turn at a time tries
 * it; a summary counts as a turn does. A question it rejects is no failure of the agent. `Retry-After` lets it rest at once, for as long as it says.
 *
 * Only this process counts, by the machine's own clock.
 */
export async function guardAgent(
  name: string,
  agent: Agent,
  { failures, coolDownMs }: BreakerOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<GuardedAgent> {
  // Takes a tenth of a second to load, and most configurations have no breaker.
  const { CircuitState, circuitBreaker, handleWhen } = await import("cockatiel");
  let standing: AgentStanding = { state: "ok", since: clock.now() };
  let inARow = 0;
  let restMs = coolDownMs;

  const rest = () => {
    restMs = wantedRestMs(lastError(), clock.now()) ?? coolDownMs;
    return { duration: restMs, next: rest };
  };
  const policy = circuitBreaker(
    // A trial that was broken off told nothing: the agent goes on resting.
    handleWhen((error) =>
      error === UNFINISHED ? policy.state === CircuitState.HalfOpen : !(error instanceof RejectedError),
    ),
    {
      halfOpenAfter: { next: rest },
      breaker: {
        state: undefined,
        success() {
          inARow = 0;
        },
        failure() {
          inARow += 1;
          return inARow >= failures || wantedRestMs(lastError(), clock.now()) !== undefined;
        },
      },
    },
  );
  policy.onStateChange(change);

  function lastError(): unknown {
    const { lastFailure } = policy;
    return lastFailure !== undefined && "error" in lastFailure ? lastFailure.error : undefined;
  }

  function change(state: State): void {
    const now = clock.now();
    const wasWell = standing.state === "ok";
    const { reason } = standing;
    if (state === CircuitState.Closed) {
      log.info({ agent: name, restedMs: now - standing.since }, "the agent answers again");
      standing = { state: "ok", since: now };
    } else if (state === CircuitState.HalfOpen) {
      standing = { state: "trying", since: standing.since, ...(reason === undefined ? {} : { reason }) };
    } else {
      const error = lastError();
      const said = error instanceof Error && error !== UNFINISHED ? error.message : reason;
      const until = now + restMs;
      standing = {
        state: "resting",
        since: wasWell ? now : standing.since,
        until,
        ...(said === undefined ? {} : { reason: said }),
      };
      log[wasWell ? "warn" : "debug"]({ agent: name, reason: said, restMs }, "the agent failed and rests");
    }
  }

  function resting(): TransientError {
    const { state, until, reason } = standing;
    const at = new Date(
      state === "resting" && until !== undefined ? until : clock.now() + Math.min(coolDownMs, TRIAL_MS),
    );
    return new TransientError(`agent "${name}" rests after failures`, {
      code: AGENT_RESTING,
      until: { at },
      ...(reason === undefined ? {} : { hint: `Its last failure: ${reason}` }),
    });
  }

  /**
   * Asks to be let through. What comes back ends it, with the failure if it was one, and resolves when it is counted.
   *
   * @throws TransientError while the agent rests
   */
  function enter(): (failure?: unknown) => Promise<void> {
    // The library would wait for the trial's end; the person may be answered by another agent.
    if (policy.state === CircuitState.HalfOpen) throw resting();
    let isLetIn = false;
    let settle: (failure: unknown) => void = () => {};
    const ended = new Promise<void>((resolve, reject) => {
      settle = (failure) => (failure === undefined ? resolve() : reject(failure));
    });
    const call = () => {
      isLetIn = true;
      return ended;
    };
    const counted = policy.execute(call).catch(() => {
      // Whoever asked the agent has the error already.
    });
    if (!isLetIn) throw resting();
    return (failure) => {
      settle(failure);
      return counted;
    };
  }

  /** As enter, and a call that is stopped ends too: a deaf agent does not keep the trial for itself. */
  function begin(signal: AbortSignal) {
    const end = enter();
    const stopped = () => void end(signal.reason instanceof ChannelError ? signal.reason : UNFINISHED);
    signal.addEventListener("abort", stopped, { once: true });
    return {
      end,
      release() {
        signal.removeEventListener("abort", stopped);
        void end(UNFINISHED);
      },
    };
  }

  async function* respond(turn: Turn, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    const call = begin(signal);
    try {
      yield* agent.respond(turn, signal);
      await call.end();
    } catch (error) {
      if (!signal.aborted) await call.end(error);
      throw error;
    } finally {
      call.release();
    }
  }

  async function summarize(write: Summarize, request: SummaryRequest, signal: AbortSignal): Promise<string> {
    const call = begin(signal);
    try {
      const summary = await write(request, signal);
      await call.end();
      return summary;
    } catch (error) {
      if (!signal.aborted) await call.end(error);
      throw error;
    } finally {
      call.release();
    }
  }

  const write = agent.summarize?.bind(agent);
  return {
    standing: () => standing,
    agent: {
      ...agent,
      respond,
      ...(write && { summarize: (request, signal) => summarize(write, request, signal) }),
    },
  };
}

type Summarize = NonNullable<Agent["summarize"]>;

/** How long the server itself asks to be left alone. */
function wantedRestMs(error: unknown, nowMs: number): number | undefined {
  if (!(error instanceof TransientError) || typeof error.until === "string") return undefined;
  const waitMs = (error.until.at?.getTime() ?? 0) - nowMs;
  return waitMs > 0 ? waitMs : undefined;
}
