import {
  type ChannelPorts,
  type InboundEvent,
  type InboundMessage,
  isObject,
  numberField,
  type ServedBy,
  textField,
  withTimeLimit,
} from "@wxgate/core";
import type { KfApi } from "./api.ts";
import { concernsAccount } from "./errors.ts";
import { SESSION, type SessionState } from "./wire.ts";

/** Customers whom a human serves, as far as we know; shared by all gateways. */
export interface Sessions {
  /** Takes what an event of the stream says. */
  note(event: InboundEvent): Promise<void>;
  /** We moved the session, or found it moved: the platform sends no event for that. */
  changed(openKfId: string, peer: string, servedBy: ServedBy, operator?: string): Promise<void>;
  /**
   * A customer whom a human serves wrote: asks the platform whether that is still so, since a session also ends by
   * itself after 48 hours, without an event. Over within `RECHECK_MS`; never throws.
   */
  recheck(openKfId: string, live: readonly InboundMessage[], signal: AbortSignal): Promise<void>;
  /**
   * Takes customers back from humans who wrote nothing for `idleMs`, and notices sessions that ended by themselves.
   *
   * @throws what would fail for every customer of the account
   */
  sweep(openKfId: string, idleMs: number | undefined, signal: AbortSignal): Promise<void>;
}

interface SessionsOptions {
  readonly channel: string;
  readonly api: Pick<KfApi, "sessionState" | "moveSession">;
  readonly ports: Pick<ChannelPorts, "inbox" | "state" | "clock" | "log">;
}

interface Served {
  readonly peer: string;
  readonly since: number;
  /** When the human last did something. */
  readonly activeAt: number;
  /** When the platform was last asked. */
  readonly checkedAt: number;
  readonly operator?: string;
}

const RECHECK_AFTER_MS = 60_000;
const RECHECK_MS = 3_000;
const RECHECKS_AT_ONCE = 8;
/** A session lives no longer than this, so nothing is asked more often without a reason. */
const SWEEP_AFTER_MS = 30 * 60_000;

export function createSessions({ channel, api, ports }: SessionsOptions): Sessions {
  const { inbox, state, clock, log } = ports;
  const prefixOf = (openKfId: string) => `human:${openKfId}|`;

  async function save(openKfId: string, served: Served): Promise<void> {
    const { peer, ...rest } = served;
    await state.set(prefixOf(openKfId) + peer, rest);
  }

  async function forget(openKfId: string, peer: string): Promise<void> {
    await state.delete(prefixOf(openKfId) + peer);
  }

  async function served(openKfId: string): Promise<readonly Served[]> {
    const prefix = prefixOf(openKfId);
    return (await state.list(prefix)).map(({ key, value }) => fromJson(key.slice(prefix.length), value));
  }

  async function announce(openKfId: string, peer: string, servedBy: ServedBy, operator?: string): Promise<void> {
    const now = clock.now();
    const event: InboundEvent = {
      kind: "session-changed",
      id: `session-${peer}-${servedBy}-${now}`,
      at: new Date(now),
      from: { channel, account: openKfId, kind: "direct", peer },
      servedBy,
      ...(operator === undefined ? {} : { operator }),
    };
    await inbox.accept({ messages: [], events: [event] });
  }

  async function changed(openKfId: string, peer: string, servedBy: ServedBy, operator?: string): Promise<void> {
    const now = clock.now();
    if (servedBy === "bot") await forget(openKfId, peer);
    else await save(openKfId, { peer, since: now, activeAt: now, checkedAt: now, ...(operator ? { operator } : {}) });
    await announce(openKfId, peer, servedBy, operator);
  }

  /** Asks the platform; the session is ours again when no human has it. */
  async function check(openKfId: string, entry: Served, signal: AbortSignal): Promise<SessionState> {
    const found = await api.sessionState(openKfId, entry.peer, signal);
    if (isHumans(found.state)) await save(openKfId, { ...entry, checkedAt: clock.now() });
    else await changed(openKfId, entry.peer, "bot");
    return found.state;
  }

  async function takeBack(openKfId: string, entry: Served, signal: AbortSignal): Promise<void> {
    await api.moveSession(openKfId, entry.peer, { state: SESSION.assistant }, signal);
    log.info({ account: openKfId, peer: entry.peer }, "taken back from an idle human");
    await changed(openKfId, entry.peer, "bot");
  }

  /** One customer's trouble keeps no other waiting. */
  async function apart(openKfId: string, { peer }: Served, signal: AbortSignal, work: () => Promise<unknown>) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted || concernsAccount(error)) throw error;
      log.warn({ err: error, account: openKfId, peer }, "a customer's session could not be checked or taken back");
    }
  }

  return {
    async note(event) {
      const { account, peer } = event.from;
      const at = event.at.getTime();
      if (event.kind === "session-changed" && event.servedBy === "bot") return forget(account, peer);
      if (event.kind !== "session-changed" && event.kind !== "operator-wrote") return;
      const before = fromJson(peer, await state.get(prefixOf(account) + peer));
      const operator = event.operator ?? before.operator;
      await save(account, {
        ...before,
        since: before.since || at,
        activeAt: Math.max(before.activeAt, at),
        checkedAt: Math.max(before.checkedAt, at),
        ...(operator === undefined ? {} : { operator }),
      });
    },
    changed,
    async recheck(openKfId, live, signal) {
      if (live.length === 0) return;
      try {
        const writers = new Set(live.map(({ from }) => from.peer));
        const due = (await served(openKfId)).filter(
          ({ peer, checkedAt }) => writers.has(peer) && clock.now() - checkedAt > RECHECK_AFTER_MS,
        );
        await withTimeLimit(clock, RECHECK_MS, signal, async (limit) => {
          for (let start = 0; start < due.length; start += RECHECKS_AT_ONCE) {
            const group = due.slice(start, start + RECHECKS_AT_ONCE);
            await Promise.all(group.map((entry) => apart(openKfId, entry, limit, () => check(openKfId, entry, limit))));
          }
        });
      } catch (error) {
        log.info({ err: error, account: openKfId }, "session states could not be checked");
      }
    },
    async sweep(openKfId, idleMs, signal) {
      const now = clock.now();
      for (const entry of await served(openKfId)) {
        const idle = idleMs !== undefined && now - entry.activeAt >= idleMs;
        if (!idle && now - entry.checkedAt < SWEEP_AFTER_MS) continue;
        await apart(openKfId, entry, signal, async () => {
          const found = await check(openKfId, entry, signal);
          if (idle && isHumans(found)) await takeBack(openKfId, entry, signal);
        });
      }
    },
  };
}

export function isHumans(state: SessionState): boolean {
  return state === SESSION.pool || state === SESSION.human;
}

function fromJson(peer: string, value: unknown): Served {
  const source = isObject(value) ? value : {};
  const operator = textField(source, "operator");
  return {
    peer,
    since: numberField(source, "since") ?? 0,
    activeAt: numberField(source, "activeAt") ?? 0,
    checkedAt: numberField(source, "checkedAt") ?? 0,
    ...(operator === undefined ? {} : { operator }),
  };
}
