import type { Random, Wake } from "@wxgate/core";
import type { Operation } from "./sql.ts";

/** What an operation knows of its surroundings; a new one for each run. */
export interface Context {
  /** The store's clock when the operation began. */
  readonly now: number;
  readonly random: Random;
  /** Tells this and other gateways about new work, once it is committed. */
  wake(kind: Wake): void;
}

export type Work<T> = (context: Context) => Operation<T>;

/** Runs operations, each as one transaction. */
export interface Driver {
  /** Resolves once the work is durable. An operation may run more than once before that; nobody sees the earlier runs. */
  execute<T>(work: Work<T>): Promise<T>;
  /** The same before all that waits where work waits in line: for what a platform waits for. */
  executeFirst<T>(work: Work<T>): Promise<T>;
  /**
   * Resolves once the work is committed: it outlives the process, and the machine only from the next durable work on. For the
   * right to begin what may be begun again, and for what is stored behind what it read.
   */
  executeEarly<T>(work: Work<T>): Promise<T>;
  onWake(listener: (wake: Wake) => void): () => void;
  close(): Promise<void>;
}
