import { readFileSync } from "node:fs";
import type { ScheduleAction, ScheduleRow, ScheduleRunRow, ScheduleTiming } from "@wxgate/core";
import { type AdminClient, connect } from "../cli/admin-client.ts";
import type { Action, CommandContext } from "../cli/context.ts";
import { CommandError, EXIT } from "../cli/exit-codes.ts";
import { table } from "../cli/table.ts";
import { isMapping } from "../config/mapping.ts";
import { actionOf, type CronOptions, missedOf, type TimingBody, timingOf, wrong } from "./cron-options.ts";

/** Schedules of the running gateway. */
export const cron: Readonly<
  Record<"add" | "edit" | "list" | "show" | "enable" | "disable" | "remove" | "run" | "runs", Action>
> = {
  async add(context, _args, given) {
    if (typeof given.file === "string") return addAll(context, given.file);
    const options: CronOptions = given;
    const timing = timingOf(options);
    const action = actionOf(options);
    const missed = missedOf(options);
    if (options.name === undefined) throw wrong("say what it is called: --name");
    if (timing === undefined) throw wrong("say when: --cron or --at");
    if (action === undefined) throw wrong("say what to send (--text) or what to ask an agent (--message)");
    const { name, disabled } = options;
    const body = { name, enabled: disabled !== true, timing, action, ...(missed && { missed }) };
    const added = await connect(context).post<ScheduleRow>("/api/schedules", body);
    context.say(`Added ${added.id}: ${when(added)}.`);
    context.emit(added);
  },

  async edit(context, [id = ""], given) {
    const options: CronOptions = given;
    const client = connect(context);
    const before = await client.get<ScheduleRow>(pathOf(id));
    const timing = timingOf(options, bodyOf(before.timing));
    const action = actionOf(options, before.action);
    const missed = missedOf(options);
    const { name } = options;
    const changes = {
      ...(name && { name }),
      ...(timing && { timing }),
      ...(action && { action }),
      ...(missed && { missed }),
    };
    if (Object.keys(changes).length === 0) throw wrong("say what to change; --help lists what can be");
    const after = await client.patch<ScheduleRow>(pathOf(id), changes);
    context.say(`Changed ${after.id}: ${when(after)}.`);
    context.emit(after);
  },

  async list(context) {
    const { items } = await connect(context).get<{ items: readonly ScheduleRow[] }>("/api/schedules");
    if (items.length === 0) context.say("There are no schedules.");
    else {
      const head = ["SCHEDULE", "NAME", "ON", "WHEN", "NEXT", "WHAT", "TO"];
      for (const line of table(head, items.map(rowOf))) context.say(line);
    }
    context.emit({ items });
  },

  async show(context, [id = ""]) {
    const schedule = await connect(context).get<ScheduleRow>(pathOf(id));
    const { action, missed, createdBy, createdAt } = schedule;
    const rows = [
      ["schedule", schedule.id],
      ["name", schedule.name],
      ["on", schedule.enabled ? "yes" : "no"],
      ["when", timingWords(schedule.timing)],
      ["next", nextWords(schedule)],
      ["missed", missed],
      ...(action.kind === "ask"
        ? [
            ["asks", action.prompt],
            ["agent", action.agent ?? "(default)"],
            ["session", action.session ?? "isolated"],
          ]
        : [["sends", contentWords(action)]]),
      ["to", targetWords(action)],
      ["added", `${new Date(createdAt).toISOString()} by ${createdBy}`],
    ];
    for (const [word = "", value = ""] of rows) context.say(`${word.padEnd(9)} ${value}`);
    context.emit(schedule);
  },

  enable: (context, [id = ""]) => change(context, id, "enable"),
  disable: (context, [id = ""]) => change(context, id, "disable"),

  async remove(context, [id = ""]) {
    const removed = await connect(context).delete(pathOf(id));
    context.say(`Removed ${id}.`);
    context.emit(removed);
  },

  async run(context, [id = ""]) {
    const run = await connect(context).post<ScheduleRunRow>(`${pathOf(id)}/run`);
    context.say(run.error === undefined ? `Fired: ${run.id}.` : `Fired in vain: ${run.error.message}.`);
    context.emit(run);
    if (run.state === "failed") context.exitWith(EXIT.failed);
  },

  async runs(context, args, options) {
    const id = args[0] ?? (options.id as string | undefined);
    if (id === undefined) throw wrong("name the schedule");
    const limit = Number(options.limit);
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) throw wrong("--limit takes a number from 1 to 200");
    const page = await runsOf(connect(context), id, limit);
    if (page.items.length === 0) context.say("It has not fired yet.");
    else {
      for (const line of table(["RUN", "FOR", "WHY", "STATE", "DELIVERIES", "RESULT"], page.items.map(runRow))) {
        context.say(line);
      }
    }
    context.emit(page);
  },
};

