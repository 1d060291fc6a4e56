import { AuthenticationError } from "@wxgate/core";

/** Something the operator must repair. */
export interface WecomApiProblem {
  /** The API that said so, e.g. "gettoken" or "kf/send_msg". */
  readonly path: string;
  readonly error: AuthenticationError;
  /** Unix milliseconds of the first refusal since it last worked. */
  readonly sinceMs: number;
}

export interface HealthRecord {
  /** The newest problem that no success has ended; undefined: everything called so far works. */
  problem(): WecomApiProblem | undefined;
  failed(path: string, error: unknown): void;
  worked(path: string): void;
}

/** Keeps problems by API: that one works says nothing of another's permission. */
export function createHealthRecord(now: () => number): HealthRecord {
  const problems = new Map<string, WecomApiProblem>();

  return {
    problem: () => [...problems.values()].at(-1),
    failed(path, error) {
      if (!(error instanceof AuthenticationError)) return;
      const sinceMs = problems.get(path)?.sinceMs ?? now();
      problems.delete(path);
      problems.set(path, { path, error, sinceMs });
    },
    worked(path) {
      problems.delete(path);
    },
  };
}
