import { spawn } from "node:child_process";
import { MediaError } from "./errors.ts";

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs: number;
}

/** Runs ffmpeg with these arguments. Resolves to its standard output; rejects when it exits with another code than 0. */
export type RunFfmpeg = (args: readonly string[], options: RunOptions) => Promise<string>;

/** An ffmpeg that is there, and what it can write. */
export interface Ffmpeg {
  readonly run: RunFfmpeg;
  /** Names of its encoders, as `ffmpeg -encoders` lists them. */
  readonly encoders: ReadonlySet<string>;
}

export interface FfmpegOptions {
  /** Name or path; `ffmpeg` if not given. */
  readonly command?: string;
  /** Its whole environment: give it `PATH`, keep secrets from it. Without `PATH` only the system's default folders are searched. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Instead of starting a process. */
  readonly run?: RunFfmpeg;
  readonly signal?: AbortSignal;
}

const DETECT_TIMEOUT_MS = 10_000;

/** Looks for ffmpeg and asks what it can do; undefined when there is none. */
export async function detectFfmpeg({
  command = "ffmpeg",
  env = {},
  run,
  signal,
}: FfmpegOptions = {}): Promise<Ffmpeg | undefined> {
  const runner = run ?? createRunner(command, env);
  try {
    const listing = await runner(["-hide_banner", "-encoders"], { signal, timeoutMs: DETECT_TIMEOUT_MS });
    return { run: runner, encoders: parseEncoders(listing) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** ` A....D libopencore_amrnb    OpenCORE AMR-NB …`: flags, name, description. */
function parseEncoders(listing: string): ReadonlySet<string> {
  return new Set([...listing.matchAll(/^ [VAS][A-Z.]{5} (\S+)/gm)].map((match) => match[1]!));
}

const MAX_OUTPUT_CHARS = 64 * 1024;
const MAX_COMPLAINT_CHARS = 300;

function createRunner(command: string, env: Readonly<Record<string, string | undefined>>): RunFfmpeg {
  return (args, { signal, timeoutMs }) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        env: { ...env },
        stdio: ["ignore", "pipe", "pipe"],
        killSignal: "SIGKILL",
        timeout: timeoutMs,
        signal,
      });
      let output = "";
      let complaint = "";
      child.stdout.on("data", (chunk: Buffer) => {
        output = (output + chunk).slice(0, MAX_OUTPUT_CHARS);
      });
      child.stderr.on("data", (chunk: Buffer) => {
        complaint = (complaint + chunk).slice(-MAX_COMPLAINT_CHARS);
      });
      child.once("error", (error) => reject(signal?.aborted ? signal.reason : error));
      child.once("close", (code) => {
        if (code === 0) return resolve(output);
        const why = code === null ? `was ended after ${timeoutMs} ms` : `ended with code ${code}`;
        // Its own words name paths of this machine: for the operator, not for the message.
        const cause = complaint === "" ? undefined : new Error(complaint.trim());
        reject(new MediaError(`ffmpeg ${why}`, { code: "media.conversion-failed", cause }));
      });
    });
}
