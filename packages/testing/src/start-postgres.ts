import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const DEBIAN_DIR = "/usr/lib/postgresql";
const START_MS = 30_000;

/** How to get what `startPostgres` looks for. */
export const POSTGRES_HINT = "no PostgreSQL found; install it with: apt-get install postgresql";

export interface PostgresCluster {
  /** The address of a new, empty place: a schema, which is made faster than a database. */
  createDatabase(): Promise<string>;
  /** The server goes away, and keeps what it holds for `resume`. */
  interrupt(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** The folder with `initdb` and `postgres`: on the PATH, or where Debian keeps them; undefined: not installed. */
export function findPostgres(path: string): string | undefined {
  const debian = existsSync(DEBIAN_DIR)
    ? readdirSync(DEBIAN_DIR)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(DEBIAN_DIR, version, "bin"))
    : [];
  return [...debian, ...path.split(delimiter)].find(
    (dir) => existsSync(join(dir, "initdb")) && existsSync(join(dir, "postgres")) && existsSync(join(dir, "psql")),
  );
}

/**
 * A throw-away cluster in a temporary folder, reachable by a socket there and by nothing else. It does not survive a
 * power cut, for speed. PostgreSQL refuses to run as root: then it runs as the user `postgres`.
 */
export async function startPostgres(binaries: string): Promise<PostgresCluster> {
  const owner = await unprivilegedUser();
  const home = await mkdtemp(join(tmpdir(), "wxgate-pg-"));
  await chmod(home, 0o755);
  if (owner !== undefined) await chown(home, owner.uid, owner.gid);
  const data = join(home, "data");
  const child = { cwd: home, ...owner };
  const connection = ["-h", home, "-U", "wxgate"];
  const settings = ["listen_addresses=", `unix_socket_directories=${home}`, "fsync=off", "max_connections=60"];
  const flags = settings.flatMap((setting) => ["-c", setting]);
  let server: ChildProcess | undefined;

  async function launch(): Promise<void> {
    server = spawn(join(binaries, "postgres"), ["-D", data, ...flags], {
      ...child,
      stdio: ["ignore", "ignore", "pipe"],
    });
    await ready(server);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = server;
    if (running === undefined || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    if (running.kill(signal)) await gone;
  }

  try {
    await run(join(binaries, "initdb"), ["-D", data, "-U", "wxgate", "-A", "trust", "-E", "UTF8", "--no-sync"], child);
    await launch();
  } catch (error) {
    server?.kill("SIGKILL");
    await rm(home, { recursive: true, force: true });
    throw error;
  }

  let count = 0;
  return {
    async createDatabase() {
      const name = `wxgate_${++count}`;
      await run(join(binaries, "psql"), [...connection, "-d", "postgres", "-c", `create schema ${name}`], child);
      const options = encodeURIComponent(`-c search_path=${name}`);
      return `postgres://wxgate@localhost/postgres?host=${encodeURIComponent(home)}&options=${options}`;
    },
    interrupt: () => end("SIGINT"),
    resume: launch,
    async stop() {
      // Immediate: what it holds is thrown away.
      await end("SIGQUIT");
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(["-u", "-g"].map(async (flag) => (await run("id", [flag, "postgres"])).stdout));
  return { uid: Number(uid), gid: Number(gid) };
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    const timer = setTimeout(() => reject(new Error(`PostgreSQL was not ready in time: ${log}`)), START_MS);
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`PostgreSQL ended with ${code}: ${log}`)));
    server.stderr?.on("data", (chunk: Buffer) => {
      log = `${log}${chunk.toString()}`.slice(-4000);
      if (!log.includes("ready to accept connections")) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
