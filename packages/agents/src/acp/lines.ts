const LINE_FEED = 10;

/** Cuts bytes into lines of UTF-8, wherever the pieces begin and end. Empty lines are left out. */
export function readLines(
  mostBytes: number,
  onLine: (line: string) => void,
  onTooLong: () => void,
): (chunk: Uint8Array) => void {
  let parts: Uint8Array[] = [];
  let bytes = 0;

  function add(part: Uint8Array): boolean {
    bytes += part.byteLength;
    if (bytes > mostBytes) {
      parts = [];
      onTooLong();
      return false;
    }
    parts.push(part);
    return true;
  }

  return (chunk) => {
    for (let from = 0; from < chunk.byteLength; ) {
      const at = chunk.indexOf(LINE_FEED, from);
      if (!add(chunk.subarray(from, at === -1 ? chunk.byteLength : at))) return;
      if (at === -1) return;
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      bytes = 0;
      from = at + 1;
      if (line.trim() !== "") onLine(line);
    }
  };
}

const LONGEST_SHOWN_BYTES = 2_000;

/** Lines for a log: long ones are cut, and no more than `most` are taken in `perMs`; then how many were left out. */
export function readLogLines(
  { most, perMs, now }: { readonly most: number; readonly perMs: number; now(): number },
  onLine: (line: string) => void,
): (chunk: Uint8Array) => void {
  let line: Uint8Array[] = [];
  let bytes = 0;
  let since = now();
  let taken = 0;
  let leftOut = 0;

  function end(): void {
    const text = Buffer.concat(line).toString("utf8").trimEnd();
    line = [];
    bytes = 0;
    if (text === "") return;
    if (now() - since >= perMs) {
      if (leftOut > 0) onLine(`(${leftOut} lines left out)`);
      since = now();
      taken = 0;
      leftOut = 0;
    }
    taken += 1;
    if (taken <= most) onLine(text);
    else leftOut += 1;
  }

  return (chunk) => {
    for (let from = 0; from < chunk.byteLength; ) {
      const at = chunk.indexOf(LINE_FEED, from);
      const part = chunk.subarray(from, at === -1 ? chunk.byteLength : at);
      const kept = part.subarray(0, Math.max(0, LONGEST_SHOWN_BYTES - bytes));
      if (kept.byteLength > 0) line.push(kept.slice());
      bytes += kept.byteLength;
      if (at === -1) return;
      end();
      from = at + 1;
    }
  };
}
