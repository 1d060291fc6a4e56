import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Simulator, startSimulator } from "@wxgate/simulator";
import { onTestFailed, onTestFinished } from "vitest";

/*
 * Starts the gateway as people do: the built command as a process of its own, a configuration file in an empty folder, the
 * simulated platforms in the test's process. What a test changes is said in `startGateway`; everything ends with the test.
 */

const BIN = fileURLToPath(new URL("../bin/wxgate.js", import.meta.url));
const BUILT = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const START_LIMIT_MS = 20_000;
const SHOWN_LINES = 30;

export const TOKEN = "admin-token-of-the-tests";
/** The account of the simulator that the default configuration serves. */
export const ACCOUNT = "wkSimAccount00000000000001";

export type Json = { readonly [key: string]: unknown };

export interface StartOptions {
  /** Merged over the default configuration, section by section; `channels` and `agents` replace. */
  readonly config?: Json | ((sim: Simulator) => Json);
  /** Written beside the configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** `name` or `name:n`, see src/crash-points.ts. Only for this start, not for a restart. */
  readonly crashPoint?: string;
  /** A simulator that the test keeps; a new one if not given. */
  readonly sim?: Simulator;
}

interface RestartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly crashPoint?: string;
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GatewayUnderTest {
  readonly sim: Simulator;
  /** The folder it runs in, with wxgate.yaml and data/. */
  readonly dir: string;
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly pid: number;
  /** Everything written to stderr since the first start: the log, one JSON object per line. */
  log(): string;
  stdout(): string;
  /** Calls the admin API; JSON in, JSON out. A status of 400 or more throws. */
  api<T = Json>(path: string, init?: { method?: string; body?: unknown }): Promise<T>;
  /** Runs another command in the same folder. */
  cli(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** A customer writes; resolves when the platform has taken it. */
  customerWrites(text: string, from?: string, account?: string): Promise<string>;
  /** Texts that customer's phone shows from us, oldest first. */
  repliesTo(from?: string, account?: string): readonly string[];
  writeConfig(config: Json): void;
  signal(signal: NodeJS.Signals): void;
  /** Whoever read its output and its log goes away. */
  hangUp(): void;
  /** Resolves when the process ends, however it ends. */
  exit(): Promise<Exit>;
  kill9(): Promise<void>;
  /** Ends it in order (SIGTERM) and says how it ended. */
  stop(): Promise<Exit>;
  /** Starts it again in the same folder. */
  restart(options?: RestartOptions): Promise<void>;
  dispose(): Promise<void>;
}

export async function startGateway(options: StartOptions = {}): Promise<GatewayUnderTest> {
  if (!existsSync(BUILT)) throw new Error("the gateway is not built; run: pnpm build");
  const sim = options.sim ?? (await startSimulator());
  const dir = mkdtempSync(join(tmpdir(), "wxgate-"));
  const [port, adminPort] = await freePorts(2);
  const wanted = typeof options.config === "function" ? options.config(sim) : (options.config ?? {});
  const base = defaultConfig(sim, port as number, adminPort as number);
  let output = "";
  let log = "";
  let running: ChildProcess | undefined;
  let disposed = false;
  let ended: Promise<Exit> = Promise.resolve({ code: null, signal: null });

  const writeConfig = (config: Json) => writeFileSync(join(dir, "wxgate.yaml"), JSON.stringify({ ...base, ...config }));
  writeConfig(wanted);
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(dir, name), text);

  async function start({ env = {}, crashPoint }: RestartOptions): Promise<void> {
    // A test whose time is up may still be running; what it started then nobody would end.
    if (disposed) throw new Error("the test is over");
    const before = output.length;
    const child = spawn(process.execPath, [BIN, "start", "--json"], {
      cwd: dir,
      env: { ...cleanEnvironment(), ...env, ...(crashPoint && { WXGATE_CRASH_AT: crashPoint }) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running = child;
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      log += chunk;
    });
    ended = new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
    const isUp = () => output.slice(before).includes('"event":"started"');
    // A crash point may be passed before the start is over.
    await waitFor(() => isUp() || child.exitCode !== null || child.signalCode !== null, { timeoutMs: START_LIMIT_MS });
    if (!isUp() && crashPoint === undefined) throw new Error(`the gateway did not start:\n${output}\n${log}`);
  }

  const publicUrl = `http://127.0.0.1:${port}`;
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const gateway: GatewayUnderTest = {
    sim,
    dir,
    publicUrl,
    adminUrl,
    get pid() {
      return running?.pid ?? 0;
    },
    log: () => log,
    stdout: () => output,
    async api<T>(path: string, { method = "GET", body }: { method?: string; body?: unknown } = {}) {
      const response = await fetch(`${adminUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          accept: "application/json",
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
      return (text === "" ? undefined : JSON.parse(text)) as T;
    },
    cli: (...args) => runCli(dir, args),
    async customerWrites(text, from = "anna", account = ACCOUNT) {
      const sent = await sim.send({ account, from, content: [{ kind: "text", text }] });
      return sent.id;
    },
    repliesTo(from = "anna", account = ACCOUNT) {
      return sim
        .screen({ account, user: from })
        .items.filter(({ direction, by }) => direction === "outbound" && by === "api")
        .map(({ text = "" }) => text);
    },
    writeConfig,
    signal(signal) {
      running?.kill(signal);
    },
    hangUp() {
      running?.stdout?.destroy();
      running?.stderr?.destroy();
    },
    exit: () => ended,
    async kill9() {
      running?.kill("SIGKILL");
      await ended;
    },
    async stop() {
      running?.kill("SIGTERM");
      return ended;
    },
    restart: (again = {}) => start({ env: options.env, ...again }),
    async dispose() {
      if (disposed) return;
      disposed = true;
      await gateway.kill9();
      if (!options.sim) await sim.close();
      // An agent's process outlives a killed gateway by a moment and may still write its last line here.
      rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
  onTestFinished(() => gateway.dispose());
  onTestFailed(() => {
    process.stderr.write(`the gateway's last lines:\n${log.split("\n").slice(-SHOWN_LINES).join("\n")}\n`);
  });

  await start(options);
  for (const [id, { type }] of Object.entries((wanted.channels ?? base.channels) as Record<string, { type: string }>)) {
    if (type === "kf") await sim.registerCallback(ACCOUNT, `${publicUrl}/webhooks/${id}`, { force: true });
  }
  return gateway;
}

/** Everything a gateway on this simulator needs, with an echo agent. */
function defaultConfig(sim: Simulator, port: number, adminPort: number): Json {
  return {
    server: { host: "127.0.0.1", port },
    admin: { host: "127.0.0.1", port: adminPort, token: TOKEN },
    log: { level: "debug" },
    agents: { echo: { type: "echo" } },
    channels: { support: kfChannel(sim) },
  };
}

/** A `kf` channel for the simulator's enterprise. */
export function kfChannel(sim: Simulator, more: Json = {}): Json {
  const account = sim.accounts().find((one) => one.account === ACCOUNT);
  if (!account) throw new Error(`the simulator does not hold ${ACCOUNT}`);
  const { corpId, secret, token, encodingAESKey } = account;
  return { type: "kf", corpId, secret, token, encodingAESKey, apiBaseUrl: sim.url, ...more };
}

/** Runs one command to its end. */
export async function runCli(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env: { ...cleanEnvironment(), ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdin.end();
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}

type Truthy<T> = Exclude<T, undefined | null | false | "" | 0>;

/** Waits until `look` gives something truthy, and returns it. What it throws meanwhile is told when time is up. */
export async function waitFor<T>(
  look: () => T | Promise<T>,
  { timeoutMs = 20_000, everyMs = 25 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Truthy<T>> {
  const until = Date.now() + timeoutMs;
  let last: unknown = "nothing came";
  for (;;) {
    try {
      const found = await look();
      if (found) return found as Truthy<T>;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until) throw new Error(`waited ${timeoutMs} ms in vain: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Proxies and settings of the machine the tests run on are none of the gateway's. */
function cleanEnvironment(): Record<string, string> {
  const kept = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
