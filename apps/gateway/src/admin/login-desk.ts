import { Problem } from "./problem.ts";

interface RunningLogin {
  readonly answers: AsyncIterable<string>;
  readonly signal: AbortSignal;
  end(): void;
}

/** The logins that run now, one per channel, and the codes that are typed for them. */
export interface LoginDesk {
  /** @throws Problem 409 while another login of this channel runs. */
  begin(channel: string): RunningLogin;
  /** False when no login runs there. */
  answer(channel: string, code: string): boolean;
}

export function createLoginDesk(): LoginDesk {
  const running = new Map<string, { give(code: string): void }>();

  return {
    begin(channel) {
      if (running.has(channel)) {
        throw new Problem(409, "login-runs", `a login for "${channel}" runs already`, {
          hint: "finish it, or close the page that shows it",
        });
      }
      const abort = new AbortController();
      const codes: string[] = [];
      let wake: (() => void) | undefined;
      const entry = {
        give(code: string) {
          codes.push(code);
          wake?.();
        },
      };
      running.set(channel, entry);
      abort.signal.addEventListener("abort", () => wake?.());

      async function* answers(): AsyncGenerator<string> {
        while (!abort.signal.aborted) {
          const code = codes.shift();
          if (code !== undefined) yield code;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      }
      return {
        answers: answers(),
        signal: abort.signal,
        end() {
          if (running.get(channel) === entry) running.delete(channel);
          abort.abort();
        },
      };
    },
    answer(channel, code) {
      const entry = running.get(channel);
      entry?.give(code);
      return entry !== undefined;
    },
  };
}
