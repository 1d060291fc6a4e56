import type { JsonObject, JsonValue } from "@wxgate/core";
import { isObject, listIn, objectIn } from "./json.ts";

/** Keywords that strict models refuse. */
const DROPPED = new Set(
  (
    "$schema $id $defs definitions additionalProperties patternProperties examples minLength maxLength minimum maximum " +
    "exclusiveMinimum exclusiveMaximum minItems maxItems minProperties maxProperties multipleOf pattern format uniqueItems"
  ).split(" "),
);
const VARIANTS = ["anyOf", "oneOf", "allOf"] as const;
/** Inlining can double at each step; a schema of this many nodes is no help to a model any more. */
const MOST_NODES = 20_000;

/** A schema as every model takes it: nothing referred to, no keyword that strict ones refuse. */
export function cleanSchema(schema: JsonObject): JsonObject {
  const root = schema;
  let nodes = 0;

  function clean(value: JsonValue | undefined, within: readonly string[]): JsonValue {
    nodes += 1;
    if (nodes > MOST_NODES || value === undefined) return {};
    if (Array.isArray(value)) return value.map((item: JsonValue) => clean(item, within));
    if (!isObject(value)) return value;
    if (typeof value.$ref === "string") return inlined(value.$ref, within);
    const entries = Object.entries(value).filter(([key]) => !DROPPED.has(key) && key !== "const");
    const cleaned: Record<string, JsonValue> = Object.fromEntries(
      entries.map(([key, child]) => [key, cleanKey(key, child, within)]),
    );
    if (value.const !== undefined) cleaned.enum = [value.const];
    return withoutNullVariants(cleaned);
  }

  function cleanKey(key: string, child: JsonValue | undefined, within: readonly string[]): JsonValue {
    // Under `properties` stand names, which may sound like keywords; values that are data stay as they are.
    if (key === "properties" && isObject(child)) {
      return Object.fromEntries(Object.entries(child).map(([name, property]) => [name, clean(property, within)]));
    }
    return key === "enum" || key === "default" || key === "required" ? (child ?? {}) : clean(child, within);
  }

  function inlined(reference: string, within: readonly string[]): JsonValue {
    const [, section, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(reference) ?? [];
    const found =
      section === undefined || name === undefined || within.includes(reference)
        ? undefined
        : objectIn(root[section])?.[name];
    return found === undefined ? {} : clean(found, [...within, reference]);
  }

  return clean(schema, []) as JsonObject;
}

function withoutNullVariants(schema: Record<string, JsonValue>): JsonObject {
  let cleaned: JsonObject = schema;
  for (const key of VARIANTS) {
    if (!Array.isArray(cleaned[key])) continue;
    const kept = listIn(cleaned[key]).filter((variant) => !isNull(variant));
    const { [key]: _, ...rest } = cleaned;
    const [only] = kept;
    if (kept.length === 1 && isObject(only)) cleaned = { ...rest, ...only };
    else cleaned = kept.length === 0 ? rest : { ...rest, [key]: kept };
  }
  return cleaned;
}

function isNull(variant: JsonValue): boolean {
  if (!isObject(variant)) return false;
  const choices = listIn(variant.enum);
  return variant.type === "null" || (choices.length === 1 && choices[0] === null);
}
