import swagger from "@fastify/swagger";
import { fastify, type RouteOptions } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { WITHOUT_JSON_SCHEMA } from "../without-json-schema.ts";

export type DescribedRoute = Pick<RouteOptions, "method" | "url" | "schema">;

/** The OpenAPI document of `routes`, by way of a server that never listens. */
export async function describeApi(routes: readonly DescribedRoute[], version: string): Promise<object> {
  const app = fastify({ logger: false, exposeHeadRoutes: false, schemaController: WITHOUT_JSON_SCHEMA });
  app.setValidatorCompiler(() => handler);
  app.setSerializerCompiler(() => handler);
  await app.register(swagger, {
    openapi: {
      info: { title: "wxgate admin API", version },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  await app.register(async (scope) => {
    for (const route of routes) scope.route({ ...route, handler });
  });
  await app.ready();
  return app.swagger();
}

function handler(): never {
  throw new Error("this server only describes");
}
