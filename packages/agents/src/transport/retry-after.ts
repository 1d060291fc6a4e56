const LONGEST_MS = 24 * 3_600_000;

/** `Retry-After` in seconds or as an HTTP date, at most a day ahead; undefined when it is absent or unreadable. */
export function parseRetryAfter(value: string | null, nowMs: number): Date | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  const at = /^\d{1,9}$/.test(text) ? nowMs + Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  return new Date(Math.min(Math.max(at, nowMs), nowMs + LONGEST_MS));
}
