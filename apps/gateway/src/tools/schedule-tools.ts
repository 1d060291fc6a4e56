import {
  addressKey,
  type ScheduleFields,
  type ScheduleRow,
  type ScheduleRunRow,
  type ScheduleTarget,
  type ScheduleTiming,
} from "@wxgate/core";
import { z } from "zod";
import { rejected, targetOf } from "./place.ts";
import type { ToolPorts } from "./ports.ts";
import { actionOf, changedAction, said } from "./schedule-action.ts";
import { type Caller, defineTool, type GatewayTool, nameOf, reachesEverything, requireReach } from "./tool.ts";

const when = {
  cron: z
    .string()
    .min(1)
    .optional()
    .describe('Repeated: minute hour day month weekday, such as "0 9 * * 1-5". Either cron or at.'),
  timeZone: z.string().min(1).optional().describe("Of cron; Asia/Shanghai when nothing else was said."),
  at: z.iso.datetime({ offset: true }).optional().describe('Once: "2026-11-21T09:00:00+08:00".'),
};
const missed = z
  .enum(["skip", "once", "all"])
  .describe("What becomes of times that pass while the gateway does not run.");
const goal = {
  agent: z.string().min(1).optional().describe("Who is asked; the default agent when left out."),
  channel: z.string().min(1).optional(),
  target: z.string().min(1).optional(),
};
const id = z.string().min(1).describe("From list_schedules.");

/** Sending or asking at fixed times. */
export function scheduleTools(ports: ToolPorts): readonly GatewayTool[] {
  return [
    defineTool({
      name: "list_schedules",
      description: "Schedules: what is sent or asked at fixed times, and when next.",
      readOnly: true,
      input: z.strictObject({}),
      async run(_args, { caller }) {
        return { schedules: (await ports.schedules.list()).filter(isTheirs(caller)).map(describe) };
      },
    }),
    defineTool({
      name: "create_schedule",
      description:
        "Sends content, or the answer to a prompt that an agent is asked, at a time or again and again. Goes to this conversation unless channel and target are given.",
      readOnly: false,
      input: z.strictObject({
        name: z.string().min(1).max(100),
        ...when,
        missed: missed.default("once"),
        ...said,
        ...goal,
      }),
      async run({ name, missed: policy, cron, timeZone, at, text, content, prompt, agent, channel, target }, call) {
        const { caller } = call;
        const timing = timingOf({ cron, timeZone, at });
        const to = await scheduleTarget(caller, { channel, target }, ports);
        const asked = agent ?? (caller.kind === "turn" ? caller.turn.agent : undefined);
        requireItself(caller, asked);
        const action = actionOf({ text, content, prompt }, asked, to);
        const fields: ScheduleFields = { name, enabled: true, timing, action, missed: policy };
        return describe(await ports.schedules.add(fields, ownerOf(caller)));
      },
    }),
    defineTool({
      name: "update_schedule",
      description:
        "Changes a schedule: its name, its time, what it sends or asks, where that goes, or whether it is on. What is left out stays.",
      readOnly: false,
      input: z.strictObject({
        id,
        name: z.string().min(1).max(100).optional(),
        enabled: z.boolean().optional(),
        ...when,
        missed: missed.optional(),
        ...said,
        ...goal,
      }),
      async run({ id, name, enabled, missed: policy, cron, timeZone, at, agent, channel, target, ...words }, call) {
        const { caller } = call;
        const before = await requireTheirs(id, caller, ports);
        const isMoved = channel !== undefined || target !== undefined;
        const to = isMoved ? await scheduleTarget(caller, { channel, target }, ports) : undefined;
        const asked = agent ?? (words.prompt === undefined ? undefined : askedBefore(before, caller));
        if (asked !== undefined) requireItself(caller, asked);
        const action = changedAction(before.action, words, asked, to);
        const hasTime = [cron, timeZone, at].some((value) => value !== undefined);
        const row = await ports.schedules.edit(id, {
          ...(name !== undefined && { name }),
          ...(enabled !== undefined && { enabled }),
          ...(policy !== undefined && { missed: policy }),
          ...(hasTime && { timing: timingOf({ cron, timeZone, at }, before.timing) }),
          ...(action && { action }),
        });
        if (row === undefined) throw noSchedule(id);
        return describe(row);
      },
    }),
    defineTool({
      name: "delete_schedule",
      description: "Removes a schedule.",
      readOnly: false,
      input: z.strictObject({ id }),
      async run({ id }, { caller }) {
        await requireTheirs(id, caller, ports);
        if (!(await ports.schedules.remove(id))) throw noSchedule(id);
        return { id, removed: true };
      },
    }),
    defineTool({
      name: "run_schedule",
      description: "Fires a schedule now; its next time stays.",
      readOnly: false,
      input: z.strictObject({ id }),
      async run({ id }, { caller }) {
        await requireTheirs(id, caller, ports);
        const run = await ports.schedules.run(id);
        if (run === undefined) throw noSchedule(id);
        return describeRun(run);
      },
    }),
    defineTool({
      name: "list_schedule_runs",
      description: "When a schedule fired, the latest first, and what became of it.",
      readOnly: true,
      input: z.strictObject({ id, limit: z.number().int().min(1).max(100).default(20) }),
      async run({ id, limit }, { caller }) {
        await requireTheirs(id, caller, ports);
        return { runs: (await ports.schedules.runs(id, { limit })).items.map(describeRun) };
      },
    }),
  ];
}

