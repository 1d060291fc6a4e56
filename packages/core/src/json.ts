/** What `JSON.stringify` and `JSON.parse` give back unchanged. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A string that is not empty; a number becomes its decimal text. */
export function textField(source: JsonObject, name: string): string | undefined {
  const value = source[name];
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" ? String(value) : undefined;
}

/** A number, also one that came as text. */
export function numberField(source: JsonObject, name: string): number | undefined {
  const value = source[name];
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

export function objectField(source: JsonObject, name: string): JsonObject {
  const value = source[name];
  return isObject(value) ? value : {};
}

export function listField(source: JsonObject, name: string): readonly JsonValue[] {
  const value = source[name];
  return Array.isArray(value) ? value : [];
}
