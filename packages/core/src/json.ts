/**
 * What `JSON.stringify` and `JSON.parse` give back unchanged. What is stored as such is declared as a `type`: to TypeScript
 * an `interface` is no `JsonObject`.
 */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first of these fields that holds a string that is not empty; a number becomes its decimal text. */
export function textField(source: JsonObject, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = source[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return undefined;
}

/** The first of these fields that holds a number, also one that came as text. */
export function numberField(source: JsonObject, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = source[name];
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number)) return number;
  }
  return undefined;
}

/** The first of these fields that holds an object, else an empty one. */
export function objectField(source: JsonObject, ...names: readonly string[]): JsonObject {
  for (const name of names) {
    const value = source[name];
    if (isObject(value)) return value;
  }
  return {};
}

export function listField(source: JsonObject, name: string): readonly JsonValue[] {
  const value = source[name];
  return Array.isArray(value) ? value : [];
}
