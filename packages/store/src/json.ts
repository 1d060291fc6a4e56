import type { InboundEvent, JsonValue, StoredError } from "@wxgate/core";

/** What lies in the database was written by us. */
export function parseJson<T>(text: string): T {
  return JSON.parse(text) as T;
}

export function parseOptional<T>(text: string | null): T | undefined {
  return text === null ? undefined : (JSON.parse(text) as T);
}

export function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

export function errorField(text: string | null): { readonly error?: StoredError } {
  return text === null ? {} : { error: parseJson<StoredError>(text) };
}

/** Dates come back from JSON as text. */
export function parseEvent(text: string): InboundEvent {
  const raw = parseJson<Record<string, unknown>>(text);
  raw.at = new Date(raw.at as string);
  if (raw.answerBy !== undefined) raw.answerBy = new Date(raw.answerBy as string);
  return raw as unknown as InboundEvent;
}

/** Equal as JSON, whatever the order of the keys. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => sameJson(item, b[at]))
    );
  }
  const left = a as { readonly [key: string]: JsonValue | undefined };
  const right = b as { readonly [key: string]: JsonValue | undefined };
  const keys = (of: typeof left) => Object.keys(of).filter((key) => of[key] !== undefined);
  const names = keys(left);
  return (
    names.length === keys(right).length && names.every((name) => name in right && sameJson(left[name], right[name]))
  );
}
