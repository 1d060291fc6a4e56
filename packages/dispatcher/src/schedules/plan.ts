import type { ScheduleRow, ScheduleRunReason } from "@wxgate/core";
import { lastDue, nextDue } from "./timing.ts";

/** What is done about one schedule whose time has come. */
export interface Plan {
  readonly reason: ScheduleRunReason;
  readonly dueAt: number;
  /** Absent: it is not due any more. */
  readonly next?: number;
  /** Set: nothing is done for this many times. */
  readonly skipped?: number;
}

/** Within this time after it a due time counts as kept, not missed. */
const ON_TIME_MS = 60_000;
/** Of a policy that makes up for every missed time: most runs, the latest. */
const MOST_MISSED = 100;
/** Further skipped times are not counted. */
const MOST_COUNTED = 1_000;

export function planFiring({ timing, missed, nextAt }: ScheduleRow, now: number): Plan {
  const from = nextAt ?? now;
  const isLate = now - from > ON_TIME_MS;
  if (timing.kind === "once") {
    return { reason: isLate ? "missed" : "due", dueAt: from, ...(isLate && missed === "skip" && { skipped: 1 }) };
  }
  if (!isLate) return { reason: "due", dueAt: from, ...following(nextDue(timing, from)) };

  const passed = lastDue(timing, MOST_MISSED, now).filter((at) => at >= from);
  const latest = passed[0] ?? from;
  const earliest = passed.at(-1) ?? from;
  const skipTo = (next: number | undefined): Plan => ({
    reason: "missed",
    dueAt: from,
    skipped: countBetween(timing, from, next ?? now),
    ...following(next),
  });
  if (missed === "once") return { reason: "missed", dueAt: latest, ...following(nextDue(timing, latest)) };
  if (missed === "all") {
    if (earliest > from) return skipTo(earliest);
    return { reason: "missed", dueAt: from, ...following(nextDue(timing, from)) };
  }
  return skipTo(now - latest <= ON_TIME_MS ? latest : nextDue(timing, now));
}

/** Due times from `from` on, before `until`. */
function countBetween(timing: ScheduleRow["timing"], from: number, until: number): number {
  let count = 0;
  for (let at: number | undefined = from; at !== undefined && at < until && count < MOST_COUNTED; count++) {
    at = nextDue(timing, at);
  }
  return count;
}

function following(next: number | undefined): { readonly next?: number } {
  return next === undefined ? {} : { next };
}