/** Adds what is not there yet by name, so that a second try goes on where the first one broke off. */
async function addAll(context: CommandContext, file: string): Promise<void> {
  const wanted = readList(file);
  const client = connect(context);
  const { items } = await client.get<{ items: readonly ScheduleRow[] }>("/api/schedules");
  const known = new Set(items.map(({ name }) => name));
  const added: ScheduleRow[] = [];
  const failed: { name: string; reason: string }[] = [];
  for (const body of wanted) {
    const name = String(body.name);
    if (known.has(name)) {
      context.say(`${name} is there already`);
      continue;
    }
    try {
      const row = await client.post<ScheduleRow>("/api/schedules", body);
      added.push(row);
      context.say(`Added ${row.id} (${name}): ${when(row)}.`);
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode === EXIT.notRunning) throw error;
      failed.push({ name, reason: error.message });
      context.say(`${name}: ${error.message}`);
    }
  }
  context.emit({ added, failed });
  if (failed.length > 0) context.exitWith(EXIT.failed);
}

function readList(file: string): readonly Readonly<Record<string, unknown>>[] {
  let list: unknown;
  try {
    list = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (Array.isArray(list) && list.every(isMapping)) return list;
  throw new CommandError(`${file} holds no list of schedules`);
}

async function change(context: CommandContext, id: string, verb: "enable" | "disable"): Promise<void> {
  const schedule = await connect(context).post<ScheduleRow>(`${pathOf(id)}/${verb}`);
  context.say(schedule.enabled ? `Switched on: ${when(schedule)}.` : `Switched off ${id}.`);
  context.emit(schedule);
}

function runsOf(client: AdminClient, id: string, limit: number) {
  return client.get<{ items: readonly ScheduleRunRow[]; next?: string }>(`${pathOf(id)}/runs?limit=${limit}`);
}

function pathOf(id: string): string {
  return `/api/schedules/${encodeURIComponent(id)}`;
}

function bodyOf(timing: ScheduleTiming): TimingBody {
  return timing.kind === "cron" ? timing : { kind: "once", at: new Date(timing.at).toISOString() };
}

function when(schedule: ScheduleRow): string {
  if (!schedule.enabled) return "switched off";
  if (schedule.nextAt === undefined)
    return `its time is over; wxgate cron edit ${schedule.id} --at <time> gives it another`;
  return `${timingWords(schedule.timing)}, next ${nextWords(schedule)}`;
}

function timingWords(timing: ScheduleTiming): string {
  return timing.kind === "cron" ? `${timing.expression} (${timing.timeZone})` : "once";
}

function nextWords({ enabled, nextAt }: ScheduleRow): string {
  return enabled && nextAt !== undefined ? new Date(nextAt).toISOString() : "-";
}

function targetWords({ to }: ScheduleAction): string {
  return to === undefined ? "(kept)" : `${to.channel} ${to.target}`;
}

function contentWords(action: ScheduleAction): string {
  if (action.kind === "ask") return `asks: ${action.prompt}`;
  return action.content.map((part) => (part.kind === "text" ? part.text : `[${part.kind}]`)).join(" ");
}

const SHOWN_LETTERS = 40;

function short(text: string): string {
  const line = [...text.replace(/\s+/g, " ")];
  return line.length <= SHOWN_LETTERS ? line.join("") : `${line.slice(0, SHOWN_LETTERS - 1).join("")}…`;
}

function rowOf(schedule: ScheduleRow): readonly string[] {
  const { id, name, enabled, timing, action } = schedule;
  return [
    id,
    short(name),
    enabled ? "yes" : "no",
    timingWords(timing),
    nextWords(schedule),
    short(contentWords(action)),
    targetWords(action),
  ];
}

function runRow({ id, dueAt, reason, state, times, deliveries, text, error }: ScheduleRunRow): readonly string[] {
  return [
    id,
    new Date(dueAt).toISOString(),
    reason,
    state === "skipped" ? `skipped ${times}` : state,
    deliveries.map((delivery) => delivery.state ?? "gone").join(", ") || "-",
    error === undefined ? short(text ?? "") : `${error.message} (${error.code})`,
  ];
}
