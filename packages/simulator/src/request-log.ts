import { parseJsonObject } from "./json.ts";

/** One exchange with the outside: a request the simulator got, or a callback it sent. */
export interface LogEntry {
  readonly seq: number;
  readonly kind: "request" | "callback";
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed when it is JSON, else text. For a callback: the XML or JSON before encryption. */
  readonly body: unknown;
  readonly status: number | null;
  readonly answer: unknown;
  readonly errcode: number | null;
  readonly durationMs: number;
  /** Faults that struck, and what went wrong on the wire. */
  readonly notes: readonly string[];
  readonly truncated?: true;
}

export interface NewLogEntry {
  readonly kind: "request" | "callback";
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly status: number | null;
  readonly answer: string;
  readonly errcode?: number;
  readonly durationMs: number;
  readonly notes?: readonly string[];
}

export interface LogQuery {
  /** Only entries with a larger `seq`. */
  readonly since?: number;
  readonly kind?: "request" | "callback";
  readonly path?: string;
  /** The newest so many of the matching ones. */
  readonly limit?: number;
}

export interface RequestLog {
  add(entry: NewLogEntry): void;
  read(query?: LogQuery): { readonly next: number; readonly dropped: number; readonly entries: readonly LogEntry[] };
  clear(): void;
}

const MAX_TEXT = 32_768;
const MAX_TOTAL_CHARS = 48 * 1024 * 1024;

type Kept = NewLogEntry & { readonly seq: number; readonly chars: number; readonly cut: boolean };

/** @param capacity how many entries are kept; older ones are dropped and counted. */
export function createRequestLog(capacity = 10_000): RequestLog {
  let kept: Kept[] = [];
  let first = 0;
  let chars = 0;
  let seq = 0;
  let dropped = 0;

  function dropOldest(): void {
    chars -= (kept[first] as Kept).chars;
    first += 1;
    dropped += 1;
    if (first > 1024 && first > kept.length / 2) {
      kept = kept.slice(first);
      first = 0;
    }
  }

  return {
    add(entry) {
      if (capacity <= 0) return;
      const body = shorten(entry.body);
      const answer = shorten(entry.answer);
      seq += 1;
      const size = body.length + answer.length;
      const cut = body.length < entry.body.length || answer.length < entry.answer.length;
      kept.push({ ...entry, body, answer, seq, chars: size, cut });
      chars += size;
      while (kept.length - first > capacity || chars > MAX_TOTAL_CHARS) dropOldest();
    },
    read({ since = 0, kind, path, limit } = {}) {
      const matching = kept
        .slice(first)
        .filter((e) => e.seq > since && (!kind || e.kind === kind) && (!path || e.path.includes(path)));
      const chosen = limit === undefined ? matching : matching.slice(-limit);
      return { next: seq, dropped, entries: chosen.map(present) };
    },
    clear() {
      kept = [];
      first = 0;
      chars = 0;
      dropped = 0;
    },
  };
}

/** Copies the part that is kept: a plain slice would hold the whole text in memory. */
function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : Buffer.from(text.slice(0, MAX_TEXT)).toString();
}

function present(entry: Kept): LogEntry {
  const { seq, kind, method, path, status, durationMs, notes = [] } = entry;
  return {
    seq,
    kind,
    at: new Date(entry.atMs).toISOString(),
    method,
    path,
    query: Object.fromEntries(entry.query),
    body: parseJsonObject(entry.body) ?? entry.body,
    status,
    answer: parseJsonObject(entry.answer) ?? entry.answer,
    errcode: entry.errcode ?? null,
    durationMs,
    notes,
    ...(entry.cut ? { truncated: true as const } : {}),
  };
}
