import { type Finding, note, ok } from "./finding.ts";

export interface QuotaLine {
  readonly account: string;
  readonly quota?: {
    readonly windowMs?: number;
    readonly sendsPerInbound?: number;
    readonly perMinute?: number;
    readonly perHour?: number;
  };
  readonly used?: { readonly open: number; readonly usedUp: number; readonly minute: number; readonly hour: number };
}

/** What is left of the platform's limits, as far as the gateway counts them: one line for each account that has some. */
export function quotaFindings(channel: string, accounts: readonly QuotaLine[]): readonly Finding[] {
  return accounts.flatMap(({ account, quota, used = { open: 0, usedUp: 0, minute: 0, hour: 0 } }) => {
    if (quota === undefined) return [];
    const { windowMs, sendsPerInbound, perMinute, perHour } = quota;
    const words: string[] = [];
    if (windowMs !== undefined) {
      words.push(`open conversations: ${used.open} (${spanOf(windowMs)} from the person's last message)`);
    }
    if (sendsPerInbound !== undefined) {
      words.push(`with all ${sendsPerInbound} messages used until the person writes: ${used.usedUp}`);
    }
    const rates = [
      ...(perMinute === undefined ? [] : [`${used.minute} of ${perMinute} in a minute`]),
      ...(perHour === undefined ? [] : [`${used.hour} of ${perHour} in an hour`]),
    ];
    if (rates.length > 0) words.push(`sends to the busiest: ${rates.join(", ")}`);
    if (words.length === 0) return [];
    const isTight = used.usedUp > 0 || (perMinute ?? Infinity) <= used.minute || (perHour ?? Infinity) <= used.hour;
    return [(isTight ? note : ok)("quota", `${channel}/${account}: ${words.join("; ")}`)];
  });
}

function spanOf(ms: number): string {
  const hours = ms / 3_600_000;
  return hours >= 1 ? `${Math.round(hours)} h` : `${Math.round(ms / 60_000)} min`;
}
