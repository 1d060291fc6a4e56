import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import { type FastifyRequest, fastify } from "fastify";
import { validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { WITHOUT_JSON_SCHEMA } from "../without-json-schema.ts";
import { type Auth, createAuth } from "./auth.ts";
import type { DescribedRoute } from "./describe-api.ts";
import type { GatewayView } from "./gateway.ts";
import { problem, sendProblem, toProblem, unknownPath } from "./problem.ts";
import { agentRoutes } from "./routes/agents.ts";
import { channelRoutes } from "./routes/channels.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { eventRoutes } from "./routes/events.ts";
import { mcpRoutes } from "./routes/mcp.ts";
import { mediaRoutes, uploadRoutes } from "./routes/media.ts";
import { messageRoutes } from "./routes/messages.ts";
import { pairingRoutes } from "./routes/pairing.ts";
import { permissionRoutes } from "./routes/permissions.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { systemRoutes } from "./routes/system.ts";
import { turnRoutes } from "./routes/turns.ts";
import type { AdminApp } from "./types.ts";

const BODY_LIMIT_BYTES = 1_048_576;

/** The API, metrics and media; for the operator, the console and the commands. Knows the gateway only by its view. */
export async function createAdminApp(view: GatewayView, token: string): Promise<AdminApp> {
  const base = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    schemaController: WITHOUT_JSON_SCHEMA,
  });
  const app = base.withTypeProvider<ZodTypeProvider>() as unknown as AdminApp;
  const auth = createAuth(token, view.clock, view.random);
  app.setValidatorCompiler(validatorCompiler);
  // Answers are built by us and read-only rows of the store: described, but not parsed a second time.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  const described: DescribedRoute[] = [];
  base.addHook("onRoute", ({ method, url, schema }) => {
    if (method !== "HEAD") described.push({ method, url, ...(schema && { schema }) });
  });

  takeEmptyBodies(app);
  await app.register(cookie);
  await app.register(helmet, { contentSecurityPolicy: STRICT_CSP, hsts: false });
  guard(app, auth);
  auditChanges(app, view);
  handleErrors(app, view);

  await app.register(async (scope) => {
    const routes = scope as unknown as AdminApp;
    for (const add of [
      channelRoutes,
      agentRoutes,
      pairingRoutes,
      permissionRoutes,
      messageRoutes,
      scheduleRoutes,
      deliveryRoutes,
      turnRoutes,
      eventRoutes,
      mcpRoutes,
      mediaRoutes,
      uploadRoutes,
    ])
      add(routes, view);
    systemRoutes(routes, view, auth);
    routes.get("/api/openapi.json", { schema: { hide: true } }, async () => {
      // Loaded for those who ask: the document is made of every schema there is.
      const { describeApi } = await import("./describe-api.ts");
      return describeApi(described, view.version);
    });
  });

  await app.ready();
  return app;
}

const STRICT_CSP = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
};

/** Many clients say JSON with every call, also where there is nothing to send; what a route needs, its schema says. */
function takeEmptyBodies(app: AdminApp): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null);
    else parse(request, body as string, done);
  });
}

/** Everything is closed unless its route says that it is open. */
function guard(app: AdminApp, auth: Auth): void {
  app.addHook("onRequest", async (request, reply) => {
    const actor = auth.actorOf(request);
    if (actor) request.actor = actor;
    if (actor || request.routeOptions.config.open) return;
    reply.header("www-authenticate", 'Bearer realm="wxgate"');
    return sendProblem(reply, problem(401, "not-signed-in", "send the admin token: Authorization: Bearer <token>"));
  });
}

/** One row per call that changes something, stored before the caller hears of the outcome. */
function auditChanges(app: AdminApp, view: GatewayView): void {
  app.addHook("onSend", async (request, reply, payload) => {
    const { method, routeOptions } = request;
    const isUnknown = routeOptions.url === undefined || reply.statusCode === 401;
    if (method === "GET" || method === "HEAD" || method === "OPTIONS" || isUnknown) return payload;
    const subject = request.audited?.subject ?? (request.params as { id?: string }).id;
    try {
      await view.store.query.appendAudit({
        actor: actorOf(request),
        action: routeOptions.config.audit ?? `${method} ${routeOptions.url}`,
        ...(subject !== undefined && { subject }),
        detail: { status: reply.statusCode, address: request.ip, ...request.audited?.detail },
      });
    } catch (error) {
      if (reply.statusCode < 500) throw error;
      // What failed is told in any case; most often both failed for the same reason.
      view.log.error({ err: error, action: routeOptions.url }, "a refused change could not be recorded");
    }
    return payload;
  });
}

function actorOf(request: FastifyRequest): string {
  return request.actor ?? "console";
}

function handleErrors(app: AdminApp, view: GatewayView): void {
  app.setNotFoundHandler(unknownPath);
  app.setErrorHandler((error, request, reply) => {
    const known = toProblem(error);
    if (known) return sendProblem(reply, known);
    view.log.error({ err: error, method: request.method, route: request.routeOptions.url }, "admin request failed");
    return sendProblem(reply, problem(500, "internal", "this is a bug; the log says more"));
  });
}
