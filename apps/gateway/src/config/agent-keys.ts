import type { BreakerOptions } from "@wxgate/agents";
import { z } from "zod";
import type { AgentConfig } from "./schema.ts";

/** The keys every agent understands, whatever its type. */
const agentShape = {
  fallback: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Agents that are asked in this one's place, in order, when it fails before anything of its answer was shown.",
    ),
  breaker: z
    .strictObject({
      enabled: z
        .boolean()
        .optional()
        .describe(
          "Leave the agent alone for a while after failures in a row; when absent, only if it has a `fallback`.",
        ),
      failures: z.number().int().min(1).max(1_000).default(5).describe("After so many failed turns in a row it rests."),
      coolDownMs: z
        .number()
        .int()
        .min(100)
        .max(86_400_000)
        .default(30_000)
        .describe(
          "How long it rests, in milliseconds, unless it says Retry-After; then one turn at a time tries it until one is answered.",
        ),
    })
    .prefault({})
    .describe("When an agent that fails time after time is left alone."),
} as const;
const agentKeysSchema = z.object(agentShape);

interface AgentKeys {
  readonly fallback: readonly string[];
  /** Absent: it is asked however often it fails. */
  readonly breaker?: BreakerOptions;
}

/** The type's own keys and the common ones in one strict object. */
export function withAgentKeys(schema: z.ZodObject): z.ZodObject {
  return schema.safeExtend(agentShape);
}

/** The common keys of a checked agent. */
export function agentKeys(config: AgentConfig): AgentKeys {
  const { fallback, breaker } = agentKeysSchema.parse(config);
  const { enabled = fallback.length > 0, ...options } = breaker;
  return { fallback, ...(enabled && { breaker: options }) };
}

/** What the agent itself is made of. */
export function ownAgentKeys(keys: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(keys).filter(([key]) => !(key in agentShape)));
}
