import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { GatewayView } from "./gateway.ts";

export type AdminApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Adds some routes to the admin server. */
export type Routes = (app: AdminApp, view: GatewayView) => void;

declare module "fastify" {
  interface FastifyContextConfig {
    /** How the audit names this call, e.g. "delivery.retry"; method and path where it is missing. */
    audit?: string;
    /** May be called by anybody. */
    open?: boolean;
  }
  interface FastifyRequest {
    /** Who calls; absent on open routes. */
    actor?: string;
    /** What the audit shall say of this call beside its name. */
    audited?: { subject?: string; detail?: Readonly<Record<string, string | number | boolean>> };
  }
}
