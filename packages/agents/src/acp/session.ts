import type { Turn } from "@wxgate/core";
import { fieldsOf, textIn } from "../json.ts";
import type { AgentPorts } from "../ports.ts";
import { abortable } from "../transport/abortable.ts";
import type { Failures } from "../transport/failures.ts";
import type { Connection } from "./connection.ts";

/** A session nobody spoke in for so long is begun anew. */
const FORGOTTEN_AFTER_MS = 90 * 24 * 3_600_000;
/** How long a prompt that was stopped may hold up the next one. */
const LEFT_BEHIND_MS = 5_000;

export interface McpServer {
  readonly name: string;
  readonly command?: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SessionOptions {
  readonly mcpServers: readonly McpServer[];
  readonly ports: Pick<AgentPorts, "state" | "clock" | "log">;
  readonly failures: Failures;
}

export interface Session {
  readonly id: string;
  /** The agent remembers nothing of it. */
  readonly isFresh: boolean;
}

/** The agent's session for ours: the one of before where the process knows it or can load it, else a new one. */
export async function openSession(connection: Connection, turn: Turn, options: SessionOptions): Promise<Session> {
  const { state, log } = options.ports;
  const stored = textIn(fieldsOf(await state.get(keyOf(turn)))?.id);
  if (stored !== undefined && (await isReady(connection, stored, options))) return { id: stored, isFresh: false };
  if (stored !== undefined) log.info({ turn: turn.id, session: turn.session }, "the agent's session begins anew");
  const answer = fieldsOf(await connection.call("session/new", place(connection, options)));
  const id = textIn(answer?.sessionId);
  if (id === undefined) throw options.failures.garbage("no sessionId to session/new");
  connection.sessions.add(id);
  return { id, isFresh: true };
}

/** Once the agent was told something in it. */
export async function keepSession({ state }: Pick<AgentPorts, "state">, turn: Turn, id: string): Promise<void> {
  await state.set(keyOf(turn), { id }, { ttlMs: FORGOTTEN_AFTER_MS });
}

async function isReady(connection: Connection, id: string, options: SessionOptions): Promise<boolean> {
  if (connection.sessions.has(id)) return isFree(connection, id, options);
  const { can } = connection;
  const method = can.resume ? "session/resume" : can.load ? "session/load" : undefined;
  if (method === undefined) return false;
  try {
    await connection.call(method, { sessionId: id, ...place(connection, options) });
    connection.sessions.add(id);
    return true;
  } catch (error) {
    options.ports.log.warn({ err: error }, "the agent could not load a session");
    return false;
  }
}

/** What was stopped in it must have ended; a prompt that does not end takes its session with it. */
async function isFree({ leftBehind, sessions }: Connection, id: string, { ports }: SessionOptions): Promise<boolean> {
  const left = leftBehind.get(id);
  if (left === undefined) return true;
  const waited = new AbortController();
  const timer = ports.clock.sleep(LEFT_BEHIND_MS, waited.signal).then(
    () => waited.abort(),
    () => {
      // It ended in time.
    },
  );
  try {
    await abortable(left, waited.signal);
    return true;
  } catch {
    sessions.delete(id);
    return false;
  } finally {
    leftBehind.delete(id);
    waited.abort();
    await timer;
  }
}

function place({ folder }: Connection, { mcpServers }: SessionOptions) {
  return { cwd: folder, mcpServers: mcpServers.map(wireServer) };
}

function wireServer({ name, command, args, env, url, headers }: McpServer) {
  const pairs = (record: Readonly<Record<string, string>>) =>
    Object.entries(record).map(([key, value]) => ({ name: key, value }));
  return url === undefined
    ? { name, command, args, env: pairs(env) }
    : { type: "http", name, url, headers: pairs(headers) };
}

function keyOf(turn: Turn): string {
  return `session/${turn.session}`;
}
