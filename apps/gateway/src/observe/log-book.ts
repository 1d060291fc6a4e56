/** The newest log lines, for those who ask and those who follow. */
export interface LogBook {
  /** One JSON line, as pino writes it. */
  write(line: string): void;
  recent(): readonly string[];
  /** Calls back for every later line. Returns the end of it. */
  follow(listener: (line: string) => void): () => void;
  /** These values are blotted out wherever they turn up in a line. */
  hide(secrets: readonly string[]): void;
}

const KEPT_LINES = 500;
/** Shorter values would blot out ordinary words. */
const SHORTEST_SECRET = 6;

/** @param out where lines go besides: the process's own log. */
export function createLogBook(out: (line: string) => void): LogBook {
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  let secrets: readonly string[] = [];

  return {
    write(line) {
      const clean = secrets.reduce((text, secret) => text.replaceAll(secret, "[redacted]"), line);
      out(clean);
      lines.push(clean);
      if (lines.length > KEPT_LINES) lines.shift();
      for (const listener of listeners) listener(clean);
    },
    recent: () => [...lines],
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    hide(values) {
      const long = values.filter((value) => value.length >= SHORTEST_SECRET);
      // As they look inside a JSON line, the longest first, so that no part of one is left over.
      secrets = [...new Set(long.map((value) => JSON.stringify(value).slice(1, -1)))].sort(
        (a, b) => b.length - a.length,
      );
    },
  };
}
