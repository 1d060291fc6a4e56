import {
  type Clock,
  isObject,
  type JsonObject,
  type Logger,
  listField,
  numberField,
  type State,
  textField,
  withTimeLimit,
} from "@wxgate/core";
import type { KfApi } from "./api.ts";

interface Customer {
  readonly name?: string;
  readonly avatarUrl?: string;
  /** Accounts the customer was seen on. */
  readonly accounts: readonly string[];
}

export interface Customers {
  /**
   * Notes that these people were seen on an account and gives the names that are known, asking the platform for at most
   * `BATCH` new ones. Names are nice to have: it is over within `LOOK_UP_MS` and never throws.
   */
  lookUp(openKfId: string, peers: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, NamedCustomer>>;
  /** Accounts this person was seen on. */
  accountsOf(peer: string): Promise<readonly string[]>;
}
export type NamedCustomer = Pick<Customer, "name" | "avatarUrl">;

/** `kf/customer/batchget` takes so many. */
const BATCH = 100;
const LOOK_UP_MS = 2_000;
/** People rename themselves; and who had no name a moment ago may have one soon. */
const REFRESH_MS = 24 * 3_600_000;
const RETRY_MS = 10 * 60_000;
/** In memory; the rest is in `state`. */
const REMEMBERED = 5_000;

interface Entry extends Customer {
  /** When the platform was asked. */
  readonly askedAt: number;
}

interface CustomersOptions {
  readonly api: Pick<KfApi, "customers">;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createCustomers({ api, state, clock, log }: CustomersOptions): Customers {
  /** In order of use, the oldest first. */
  const remembered = new Map<string, Entry>();

  async function recall(peer: string): Promise<Entry | undefined> {
    const entry = remembered.get(peer) ?? fromJson(await state.get(keyOf(peer)));
    if (entry !== undefined) remember(peer, entry);
    return entry;
  }

  function remember(peer: string, entry: Entry): void {
    remembered.delete(peer);
    remembered.set(peer, entry);
    const oldest = remembered.size > REMEMBERED ? remembered.keys().next().value : undefined;
    if (oldest !== undefined) remembered.delete(oldest);
  }

  async function save(peer: string, entry: Entry): Promise<void> {
    remember(peer, entry);
    await state.set(keyOf(peer), toJson(entry));
  }

  function isStale(entry: Entry | undefined): boolean {
    if (entry === undefined) return true;
    return clock.now() - entry.askedAt > (entry.name === undefined ? RETRY_MS : REFRESH_MS);
  }

  /** What the platform says; nothing when it is slow or refuses, which the log tells. */
  async function ask(peers: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, NamedCustomer>> {
    try {
      return await withTimeLimit(clock, LOOK_UP_MS, signal, (limit) => api.customers(peers, limit));
    } catch (error) {
      log.info({ err: error, customers: peers.length }, "customers' names could not be looked up");
      return new Map();
    }
  }

  async function lookUp(openKfId: string, peers: readonly string[], signal: AbortSignal) {
    const distinct = [...new Set(peers)];
    const entries = new Map(await Promise.all(distinct.map(async (peer) => [peer, await recall(peer)] as const)));
    const unknown = distinct.filter((peer) => isStale(entries.get(peer))).slice(0, BATCH);
    const answers = unknown.length === 0 ? new Map<string, NamedCustomer>() : await ask(unknown, signal);
    const asked = new Set(unknown);
    const names = new Map<string, NamedCustomer>();
    for (const [peer, before] of entries) {
      const { name, avatarUrl } = answers.get(peer) ?? before ?? {};
      const named = { ...(name === undefined ? {} : { name }), ...(avatarUrl === undefined ? {} : { avatarUrl }) };
      if (name !== undefined) names.set(peer, named);
      const accounts = [...new Set([...(before?.accounts ?? []), openKfId])];
      if (!asked.has(peer) && before?.accounts.includes(openKfId)) continue;
      await save(peer, { ...named, accounts, askedAt: asked.has(peer) ? clock.now() : (before?.askedAt ?? 0) });
    }
    return names;
  }

  return {
    async lookUp(openKfId, peers, signal) {
      if (peers.length === 0) return new Map();
      try {
        return await lookUp(openKfId, peers, signal);
      } catch (error) {
        log.warn({ err: error, account: openKfId }, "customers could not be noted");
        return new Map();
      }
    },
    accountsOf: async (peer) => (await recall(peer))?.accounts ?? [],
  };
}

function keyOf(peer: string): string {
  return `customer:${peer}`;
}

function toJson({ name, avatarUrl, accounts, askedAt }: Entry): JsonObject {
  return { name, avatarUrl, accounts, askedAt };
}

function fromJson(value: unknown): Entry | undefined {
  if (!isObject(value)) return undefined;
  const name = textField(value, "name");
  const avatarUrl = textField(value, "avatarUrl");
  return {
    ...(name === undefined ? {} : { name }),
    ...(avatarUrl === undefined ? {} : { avatarUrl }),
    accounts: listField(value, "accounts").filter((account) => typeof account === "string"),
    askedAt: numberField(value, "askedAt") ?? 0,
  };
}
