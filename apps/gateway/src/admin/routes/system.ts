import { withTimeLimit } from "@wxgate/core";
import { z } from "zod";
import { formatProblem } from "../../config/problems.ts";
import { systemClock } from "../../ports/clock.ts";
import { type Auth, SESSION_COOKIE, SESSION_MS } from "../auth.ts";
import { type GatewayView, healthOf } from "../gateway.ts";
import { Problem } from "../problem.ts";
import type { AdminApp } from "../types.ts";

const STORE_MS = 3_000;

/** Signing in, reload, readiness and metrics. */
export function systemRoutes(app: AdminApp, view: GatewayView, auth: Auth): void {
  sessionRoutes(app, view, auth);

  app.get(
    "/api/status",
    {
      schema: {
        summary: "The process: version, since when, what waits",
        tags: ["system"],
        response: {
          200: z.object({
            version: z.string(),
            startedAt: z.iso.datetime(),
            pid: z.number(),
            ready: z.boolean(),
            waitingMessages: z.number(),
            runningTurns: z.number(),
            deliveries: z.record(z.string(), z.number()),
          }),
        },
      },
    },
    async () => ({
      version: view.version,
      startedAt: new Date(view.startedAt).toISOString(),
      pid: process.pid,
      ready: view.notReady() === undefined,
      ...(await view.store.query.counts()),
    }),
  );

  app.post(
    "/api/reload",
    {
      schema: {
        summary: "Reads the configuration again; only what changed restarts",
        tags: ["system"],
        response: { 200: z.object({ changed: z.array(z.string()), needsRestart: z.array(z.string()) }) },
      },
      config: { audit: "config.reload" },
    },
    async () => {
      const result = await view.reload();
      if (result.ok) return { changed: [...result.changed], needsRestart: [...result.needsRestart] };
      throw new Problem(422, "config", "the configuration is wrong; the old one stays in force", {
        errors: result.problems.map((problem) => ({ path: problem.path, message: formatProblem(problem) })),
      });
    },
  );

  app.get("/readyz", { schema: { hide: true }, config: { open: true } }, async (_request, reply) => {
    const reason = view.notReady() ?? (await storeTrouble(view));
    return reply
      .code(reason === undefined ? 200 : 503)
      .send({ status: reason === undefined ? "ready" : "not ready", reason });
  });

  app.get("/metrics", { schema: { hide: true } }, async (_request, reply) => {
    const text = await view.metrics.render(async () => ({
      ...(await view.store.query.counts()),
      agents: view.agents(),
      accounts: (await Promise.all(view.channels().map((channel) => accountsOf(view, channel)))).flat(),
    }));
    return reply.type(view.metrics.contentType).send(text);
  });
}

/** A gateway that cannot store must get no callbacks: a load balancer asks this. */
async function storeTrouble({ store, log }: GatewayView): Promise<string | undefined> {
  try {
    await withTimeLimit(systemClock, STORE_MS, undefined, () => store.cursor("readyz"));
    return undefined;
  } catch (error) {
    log.warn({ err: error }, "the store does not answer");
    return "the store cannot be reached";
  }
}

function sessionRoutes(app: AdminApp, view: GatewayView, auth: Auth): void {
  const cookie = { path: "/", httpOnly: true, sameSite: "strict" } as const;

  app.post(
    "/api/session",
    {
      schema: {
        summary: "Signs a browser in with the admin token",
        tags: ["system"],
        body: z.strictObject({ token: z.string().min(1) }),
        response: { 204: z.null() },
      },
      config: { audit: "session.open", open: true },
    },
    async (request, reply) => {
      if (!auth.isToken(request.body.token)) {
        view.log.warn({ address: request.ip }, "sign-in refused: wrong token");
        throw new Problem(401, "wrong-token", "this is not the admin token");
      }
      reply.setCookie(SESSION_COOKIE, auth.newSession(), {
        ...cookie,
        maxAge: SESSION_MS / 1000,
        secure: request.protocol === "https",
      });
      return reply.code(204).send(null);
    },
  );
  app.get(
    "/api/session",
    { schema: { summary: "Who is asking", tags: ["system"], response: { 200: z.object({ actor: z.string() }) } } },
    async (request) => ({ actor: request.actor ?? "api" }),
  );
  app.delete(
    "/api/session",
    {
      schema: { summary: "Signs the browser out", tags: ["system"], response: { 204: z.null() } },
      config: { audit: "session.close" },
    },
    async (_request, reply) => reply.clearCookie(SESSION_COOKIE, cookie).code(204).send(null),
  );
}

async function accountsOf(view: GatewayView, channel: ReturnType<GatewayView["channels"]>[number]) {
  const { accounts } = await healthOf(view, channel);
  return accounts.map(({ account, state, lagMs }) => ({
    channel: channel.id,
    account,
    state,
    ...(lagMs !== undefined && { lagMs }),
  }));
}
