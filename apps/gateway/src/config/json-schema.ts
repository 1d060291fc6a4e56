import { z } from "zod";
import { loadTypes, type Registry } from "../registry.ts";
import { withAgentKeys } from "./agent-keys.ts";
import { withCommonKeys } from "./common.ts";
import { rootShape } from "./schema.ts";

type JsonSchema = { [key: string]: unknown };

/** The published JSON Schema of `wxgate.yaml`, for editors. The gateway itself checks more. */
export async function configJsonSchema(registry: Registry): Promise<JsonSchema> {
  const agentTypes = await loadTypes(registry.agents, Object.keys(registry.agents));
  const channelTypes = await loadTypes(registry.channels, Object.keys(registry.channels));
  const agents = [...agentTypes.loaded.values()].map(({ schema }) => withAgentKeys(schema));
  const channels = [...channelTypes.loaded.values()].map(({ schema, credentials }) =>
    relaxed(withCommonKeys(schema), ["type", ...credentials]),
  );
  const defaults = [...channelTypes.loaded].map(
    ([name, { schema, credentials }]) => [name, defaultsSchema(schema, credentials)] as const,
  );
  const everyKey = keysOfAny(defaults.map(([, schema]) => schema));
  const root = z.strictObject({
    ...rootShape,
    agents: z
      .record(z.string(), union(agents))
      .default({})
      .describe("Who answers: agents by a name of one's own, each of a type. Without any, `echo` answers."),
    channels: z
      .record(z.string(), union(channels))
      .default({})
      .describe("Where people write: channels by an id of one's own, each of a type."),
    defaults: z
      .strictObject({
        "*": z.strictObject(everyKey).optional().describe("For channels of every type that knows the key."),
        ...optional(defaults),
      })
      .prefault({})
      .describe(
        "Keys that channels inherit: those of their type stand before those of every type, and their own before both; `groups` are merged by key. Credentials are never inherited.",
      ),
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "wxgate configuration",
    ...(z.toJSONSchema(root, { io: "input", unrepresentable: "any", override: allowPlaceholder }) as JsonSchema),
  };
}

/** Keys may also come from `defaults`; only these are asked for under the channel itself. */
function relaxed(schema: z.ZodObject, asked: readonly string[]): z.ZodObject {
  const others = Object.keys(schema.shape).filter((key) => !asked.includes(key));
  return z.strictObject({
    ...schema.shape,
    ...Object.fromEntries(others.map((key) => [key, z.optional(schema.shape[key] as z.ZodType)])),
  });
}

function defaultsSchema(schema: z.ZodObject, credentials: readonly string[]): z.ZodObject {
  const shape = Object.entries(withCommonKeys(schema).shape).filter(
    ([key]) => key !== "type" && !credentials.includes(key),
  );
  return z.strictObject(Object.fromEntries(shape.map(([key, value]) => [key, z.optional(value as z.ZodType)])));
}

/** The keys of all types; one that types take differently takes what any of them does. */
function keysOfAny(schemas: readonly z.ZodObject[]): z.ZodRawShape {
  const keys = new Set(schemas.flatMap(({ shape }) => Object.keys(shape)));
  return Object.fromEntries([...keys].map((key) => [key, anyOf(schemas.flatMap(({ shape }) => shape[key] ?? []))]));
}

function anyOf(values: readonly z.core.$ZodType[]): z.ZodType {
  const said = values.map((value) => z.toJSONSchema(value, { io: "input", unrepresentable: "any" }));
  const kinds = said.map(({ description: _words, default: _value, ...kind }) => JSON.stringify(kind));
  const [first = z.never(), ...others] = values.filter((_, index) => kinds.indexOf(kinds[index] ?? "") === index);
  if (others.length === 0) return first as z.ZodType;
  return z
    .union([first, ...others])
    .optional()
    .describe(said[0]?.description ?? "");
}

function optional(entries: readonly (readonly [string, z.ZodObject])[]): Record<string, z.ZodType> {
  return Object.fromEntries(
    entries.map(([name, schema]) => [
      name,
      schema.optional().describe("For channels of this type: its own keys and those of every type."),
    ]),
  );
}

function union(schemas: readonly z.ZodType[]): z.ZodType {
  return z.union(schemas as [z.ZodType, ...z.ZodType[]]);
}

/** Wherever a bounded value is wanted, `${NAME}` may stand for it. */
function allowPlaceholder({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  const { type, enum: choices, pattern, minLength, maxLength } = jsonSchema;
  const number = type === "number" || type === "integer" || type === "boolean";
  const boundText = type === "string" && [choices, pattern, minLength, maxLength].some((bound) => bound !== undefined);
  if (!number && !boundText) return;
  const { description, default: fallback, ...bound } = jsonSchema;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  Object.assign(jsonSchema, {
    anyOf: [bound, { type: "string", pattern: "\\$\\{" }],
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
  });
}