interface Time {
  readonly cron?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly at?: string | undefined;
}

const USUAL_TIME_ZONE = "Asia/Shanghai";

/** What is not said of a repeated time stays as it was `before`. */
function timingOf({ cron, timeZone, at }: Time, before?: ScheduleTiming): ScheduleTiming {
  const kept = before?.kind === "cron" ? before : undefined;
  const expression = cron ?? (at === undefined ? kept?.expression : undefined);
  if (expression !== undefined && at === undefined)
    return { kind: "cron", expression, timeZone: timeZone ?? kept?.timeZone ?? USUAL_TIME_ZONE };
  if (at !== undefined && cron === undefined) return { kind: "once", at: Date.parse(at) };
  throw rejected("write either cron or at", "tool.arguments");
}

async function scheduleTarget(
  caller: Caller,
  { channel, target }: { readonly channel: string | undefined; readonly target: string | undefined },
  ports: ToolPorts,
): Promise<ScheduleTarget> {
  if (channel !== undefined && target !== undefined) {
    if (!reachesEverything(caller)) requireReach(caller, await ports.target(channel, target));
    return { channel, target };
  }
  if (channel !== undefined || target !== undefined || caller.kind === "operator") {
    throw rejected("say where it goes: channel and target", "tool.no-place");
  }
  const { conversation } = caller.turn;
  return { channel: conversation.channel, target: await targetOf(conversation, ports) };
}

/** An agent that reaches its own conversation only is not to set others to work. */
function requireItself(caller: Caller, agent: string | undefined): void {
  if (caller.kind === "turn" && !caller.everywhere && agent !== caller.turn.agent) {
    throw rejected("this agent can schedule itself only", "tool.out-of-reach");
  }
}

/** Who is asked a new prompt when nobody is named. */
function askedBefore({ action }: ScheduleRow, caller: Caller): string | undefined {
  if (action.kind === "ask" && action.agent !== undefined) return action.agent;
  return caller.kind === "turn" ? caller.turn.agent : undefined;
}

/** Stands in `createdBy`: what was made in a conversation is managed from there. */
function ownerOf(caller: Caller): string {
  const name = nameOf(caller);
  return caller.kind === "operator" ? name : `${name} in ${addressKey(caller.turn.conversation)}`;
}

function isTheirs(caller: Caller): (row: ScheduleRow) => boolean {
  return (row) => reachesEverything(caller) || row.createdBy === ownerOf(caller);
}

async function requireTheirs(id: string, caller: Caller, ports: ToolPorts): Promise<ScheduleRow> {
  const row = await ports.schedules.get(id);
  // Other people's schedules do not exist for this caller.
  if (row === undefined || !isTheirs(caller)(row)) throw noSchedule(id);
  return row;
}

function noSchedule(id: string) {
  return rejected(`there is no schedule "${id}"`, "tool.no-schedule");
}

function describe({ id, name, enabled, timing, action, missed, nextAt, createdBy }: ScheduleRow) {
  return {
    id,
    name,
    enabled,
    timing: timing.kind === "once" ? { at: new Date(timing.at).toISOString() } : timing,
    action,
    missed,
    ...(nextAt !== undefined && { nextAt: new Date(nextAt).toISOString() }),
    createdBy,
  };
}

function describeRun({ id, reason, dueAt, firedAt, state, text, error, deliveries }: ScheduleRunRow) {
  return {
    id,
    reason,
    dueAt: new Date(dueAt).toISOString(),
    firedAt: new Date(firedAt).toISOString(),
    state,
    ...(text !== undefined && { text }),
    ...(error && { error }),
    deliveries,
  };
}
