/**
 * For Fastify's `schemaController`. Its compilers for JSON Schema are large and loaded at once, although nothing here is
 * checked by JSON Schema: who checks otherwise sets compilers of its own.
 */
export const WITHOUT_JSON_SCHEMA = {
  compilersFactory: { buildValidator: refuse, buildSerializer: refuse },
} as const;

function refuse(): never {
  throw new Error("a route has a schema, and nothing was set to check it");
}
