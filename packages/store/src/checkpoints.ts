import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { sqliteLibrary } from "./sqlite-database.ts";

/** Copies the write-ahead log into the database, on a thread with a connection of its own. */
export interface Checkpoints {
  /**
   * Copies what is committed at the call; others may go on writing. When nobody does, all of it is copied, and the next commit
   * begins the log anew. One at a time.
   *
   * @throws what SQLite or the thread says; nothing is lost, the log stays as it is
   */
  run(): Promise<void>;
  close(): Promise<void>;
}

/** @param path The database. The thread starts with the first run: a gateway with little to do never needs it. */
export function createCheckpoints(path: string): Checkpoints {
  let thread: Worker | undefined;

  function start(): Worker {
    const started = new Worker(new URL("./checkpoint-thread.mjs", import.meta.url), {
      workerData: { path, library: sqliteLibrary() },
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 },
      execArgv: [],
      // All it ever says there is Node's warning about its own SQLite.
      stderr: true,
    });
    started.on("error", () => {
      // Whoever waits for it hears of it in `ask`; one that dies while nobody does is started anew by the next run.
    });
    started.once("exit", () => {
      thread = undefined;
    });
    return started;
  }

  async function ask(of: Worker): Promise<{ readonly error?: string }> {
    // Only while it is waited for does it keep the process alive.
    of.ref();
    try {
      const answer = once(of, "message");
      of.postMessage("run");
      return (await answer)[0];
    } finally {
      of.unref();
    }
  }

  return {
    async run() {
      thread ??= start();
      const { error } = await ask(thread);
      if (error !== undefined) throw new Error(error);
    },
    async close() {
      if (thread === undefined) return;
      thread.ref();
      const ended = once(thread, "exit");
      thread.postMessage("close");
      await ended;
    },
  };
}
