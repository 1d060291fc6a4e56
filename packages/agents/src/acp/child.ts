import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { Clock } from "@wxgate/core";

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  onOutput(chunk: Uint8Array): void;
  onErrors(chunk: Uint8Array): void;
}

/** A program that runs beside us until it ends, or until it is ended. */
export interface Child {
  write(line: string): void;
  /** How it ended, in words. It never rejects. */
  readonly ended: Promise<string>;
  /** With everything it started; first asked, then made to. Resolves when it is gone. */
  stop(): Promise<void>;
}

const GRACE_MS = 3_000;
const ENDED = new Error("the program has ended");

/** Starts a program in a group of its own, so that nothing it started outlives it. */
export function startChild({ command, args, cwd, env, clock, onOutput, onErrors }: ChildOptions): Child {
  const child = spawn(command, [...args], { cwd, env: { ...env }, stdio: "pipe", detached: true, windowsHide: true });
  child.stdout.on("data", onOutput);
  child.stderr.on("data", onErrors);
  // A program that has gone reads no more; that it has is told by its end.
  child.stdin.on("error", () => {});
  const over = new AbortController();
  const ended = endOf(child).then((how) => {
    signalGroup(child, "SIGKILL");
    over.abort(ENDED);
    return how;
  });

  let stopped: Promise<void> | undefined;

  async function stopOnce(): Promise<void> {
    child.stdin.end();
    signalGroup(child, "SIGTERM");
    await clock.sleep(GRACE_MS, over.signal).then(
      () => signalGroup(child, "SIGKILL"),
      () => {
        // It ended in time.
      },
    );
    await ended;
  }

  return {
    ended,
    write(line) {
      if (child.stdin.writable) child.stdin.write(`${line}\n`);
    },
    stop() {
      stopped ??= stopOnce();
      return stopped;
    },
  };
}

async function endOf(child: ChildProcessWithoutNullStreams): Promise<string> {
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    return code === null ? `it was ended by ${signal}` : `it ended with exit code ${code}`;
  } catch (error) {
    return `it could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function signalGroup({ pid }: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // Nobody is left in it.
  }
}
