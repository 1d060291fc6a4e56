import type { OutboundContent, ScheduleAction, ScheduleTiming } from "@wxgate/core";
import { z } from "zod";
import { outboundContentSchema } from "./content-schema.ts";
import { deliveryState } from "./schemas.ts";

const name = z.string().min(1).max(200);
const moment = z
  .union([z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)), z.number().int().positive()])
  .describe('"2026-12-24T18:00:00+08:00", or milliseconds since 1970.');

const timing = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("cron"),
      expression: z.string().min(1).describe('Minute hour day month weekday, such as "0 9 * * 1-5".'),
      timeZone: z
        .string()
        .min(1)
        .default(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
        .describe('Such as "Asia/Shanghai"; the gateway\'s own when absent.'),
    }),
    z.strictObject({ kind: z.literal("once"), at: moment }),
  ])
  .transform((value): ScheduleTiming => value);

const target = z.strictObject({
  channel: z.string().min(1),
  target: z.string().min(1).describe('As the channel writes it: "zhangsan", "party:1".'),
});
const content = z
  .array(outboundContentSchema)
  .min(1)
  .max(50)
  .transform((items) => items as readonly OutboundContent[]);
const action = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("send"), to: target, content }),
    z.strictObject({
      kind: z.literal("ask"),
      prompt: z.string().min(1).max(100_000),
      agent: z.string().min(1).optional().describe("The default agent when absent."),
      session: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe("Runs with the same name share one memory; every run begins anew when absent."),
      to: target.optional().describe("Where the answer goes; kept in the run only when absent."),
    }),
  ])
  .transform((value): ScheduleAction => {
    if (value.kind === "send") return value;
    const { kind, prompt, agent, session, to } = value;
    return { kind, prompt, ...(agent && { agent }), ...(session && { session }), ...(to && { to }) };
  });
const missed = z
  .enum(["skip", "once", "all"])
  .describe("What becomes of times that passed while no gateway ran: nothing, one run, or a run for each.");

export const scheduleFields = z.strictObject({
  name,
  enabled: z.boolean().default(true),
  timing,
  action,
  missed: missed.default("once"),
});
export const scheduleChanges = z
  .strictObject({
    name: name.optional(),
    enabled: z.boolean().optional(),
    timing: timing.optional(),
    action: action.optional(),
    missed: missed.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, "names nothing to change");

/** Described for OpenAPI; the code's own types are core's. */
const shownTiming = z.union([
  z.object({ kind: z.literal("cron"), expression: z.string(), timeZone: z.string() }),
  z.object({ kind: z.literal("once"), at: z.number().describe("Milliseconds since 1970.") }),
]);
const shownTarget = z.object({ channel: z.string(), target: z.string() });
const shownAction = z.union([
  z.object({ kind: z.literal("send"), to: shownTarget, content: z.array(z.unknown()).readonly() }),
  z.object({
    kind: z.literal("ask"),
    prompt: z.string(),
    agent: z.string().optional(),
    session: z.string().optional(),
    to: shownTarget.optional(),
  }),
]);
const error = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  platformCode: z.number().optional(),
});

export const schedule = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  timing: shownTiming,
  action: shownAction,
  missed,
  version: z.number(),
  nextAt: z.number().optional().describe("Absent: it is not due any more."),
  createdAt: z.number(),
  updatedAt: z.number(),
  createdBy: z.string(),
});
export const scheduleRun = z.object({
  id: z.string(),
  scheduleId: z.string(),
  reason: z.enum(["due", "missed", "manual"]),
  dueAt: z.number(),
  firedAt: z.number(),
  finishedAt: z.number().optional(),
  state: z.enum(["queued", "done", "failed", "skipped"]),
  action: shownAction,
  times: z.number().describe("Of a skipped one: how many times it stands for."),
  text: z.string().optional().describe("What the agent answered."),
  error: error.optional(),
  deliveries: z
    .array(z.object({ id: z.string(), state: deliveryState.optional(), error: error.optional() }))
    .readonly(),
});
