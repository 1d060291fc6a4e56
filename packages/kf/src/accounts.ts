import {
  type Clock,
  type InboundEvent,
  type Inbox,
  isObject,
  type JsonObject,
  type Logger,
  numberField,
  type State,
  textField,
} from "@wxgate/core";
import type { KfAccount } from "./api.ts";
import type { KfConfig } from "./config.ts";

interface KnownAccount {
  readonly openKfId: string;
  readonly state: "enabled" | "disabled" | "deleted";
  readonly name?: string;
  /** Milliseconds since 1970. What was written before is history, and not answered. */
  readonly liveFrom: number;
}

export interface Accounts {
  /** Reads, once, what this and other gateways know. */
  load(): Promise<void>;
  all(): readonly KnownAccount[];
  get(openKfId: string): KnownAccount | undefined;
  /** Whether the operator wants this account served. */
  wanted(openKfId: string): boolean;
  /** A sign of life of an account: it is known and enabled from now on, live from `liveFrom` if it is new. */
  meet(openKfId: string, liveFrom: number): Promise<KnownAccount>;
  /** Takes what `account/list` says about all accounts. */
  reconcile(found: readonly KfAccount[], liveFrom: number): Promise<void>;
  /** The platform refuses the account: it is not pulled any more until it gives a sign of life. */
  drop(openKfId: string, state: "disabled" | "deleted"): Promise<void>;
  /** Resolves at the next change. */
  changed(): Promise<void>;
}

interface AccountsOptions {
  readonly channel: string;
  readonly filter: KfConfig["accounts"];
  readonly state: State;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly log: Logger;
}

const PREFIX = "account:";

/** The accounts of a corp and their life cycle, shared by all gateways. */
export function createAccounts({ channel, filter, state, inbox, clock, log }: AccountsOptions): Accounts {
  const known = new Map<string, KnownAccount>();
  let change = createSignal();
  let loading: Promise<void> | undefined;

  function announce(): void {
    const { fire } = change;
    change = createSignal();
    fire();
  }

  async function save(account: KnownAccount): Promise<void> {
    const before = known.get(account.openKfId);
    await state.set(PREFIX + account.openKfId, toJson(account));
    known.set(account.openKfId, account);
    if (before?.state === account.state) return;
    log.info({ account: account.openKfId, state: account.state }, "account changed");
    await inbox.accept({ messages: [], events: [changeEvent(channel, account, clock.now())] });
    announce();
  }

  async function meet(openKfId: string, liveFrom: number, name?: string): Promise<KnownAccount> {
    await load();
    const before = known.get(openKfId);
    if (before?.state === "enabled" && (name === undefined || name === before.name)) return before;
    if (before !== undefined) {
      const enabled: KnownAccount = { ...before, state: "enabled", ...(name === undefined ? {} : { name }) };
      await save(enabled);
      return enabled;
    }
    const fresh: KnownAccount = { openKfId, state: "enabled", liveFrom, ...(name === undefined ? {} : { name }) };
    // Of several gateways that meet an account together, one decides from when on it is answered.
    const first = await state.compareAndSet(PREFIX + openKfId, undefined, toJson(fresh));
    const agreed = first ? fresh : (fromJson(openKfId, await state.get(PREFIX + openKfId)) ?? fresh);
    if (first) await save(agreed);
    else known.set(openKfId, agreed);
    return agreed;
  }

  async function drop(openKfId: string, gone: "disabled" | "deleted"): Promise<void> {
    const account = known.get(openKfId);
    if (account !== undefined && account.state !== gone) await save({ ...account, state: gone });
  }

  function load(): Promise<void> {
    loading ??= readAll().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  }

  async function readAll(): Promise<void> {
    for (const { key, value } of await state.list(PREFIX)) {
      const account = fromJson(key.slice(PREFIX.length), value);
      if (account !== undefined) known.set(account.openKfId, account);
    }
  }

  const wanted = (openKfId: string): boolean =>
    (filter.allow === undefined || filter.allow.includes(openKfId)) && !filter.deny.includes(openKfId);

  return {
    load,
    all: () => [...known.values()],
    get: (openKfId) => known.get(openKfId),
    wanted,
    meet,
    async reconcile(found, liveFrom) {
      await load();
      for (const { openKfId, name, mayManage } of found) {
        if (!wanted(openKfId)) continue;
        if (mayManage) await meet(openKfId, liveFrom, name);
        else await drop(openKfId, "disabled");
      }
      const listed = new Set(found.map(({ openKfId }) => openKfId));
      for (const { openKfId } of [...known.values()]) if (!listed.has(openKfId)) await drop(openKfId, "deleted");
    },
    drop,
    changed: () => change.fired,
  };
}

function changeEvent(channel: string, account: KnownAccount, now: number): InboundEvent {
  const { openKfId, state, name } = account;
  return {
    kind: "account-changed",
    id: `account-${openKfId}-${state}-${now}`,
    at: new Date(now),
    from: { channel, account: openKfId, kind: "audience", peer: openKfId },
    state: state === "enabled" ? "added" : state,
    ...(name === undefined ? {} : { name }),
  };
}

function toJson({ state, name, liveFrom }: KnownAccount): JsonObject {
  return { state, liveFrom, ...(name === undefined ? {} : { name }) };
}

function fromJson(openKfId: string, value: unknown): KnownAccount | undefined {
  if (!isObject(value)) return undefined;
  const state = textField(value, "state");
  if (state !== "enabled" && state !== "disabled" && state !== "deleted") return undefined;
  const name = textField(value, "name");
  return { openKfId, state, liveFrom: numberField(value, "liveFrom") ?? 0, ...(name === undefined ? {} : { name }) };
}

function createSignal(): { readonly fired: Promise<void>; readonly fire: () => void } {
  let fire = () => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fired, fire };
}
