import type { ClaimedTurn, Clock, Store } from "@wxgate/core";
import { LANES } from "./choose-agent.ts";

/** When a session ends by itself. */
export interface SessionReset {
  /** After nobody wrote for so long. */
  readonly idleMinutes?: number;
  /** Every day at this time, "04:00". */
  readonly dailyAt?: string;
  /** An IANA name, "Asia/Shanghai"; the machine's own when absent. */
  readonly timeZone?: string;
}

/** Is a session over by now in which something was said last at `lastAt`? */
export function isSessionOver(reset: SessionReset, lastAt: number, now: number): boolean {
  const { idleMinutes, dailyAt } = reset;
  if (idleMinutes !== undefined && now - lastAt >= idleMinutes * 60_000) return true;
  if (dailyAt === undefined || now <= lastAt) return false;
  const dayOf = createDays(dailyAt, reset.timeZone);
  return dayOf(now) > dayOf(lastAt);
}

/** Numbers the days that begin at `dailyAt` on the clocks of that place, whatever summer time does to them. */
function createDays(dailyAt: string, timeZone: string | undefined): (at: number) => number {
  const [hour = 0, minute = 0] = dailyAt.split(":").map(Number);
  const format = new Intl.DateTimeFormat("en-US", {
    ...(timeZone === undefined ? {} : { timeZone }),
    calendar: "gregory",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const day = Date.UTC(part("year"), part("month") - 1, part("day")) / 86_400_000;
    return part("hour") * 60 + part("minute") < hour * 60 + minute ? day - 1 : day;
  };
}

/** Longer than any session is meant to last. */
const KEEP_MS = 400 * 24 * 3_600_000;

interface Seen {
  readonly at: number;
  readonly turn: string;
}

export interface SessionKeeper {
  /** The session this turn belongs to: a new one when the lane's is over. */
  begin(): Promise<string>;
  /** Something was answered in it now. */
  end(): Promise<void>;
}

export function keepSession(
  turn: ClaimedTurn,
  reset: SessionReset | undefined,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): SessionKeeper {
  if (reset === undefined) return { begin: async () => turn.session, end: async () => {} };
  const state = store.state(LANES);
  const key = `seen|${turn.lane}`;
  const note = () => state.set(key, { at: clock.now(), turn: turn.id }, { ttlMs: KEEP_MS });
  return {
    async begin() {
      const last = (await state.get(key)) as Seen | undefined;
      // The same turn again has begun its session already.
      if (last === undefined || last.turn === turn.id || !isSessionOver(reset, last.at, clock.now()))
        return turn.session;
      const session = await store.newSession(turn.lane, turn.claim);
      await note();
      return session;
    },
    end: note,
  };
}
