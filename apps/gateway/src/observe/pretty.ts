const COLOURS: Readonly<Record<string, string>> = { debug: "2", info: "36", warn: "33", error: "31" };
const HIDDEN = new Set(["level", "time", "msg", "err"]);

/** One log line for people at a terminal: `10:00:01 WARN  delivery failed, will retry  channel=support attempt=2`. */
export function prettyLine(line: string, inColour: boolean): string {
  const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const { level, time, msg, err } = entry;
  const label = String(level).toUpperCase().padEnd(5);
  const fields = Object.entries(entry)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `  ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
  const coloured = inColour ? `\u001b[${COLOURS[String(level)] ?? "0"}m${label}\u001b[0m` : label;
  return `${String(time).slice(11, 19)} ${coloured} ${String(msg)}${fields}${prettyError(err)}\n`;
}

function prettyError(error: unknown): string {
  if (error === null || typeof error !== "object") return "";
  const { message, hint } = error as { message?: unknown; hint?: unknown };
  return `\n         ${String(message)}${hint === undefined ? "" : `\n         ${String(hint)}`}`;
}
