import { TransientError } from "@wxgate/core";
import type { AgentPorts } from "../ports.ts";
import type { Connection } from "./connection.ts";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const USED_AGAIN = new Error("it is used again");

export interface HostOptions {
  readonly label: string;
  /** Processes at a time. */
  readonly most: number;
  /** One that nobody used for so long is ended. */
  readonly idleMs: number;
  readonly ports: Pick<AgentPorts, "clock" | "log">;
  /** Starts the process that works in this folder. */
  open(folder: string): Promise<Connection>;
}

/** The agent's processes, one for each folder: started when they are needed, and again after they broke down. */
export interface Host {
  /** Lends the process of a folder until `work` has ended. @throws TransientError while it may not start again yet. */
  use<T>(folder: string, work: (connection: Connection) => AsyncGenerator<T>): AsyncGenerator<T>;
  /** Ends them all; resolves when they are gone. */
  close(): Promise<void>;
}

interface Hosted {
  readonly folder: string;
  connection: Promise<Connection> | undefined;
  users: number;
  usedAt: number;
  /** Breakdowns since it last did its work. */
  breakdowns: number;
  notBefore: number;
  rest: AbortController | undefined;
}

export function createHost({ label, most, idleMs, ports, open }: HostOptions): Host {
  const { clock, log } = ports;
  const hosted = new Map<string, Hosted>();
  let closed = false;

  function entryOf(folder: string): Hosted {
    const known = hosted.get(folder);
    if (known !== undefined) return known;
    const entry = { folder, users: 0, usedAt: 0, breakdowns: 0, notBefore: 0, connection: undefined, rest: undefined };
    hosted.set(folder, entry);
    return entry;
  }

  function broke(entry: Hosted): void {
    entry.breakdowns += 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (entry.breakdowns - 1));
    entry.notBefore = clock.now() + pauseMs;
    log.warn({ breakdowns: entry.breakdowns, pauseMs }, "the agent's process broke down");
  }

  async function start(entry: Hosted): Promise<Connection> {
    try {
      await makeRoom(entry);
      const connection = await open(entry.folder);
      const mine = entry.connection;
      void connection.ended.then(() => {
        // Not one that was ended on purpose, and another in its place already.
        if (mine === undefined || entry.connection !== mine) return;
        entry.connection = undefined;
        broke(entry);
      });
      return connection;
    } catch (error) {
      entry.connection = undefined;
      if (!closed) broke(entry);
      throw error;
    }
  }
  async function stop(entry: Hosted): Promise<void> {
    const { connection } = entry;
    entry.connection = undefined;
    entry.rest?.abort(USED_AGAIN);
    await connection?.then(
      (one) => one.stop(),
      () => {
        // It never ran.
      },
    );
  }

  /** The one that rested longest makes way. */
  async function makeRoom(forEntry: Hosted): Promise<void> {
    const others = [...hosted.values()].filter((entry) => entry !== forEntry && entry.connection !== undefined);
    if (others.length < most) return;
    const [idle] = others.filter(({ users }) => users === 0).sort((a, b) => a.usedAt - b.usedAt);
    if (idle === undefined) {
      throw new TransientError(`${label} is at work in ${most} folders already`, {
        code: "agent.busy",
        hint: "Raise maxProcesses if the machine can carry more.",
      });
    }
    await stop(idle);
  }

  function connect(entry: Hosted): Promise<Connection> {
    if (entry.connection !== undefined) return entry.connection;
    if (clock.now() < entry.notBefore) {
      throw new TransientError(`${label} broke down and is not started again yet`, {
        code: "agent.restarting",
        until: { at: new Date(entry.notBefore) },
      });
    }
    entry.connection = start(entry);
    return entry.connection;
  }

  function restLater(entry: Hosted): void {
    entry.usedAt = clock.now();
    const rest = new AbortController();
    entry.rest = rest;
    clock.sleep(idleMs, rest.signal).then(
      () => stop(entry),
      () => {
        // Somebody uses it.
      },
    );
  }

  return {
    async *use(folder, work) {
      if (closed) throw new TransientError(`${label} is being stopped`, { code: "agent.stopped" });
      const entry = entryOf(folder);
      entry.rest?.abort(USED_AGAIN);
      entry.users += 1;
      try {
        yield* work(await connect(entry));
        entry.breakdowns = 0;
      } finally {
        entry.users -= 1;
        if (entry.users === 0 && entry.connection !== undefined) restLater(entry);
      }
    },
    async close() {
      closed = true;
      await Promise.all([...hosted.values()].map(stop));
    },
  };
}
