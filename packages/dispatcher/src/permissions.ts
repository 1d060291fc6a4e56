import { createHash } from "node:crypto";
import { type Address, type Clock, type Permission, type Sender, type Store, withoutMiddle } from "@wxgate/core";
import type { Activity } from "./activity.ts";
import { codeOf } from "./code.ts";

/** No channel's id begins like this. */
const STATE = "_permissions";
/** How soon a decision is seen, wherever it was made. */
const LOOK_EVERY_MS = 250;
const PATIENCE_MS = 600_000;
/** Within this time a repeat of the turn may ask the same again; no other turn reads the decision. */
const KEPT_MS = 3_600_000;
const LONGEST_ACTION = 2_000;

/** What an agent may do only if the operator lets it. */
export type PermissionRequest = {
  readonly code: string;
  readonly turn: string;
  readonly agent: string;
  readonly conversation: Address;
  readonly sender: Sender;
  readonly action: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number;
};

export interface PermissionPlace {
  readonly turn: string;
  readonly agent: string;
  readonly conversation: Address;
  readonly sender: Sender;
  /** Counts what this attempt of the turn asked before: a repeat asks the same again under the same code. */
  readonly ordinal: number;
}

/** Where turns wait for the operator. Everything is kept in the store, for all gateways on it. */
export interface Permissions {
  /**
   * False when the operator says no, or nothing in time.
   *
   * @throws the signal's reason; what was asked is taken back, unless `keeps` says that the turn comes again.
   */
  ask(permission: Permission, place: PermissionPlace, signal: AbortSignal): Promise<boolean>;
  /** What waits for a decision, oldest first. */
  requests(): Promise<readonly PermissionRequest[]>;
  /** Undefined: nobody asks this, or not any more. */
  decide(code: string, granted: boolean): Promise<PermissionRequest | undefined>;
  /** Turns that wait now: they do no work. */
  waiting(): number;
}

export interface PermissionsOptions {
  readonly store: Pick<Store, "state">;
  readonly clock: Clock;
  /** Something waits: to be told to the operator. */
  onAsked(request: PermissionRequest): void;
  /** A turn began to wait: another may work in its place. */
  onRest(): void;
  /** Whether a turn that was stopped for this reason is claimed again. */
  keeps(reason: unknown): boolean;
}

type Row = PermissionRequest & {
  readonly granted?: boolean;
};

export function createPermissions({ store, clock, onAsked, onRest, keeps }: PermissionsOptions): Permissions {
  const state = store.state(STATE);
  let waiting = 0;
  const keyOf = (code: string) => `request|${code.trim().toUpperCase()}`;
  const read = async (code: string) => (await state.get(keyOf(code))) as Row | undefined;

  /** What an interrupted attempt asked is asked still, and may have been decided on meanwhile. */
  async function place(
    { action, fingerprint, timeoutMs = PATIENCE_MS }: Permission,
    of: PermissionPlace,
  ): Promise<Row> {
    const { ordinal, ...where } = of;
    const code = codeOf(
      createHash("sha256")
        .update(JSON.stringify([of.turn, of.agent, ordinal, action, fingerprint]))
        .digest(),
    );
    const known = await read(code);
    if (known !== undefined) return known;
    const createdAt = clock.now();
    const request = { code, ...where, action: withoutMiddle(action, LONGEST_ACTION), createdAt };
    const row: Row = { ...request, expiresAt: createdAt + timeoutMs };
    await state.set(keyOf(code), row, { ttlMs: timeoutMs });
    onAsked(row);
    return row;
  }

  async function decided({ code, expiresAt }: Row, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      signal.throwIfAborted();
      const granted = (await read(code))?.granted;
      if (granted !== undefined) return granted;
      if (clock.now() >= expiresAt) return false;
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  return {
    async ask(permission, of, signal) {
      const row = await place(permission, of);
      waiting += 1;
      onRest();
      try {
        return await decided(row, signal);
      } catch (error) {
        if (!keeps(signal.reason)) await state.delete(keyOf(row.code));
        throw error;
      } finally {
        waiting -= 1;
      }
    },

    async requests() {
      const rows = (await state.list("request|")).map(({ value }) => value as Row);
      return rows.filter(({ granted }) => granted === undefined).sort((a, b) => a.createdAt - b.createdAt);
    },

    async decide(code, granted) {
      const row = await read(code);
      if (row === undefined || row.granted !== undefined) return undefined;
      const settled: Row = { ...row, granted };
      const options = { ttlMs: KEPT_MS };
      const mine = await state.compareAndSet(keyOf(code), row, settled, options);
      return mine ? row : undefined;
    },

    waiting: () => waiting,
  };
}

/** Asks for one attempt of a turn, whose own time rests while the operator thinks. */
export function askingOperator(
  permissions: Permissions,
  place: Omit<PermissionPlace, "ordinal">,
  limit: Pick<Activity, "rest" | "goOn">,
  signal: AbortSignal,
): (permission: Permission) => Promise<void> {
  let asked = 0;
  let open = 0;
  return async (permission) => {
    const ordinal = asked;
    asked += 1;
    open += 1;
    limit.rest();
    try {
      permission.decide(await permissions.ask(permission, { ...place, ordinal }, signal));
    } finally {
      open -= 1;
      if (open === 0 && !signal.aborted) limit.goOn();
    }
  };
}
