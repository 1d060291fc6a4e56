import type { Draft } from "./draft.ts";
import { isObject, type Section, sectionOf } from "./section.ts";

/** Who the jobs ask; known before the channels are. */
export function agentsOfJobs(jobs: unknown): readonly string[] {
  return jobsIn(jobs).flatMap((job) => (typeof job.agentId === "string" ? [job.agentId] : []));
}

/** `cron/jobs.json`, as schedules for `wxgate cron add --file`. */
export function importJobs(draft: Draft, jobs: unknown, defaultAccount: string | undefined): void {
  for (const job of jobsIn(jobs)) {
    const section = sectionOf(`job ${String(job.name ?? job.id)}`, job);
    try {
      draft.schedules.push(scheduleOf(draft, section, defaultAccount));
    } catch (error) {
      draft.lost.push(`${section.path}: ${(error as Error).message}`);
    }
  }
}

function scheduleOf(draft: Draft, job: Section, defaultAccount: string | undefined): Readonly<Record<string, unknown>> {
  const agent = job.text("agentId");
  const payload = job.section("payload");
  const prompt = payload?.text("message") ?? payload?.text("text");
  if (prompt === undefined) throw new Error("it asks nothing");
  const session = sessionOf(job.text("sessionTarget"));
  const to = targetOf(draft, job, defaultAccount);
  return {
    name: job.text("name") ?? job.text("id") ?? "job",
    enabled: job.flag("enabled") ?? true,
    timing: timingOf(job.section("schedule")),
    action: { kind: "ask", prompt, ...(agent && { agent }), ...(session && { session }), ...(to && { to }) },
  };
}

function sessionOf(target: string | undefined): string | undefined {
  return target === undefined || target === "isolated" ? undefined : target.replace(/^session:/, "");
}

function timingOf(schedule: Section | undefined): Readonly<Record<string, unknown>> {
  const kind = schedule?.text("kind");
  const expression = schedule?.text("expr") ?? schedule?.text("expression");
  if (kind === "cron" && expression !== undefined) {
    const timeZone = schedule?.text("tz");
    return { kind, expression, ...(timeZone && { timeZone }) };
  }
  const at = schedule?.number("atMs") ?? Date.parse(schedule?.text("at") ?? "");
  if (kind === "at" && !Number.isNaN(at)) return { kind: "once", at: new Date(at).toISOString() };
  const everyMs = schedule?.number("everyMs") ?? 0;
  const minutes = everyMs / 60_000;
  if (kind === "every" && Number.isInteger(minutes) && minutes > 0 && 60 % minutes === 0) {
    return { kind: "cron", expression: minutes === 60 ? "0 * * * *" : `*/${minutes} * * * *` };
  }
  throw new Error("its schedule is none that could be taken over; add it with `wxgate cron add`");
}

/** There jobs spoke through the app of an account, and through the bot where there is none. */
function targetOf(draft: Draft, job: Section, defaultAccount: string | undefined) {
  const delivery = job.section("delivery");
  const target = delivery?.text("to");
  const mode = delivery?.text("mode");
  if (delivery === undefined || mode === "none") return undefined;
  const wanted = delivery.text("channel");
  const account = delivery.text("accountId") ?? defaultAccount;
  const all = [...draft.channels].filter(([, { origin }]) => origin.channel === wanted);
  const fitting = all.filter(
    ([, { origin }]) => origin.account === "" || account === undefined || origin.account === account,
  );
  const [channel] = fitting.find(([, { type }]) => type === "wecom-agent-xml") ?? fitting[0] ?? [];
  if (channel === undefined) throw new Error(`its channel ${wanted ?? "(the last one used)"} was not taken over`);
  if (target === undefined) throw new Error("it says nobody it goes to");
  return { channel, target: target.replace(/^(?:wecom|qywx|wework|wechatwork|wecom-agent|wechat-kf):/, "") };
}

function jobsIn(jobs: unknown): readonly Readonly<Record<string, unknown>>[] {
  const list = isObject(jobs) ? jobs.jobs : jobs;
  return Array.isArray(list) ? list.filter(isObject) : [];
}
