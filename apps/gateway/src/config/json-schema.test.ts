import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { registry } from "../registry.ts";
import { configJsonSchema } from "./json-schema.ts";

const PUBLISHED = new URL("../../assets/wxgate.schema.json", import.meta.url);

/** Every key anywhere in a JSON Schema, with what editors show of it: that stands beside `anyOf` and `$ref`, not in them. */
function* keysOf(schema: object, path = ""): Generator<[string, { readonly description?: unknown }]> {
  const { properties, ...others } = schema as { readonly properties?: Readonly<Record<string, object>> };
  for (const [key, value] of Object.entries(properties ?? {})) {
    yield [`${path}${key}`, value];
    yield* keysOf(value, `${path}${key}.`);
  }
  for (const inner of Object.values(others))
    if (typeof inner === "object" && inner !== null) yield* keysOf(inner, path);
}

describe("the published JSON Schema", () => {
  it("is up to date; if not: pnpm build && pnpm --filter @wxgate/gateway schema", async () => {
    const published = JSON.parse(readFileSync(PUBLISHED, "utf8"));

    // Not toEqual: the difference of two such files helps nobody.
    expect(isDeepStrictEqual(published, JSON.parse(JSON.stringify(await configJsonSchema(registry))))).toBe(true);
  });

  it("lets a placeholder stand for a number", async () => {
    const { properties } = (await configJsonSchema(registry)) as { properties: { server: object } };

    expect(JSON.stringify(properties.server)).toContain("\\\\$\\\\{");
  });

  it("says of every key what it does", async () => {
    const silent = [...keysOf(await configJsonSchema(registry))]
      .filter(([, { description }]) => typeof description !== "string" || description === "")
      .map(([path]) => path);

    expect(silent).toEqual([]);
  });

  it("takes in the defaults for all types what any of them takes", async () => {
    const { properties } = (await configJsonSchema(registry)) as unknown as {
      properties: { defaults: { properties: { "*": { properties: Record<string, object> } } } };
    };
    const { notices, dmPolicy } = properties.defaults.properties["*"].properties;

    expect([...keysOf(notices ?? {})].map(([path]) => path)).toEqual(
      expect.arrayContaining(["noHuman", "moreWaits", "miniprogram", "sendAgain", "failed"]),
    );
    expect(dmPolicy).toMatchObject({ default: "open" });
  });

  it("asks for no credential in the defaults", async () => {
    const { properties } = (await configJsonSchema(registry)) as unknown as {
      properties: { defaults: { properties: { kf: { properties: object } } } };
    };

    expect(Object.keys(properties.defaults.properties.kf.properties)).not.toContain("secret");
  });
});
