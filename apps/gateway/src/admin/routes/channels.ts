import { type AccountHealth, ChannelError, type LoginEvent, type QuotaUse } from "@wxgate/core";
import { z } from "zod";
import { type ChannelView, type GatewayView, healthOf } from "../gateway.ts";
import { createLoginDesk } from "../login-desk.ts";
import { notFound, Problem } from "../problem.ts";
import { channel as channelSchema, idParams } from "../schemas.ts";
import { openEventStream } from "../sse.ts";
import type { Routes } from "../types.ts";

const PROBE_TIMEOUT_MS = 20_000;

export const channelRoutes: Routes = (app, view) => {
  const desk = createLoginDesk();

  app.get(
    "/api/channels",
    {
      schema: {
        summary: "The channels and how their accounts are",
        tags: ["channels"],
        querystring: z.object({
          probe: z.stringbool().default(false).describe("Ask the platform now."),
          use: z.stringbool().default(false).describe("Say how much of the platform's limits is used."),
        }),
        response: { 200: z.object({ items: z.array(channelSchema) }) },
      },
    },
    async (request) => {
      const probe = request.query.probe ? AbortSignal.timeout(PROBE_TIMEOUT_MS) : undefined;
      const { use } = request.query;
      return { items: await Promise.all(view.channels().map((channel) => describe(view, channel, { probe, use }))) };
    },
  );

  app.post(
    "/api/channels/:id/login",
    {
      schema: {
        summary: "Signs an account in: server-sent events qr, scanned, code-needed, confirmed, expired, failed",
        tags: ["channels"],
        params: idParams,
      },
      config: { audit: "channel.login" },
    },
    async (request, reply) => {
      const { id } = request.params;
      const channel = requireLogin(view, id);
      const login = desk.begin(id);
      await view.store.query.appendAudit({ actor: request.actor ?? "api", action: "channel.login", subject: id });
      const stream = openEventStream(request, reply);
      stream.signal.addEventListener("abort", () => login.end());
      try {
        for await (const event of channel.login(login.answers, login.signal)) {
          stream.send(event.kind, toJson(event));
        }
      } catch (error) {
        if (!login.signal.aborted) {
          view.log.error({ err: error, channel: id }, "login failed");
          stream.send("failed", failureOf(error));
        }
      } finally {
        login.end();
        stream.end();
      }
    },
  );

  app.post(
    "/api/channels/:id/login/code",
    {
      schema: {
        summary: "Answers the code a running login asks for",
        tags: ["channels"],
        params: idParams,
        body: z.strictObject({ code: z.string().min(1) }),
        response: { 202: z.object({ accepted: z.literal(true) }) },
      },
      config: { audit: "channel.login-code" },
    },
    async (request, reply) => {
      const { id } = request.params;
      requireLogin(view, id);
      if (!desk.answer(id, request.body.code)) throw new Problem(409, "no-login", `no login runs for "${id}"`);
      return reply.code(202).send({ accepted: true });
    },
  );
};

function requireLogin(view: GatewayView, id: string) {
  const found = view.channels().find((channel) => channel.id === id);
  if (!found) throw notFound(`channel "${id}"`);
  const { channel } = found;
  if (!channel?.login) {
    const why = channel ? `a ${found.type} channel needs no login` : `channel "${id}" is switched off`;
    throw new Problem(409, "no-login", why);
  }
  return { login: channel.login.bind(channel) };
}

interface Wanted {
  readonly probe: AbortSignal | undefined;
  readonly use: boolean;
}

async function describe(view: GatewayView, channel: ChannelView, { probe, use }: Wanted) {
  const { id, type, enabled, agent, paths } = channel;
  const { state, reason, hint, accounts } = await healthOf(view, channel, probe);
  const quota = channel.channel?.reply;
  const used = use && quota !== undefined ? await view.store.query.quotaUse(id, quota) : [];
  return {
    id,
    type,
    enabled,
    agent,
    paths: [...paths],
    state,
    ...(reason !== undefined && { reason }),
    ...(hint !== undefined && { hint }),
    canLogin: channel.channel?.login !== undefined,
    ...(paths.length > 0 && { callbacks: view.callbacksOf(id) }),
    accounts: accounts.map((account) => ({
      ...describeAccount(account, quota),
      ...usedBy(account, used),
    })),
  };
}

function describeAccount({ since, ...account }: AccountHealth, quota: NonNullable<ChannelView["channel"]>["reply"]) {
  const { kinds, ...limits } = quota ?? {};
  return {
    ...account,
    since: since.toISOString(),
    ...(quota && { quota: { ...limits, ...(kinds && { kinds: [...kinds] }) } }),
  };
}

function usedBy({ account }: AccountHealth, all: readonly QuotaUse[]) {
  const found = all.find((use) => use.account === account);
  if (found === undefined) return {};
  const { account: _, ...used } = found;
  return { used };
}

function failureOf(error: unknown): LoginEvent {
  const hint = error instanceof ChannelError ? error.hint : undefined;
  return { kind: "failed", reason: (error as Error).message, ...(hint !== undefined && { hint }) };
}

function toJson(event: LoginEvent) {
  return event.kind === "qr" ? { ...event, expiresAt: event.expiresAt.toISOString() } : event;
}
