/** Counts what somebody gets within a span of time. */
export interface SpanLimit {
  /** Whether `amount` more may pass. Where it may not, the one who got too much may be blocked for a while. */
  hasRoom(key: string, amount: number, most: number): boolean;
  count(key: string, amount: number): void;
  clear(): void;
}

interface Span {
  readonly counted: { readonly at: number; readonly amount: number }[];
  sum: number;
  blockedUntil: number;
}

/** At most so much within any `spanMs`; who exceeds it gets nothing for `spanMs` more. */
export function createSlidingLimit(now: () => number, spanMs: number): SpanLimit {
  const spans = new Map<string, Span>();

  function current(key: string): Span {
    const span = spans.get(key) ?? { counted: [], sum: 0, blockedUntil: 0 };
    spans.set(key, span);
    while (span.counted[0] !== undefined && now() - span.counted[0].at >= spanMs) {
      span.sum -= span.counted.shift()?.amount ?? 0;
    }
    return span;
  }

  return {
    hasRoom(key, amount, most) {
      const span = current(key);
      if (now() < span.blockedUntil) return false;
      if (span.sum + amount <= most) return true;
      span.blockedUntil = now() + spanMs;
      return false;
    },
    count(key, amount) {
      const span = current(key);
      span.counted.push({ at: now(), amount });
      span.sum += amount;
    },
    clear: () => spans.clear(),
  };
}

const DAY_MS = 24 * 60 * 60_000;
/** The platform's days begin at midnight in China. */
const CHINA_MS = 8 * 60 * 60_000;

/** At most so much within one calendar day. */
export function createDayLimit(now: () => number): SpanLimit {
  const sums = new Map<string, number>();
  let countedDay = 0;

  function today(): Map<string, number> {
    const day = Math.floor((now() + CHINA_MS) / DAY_MS);
    if (day !== countedDay) sums.clear();
    countedDay = day;
    return sums;
  }

  return {
    hasRoom: (key, amount, most) => (today().get(key) ?? 0) + amount <= most,
    count: (key, amount) => void today().set(key, (today().get(key) ?? 0) + amount),
    clear: () => sums.clear(),
  };
}
