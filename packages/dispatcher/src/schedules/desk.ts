import {
  type Address,
  type Channel,
  type OutboundContent,
  type Page,
  type Paged,
  RejectedError,
  type ScheduleAction,
  type ScheduleFields,
  type ScheduleFiring,
  type ScheduleRow,
  type ScheduleRunRow,
  type ScheduleTarget,
  TransientError,
} from "@wxgate/core";
import { describeError } from "../describe-error.ts";
import { newId, prepareReply } from "../prepare-reply.ts";
import type { DispatcherPorts, DispatcherSettings } from "../settings.ts";
import { type Plan, planFiring } from "./plan.ts";
import { checkTiming, nextDue } from "./timing.ts";

/** What operators, the API and tools do with schedules. Refusals are RejectedErrors in plain words. */
export interface ScheduleDesk {
  list(): Promise<readonly ScheduleRow[]>;
  get(id: string): Promise<ScheduleRow | undefined>;
  add(fields: ScheduleFields, by: string): Promise<ScheduleRow>;
  /** Undefined: there is no such schedule. */
  edit(id: string, changes: Partial<ScheduleFields>): Promise<ScheduleRow | undefined>;
  remove(id: string): Promise<boolean>;
  /** Fires it now; its next time stays. Undefined: there is no such schedule. */
  run(id: string): Promise<ScheduleRunRow | undefined>;
  runs(id: string, page: Page): Promise<Paged<ScheduleRunRow>>;
}

export interface ScheduleDeskOptions {
  readonly ports: Pick<DispatcherPorts, "store" | "clock" | "random" | "log">;
  settings(): DispatcherSettings;
  /** @throws ChannelError when the target leads nowhere. */
  target(to: ScheduleTarget): Promise<Address>;
}

/** Due schedules looked at per round. */
const AT_ONCE = 50;
/** Two people may edit at a time; the later one is laid over the earlier. */
const EDIT_ATTEMPTS = 5;

export function createScheduleDesk({ ports, settings, target }: ScheduleDeskOptions): ScheduleDesk & {
  /** Fires everything whose time has come, until nothing is left or the signal fires. */
  fireDue(signal: AbortSignal): Promise<void>;
} {
  const { store, clock, random, log } = ports;
  const rows = store.schedules;

  async function checkAction(action: ScheduleAction): Promise<void> {
    if (action.to !== undefined) {
      requireChannel(action.to);
      const { channel } = await target(action.to);
      if (action.kind === "send") checkContent(requireChannel({ ...action.to, channel }).channel, action.content);
    }
    if (action.kind === "ask") requireAgent(action.agent);
  }

  function requireChannel({ channel }: ScheduleTarget) {
    const entry = settings().channels.get(channel);
    if (entry !== undefined) return entry;
    const hint = `the channels are ${[...settings().channels.keys()].join(", ")}`;
    throw new RejectedError(`no channel is called "${channel}", or it is switched off`, {
      code: "schedule.unknown-channel",
      hint,
    });
  }

  function requireAgent(name: string | undefined): void {
    if (name === undefined || settings().agents.has(name)) return;
    const hint = `the agents are ${[...settings().agents.keys()].join(", ")}`;
    throw new RejectedError(`no agent is called "${name}"`, { code: "schedule.unknown-agent", hint });
  }

  async function whatOf(schedule: ScheduleRow): Promise<ScheduleFiring["what"]> {
    const { action } = schedule;
    if (action.kind === "ask") {
      requireAgent(action.agent);
      return { kind: "ask", name: schedule.name };
    }
    requireChannel(action.to);
    const to = await target(action.to);
    // Where the target leads may be the channel's fallback.
    const { channel, longReply = settings().longReply } = requireChannel({ ...action.to, channel: to.channel });
    checkContent(channel, action.content);
    const quota = await store.quota(to);
    const reply = prepareReply(action.content, { channel, to, longReply, quota, random });
    if (reply === undefined) throw new RejectedError("there is nothing to send", { code: "send.empty" });
    return { kind: "send", to, reply };
  }

  async function fire(schedule: ScheduleRow, plan: Plan, isManual: boolean): Promise<string | undefined> {
    const { id: scheduleId, version, action, nextAt: from } = schedule;
    const what: ScheduleFiring["what"] =
      plan.skipped === undefined
        ? await whatOf(schedule).catch((error: unknown) => {
            // It may pass; the next round tries again, until the time is missed.
            if (error instanceof TransientError) throw error;
            return { kind: "fail", error: describeError(error) } as const;
          })
        : { kind: "skip", times: plan.skipped };
    const runId = `run_${newId(random)}`;
    const { reason, dueAt, next } = plan;
    const move = isManual || from === undefined ? {} : { move: { from, ...(next === undefined ? {} : { next }) } };
    if (!(await rows.fire({ scheduleId, version, runId, reason, dueAt, action, what, ...move }))) return undefined;
    log.info({ schedule: scheduleId, run: runId, reason, what: what.kind }, "schedule fired");
    if (what.kind === "fail") log.warn({ schedule: scheduleId, run: runId, error: what.error }, "schedule failed");
    return runId;
  }

  async function fireRound(signal: AbortSignal): Promise<boolean> {
    const { now, schedules } = await rows.due(AT_ONCE);
    let fired = 0;
    for (const schedule of schedules) {
      if (signal.aborted) return false;
      try {
        if ((await fire(schedule, planFiring(schedule, now), false)) !== undefined) fired += 1;
      } catch (error) {
        log.warn(
          { schedule: schedule.id, error: describeError(error) },
          "schedule could not be fired, it is tried again",
        );
      }
    }
    return fired > 0;
  }

  return {
    list: rows.list,
    get: rows.get,
    async add(fields, by) {
      const now = clock.now();
      checkTiming(fields.timing, now);
      await checkAction(fields.action);
      return rows.add(`sch_${newId(random)}`, fields, nextDue(fields.timing, now), by);
    },
    async edit(id, changes) {
      for (let attempt = 1; attempt <= EDIT_ATTEMPTS; attempt++) {
        const before = await rows.get(id);
        if (before === undefined) return undefined;
        const { name, enabled, timing, action, missed } = { ...before, ...changes };
        const now = clock.now();
        if (enabled && (changes.timing !== undefined || !before.enabled)) checkTiming(timing, now);
        if (changes.action !== undefined) await checkAction(action);
        const keepsTime = changes.timing === undefined && before.enabled;
        const nextAt = keepsTime ? before.nextAt : nextDue(timing, now);
        const after = await rows.update(id, before.version, { name, enabled, timing, action, missed }, nextAt);
        if (after !== undefined) return after;
      }
      throw new RejectedError(`schedule "${id}" is being changed by others`, { code: "schedule.busy" });
    },
    remove: rows.remove,
    async run(id) {
      for (let attempt = 1; attempt <= EDIT_ATTEMPTS; attempt++) {
        const schedule = await rows.get(id);
        if (schedule === undefined) return undefined;
        const runId = await fire(schedule, { reason: "manual", dueAt: clock.now() }, true);
        if (runId !== undefined) return rows.run(runId);
      }
      throw new RejectedError(`schedule "${id}" is being changed by others`, { code: "schedule.busy" });
    },
    runs: rows.runs,
    async fireDue(signal) {
      while (!signal.aborted && (await fireRound(signal)));
    },
  };
}

function checkContent(channel: Channel, content: readonly OutboundContent[]): void {
  for (const part of content) channel.check?.(part);
}
