import { RejectedError, type ScheduleTiming } from "@wxgate/core";
import { Cron } from "croner";

/**
 * The first due time after `after`; undefined: there is none any more.
 *
 * Over a change to summer time a time that does not exist is due at the end of the gap, and one that exists twice is due
 * once, where minutes and hours are written without wildcards; intervals ("*", "0-59/30") go on at their pace.
 */
export function nextDue(timing: ScheduleTiming, after: number): number | undefined {
  if (timing.kind === "once") return timing.at > after ? timing.at : undefined;
  return cronOf(timing).nextRun(new Date(after))?.getTime();
}

/** The last `count` due times up to and including `now`, the latest first. Only of cron expressions. */
export function lastDue(timing: ScheduleTiming & { kind: "cron" }, count: number, now: number): readonly number[] {
  // Looks strictly before its reference, in whole seconds.
  return cronOf(timing)
    .previousRuns(count, new Date(Math.floor(now / 1000) * 1000 + 1000))
    .map((date) => date.getTime());
}

/** @throws RejectedError in words that say what was written wrongly. */
export function checkTiming(timing: ScheduleTiming, now: number): void {
  if (timing.kind === "once") {
    if (timing.at > now) return;
    throw rejected(
      "schedule.past",
      `${new Date(timing.at).toISOString()} is over`,
      "give a time that is still to come",
    );
  }
  if (!isTimeZone(timing.timeZone)) {
    const hint = 'write it as "Asia/Shanghai", "Europe/Berlin" or "UTC"';
    throw rejected("schedule.time-zone", `there is no time zone "${timing.timeZone}"`, hint);
  }
  if (nextDue(timing, now) !== undefined) return;
  throw rejected("schedule.never", `"${timing.expression}" is never due`, "no such date exists");
}

function cronOf({ expression, timeZone }: ScheduleTiming & { kind: "cron" }): Cron {
  try {
    // A date is taken as well, and would be due once.
    if (/^\s*\d+-\d+-\d+/.test(expression)) throw new Error("it is a date");
    return new Cron(expression, {
      paused: true,
      mode: "5-or-6-parts",
      timezone: timeZone,
      fixedTimeRule: "no-wildcard",
    });
  } catch (error) {
    const hint = 'five fields: minute hour day month weekday, such as "0 9 * * 1-5"; six with seconds before them';
    const why = (error as Error).message.replace(/^CronPattern: /, "");
    throw rejected("schedule.expression", `"${expression}" is no cron expression: ${why}`, hint);
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    // That it throws is the answer.
    return false;
  }
}

function rejected(code: string, message: string, hint: string): RejectedError {
  return new RejectedError(message, { code, hint });
}
