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
  /** As if nothing had been called yet. */
  forget(): void;
}

/** The address this machine calls from is not trusted: true of all APIs but that of the token, or of none. */
const UNTRUSTED_ADDRESS = 60020;
const TOKEN_API = "gettoken";

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
    forget: () => problems.clear(),
    worked(path) {
      if (problems.size === 0) return;
      problems.delete(path);
      if (path === TOKEN_API) return;
      for (const [other, { error }] of problems) {
        if (error.platformCode === UNTRUSTED_ADDRESS) problems.delete(other);
      }
    },
  };
}
