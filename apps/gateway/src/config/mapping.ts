import type { ConfigDocument, KeyPath } from "./document.ts";
import type { ConfigProblem } from "./problems.ts";
import { nearest } from "./suggest.ts";

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The answer to a `type` that is missing or that nobody knows. */
export function typeProblem(
  document: ConfigDocument,
  at: KeyPath,
  type: unknown,
  known: readonly string[],
  what: "agent" | "channel",
): ConfigProblem {
  const list = known.join(", ");
  if (type === undefined) return document.problem([...at, "type"], `is missing; one of ${list}`);
  return document.problem([...at, "type"], `there is no ${what} type "${String(type)}"; one of ${list}`, {
    suggestion: nearest(String(type), known),
  });
}
