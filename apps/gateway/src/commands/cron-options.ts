import type { MissedRuns, ScheduleAction, ScheduleTarget } from "@wxgate/core";
import { CommandError, EXIT } from "../cli/exit-codes.ts";

/** The options of `cron add` and `cron edit`, as commander hands them over. */
export interface CronOptions {
  readonly name?: string;
  readonly cron?: string;
  readonly tz?: string;
  readonly at?: string;
  readonly text?: string;
  readonly message?: string;
  readonly agent?: string;
  readonly session?: string;
  readonly channel?: string;
  readonly to?: string;
  readonly announce?: true;
  /** False: --no-deliver. */
  readonly deliver?: boolean;
  readonly missed?: string;
  readonly disabled?: boolean;
}

/** As the API takes it: a moment is text, a time zone may be missing. */
export type TimingBody =
  | { readonly kind: "cron"; readonly expression: string; readonly timeZone?: string }
  | { readonly kind: "once"; readonly at: string };

const POLICIES: readonly MissedRuns[] = ["skip", "once", "all"];

/** Undefined: nothing was said about it. `before`: of the schedule that is edited. */
export function timingOf({ cron, tz, at }: CronOptions, before?: TimingBody): TimingBody | undefined {
  if (cron !== undefined && at !== undefined) throw wrong("say either --cron or --at");
  if (at !== undefined) {
    if (tz !== undefined)
      throw wrong("--tz belongs to --cron; write the zone into --at, such as 2026-12-24T18:00:00+08:00");
    return { kind: "once", at: momentOf(at) };
  }
  const kept = before?.kind === "cron" ? before : undefined;
  const expression = cron ?? (tz === undefined ? undefined : kept?.expression);
  if (expression === undefined) {
    if (tz !== undefined) throw wrong("--tz belongs to --cron");
    return undefined;
  }
  const timeZone = tz ?? kept?.timeZone;
  return { kind: "cron", expression, ...(timeZone === undefined ? {} : { timeZone }) };
}

export function missedOf({ missed }: CronOptions): MissedRuns | undefined {
  if (missed === undefined) return undefined;
  const policy = POLICIES.find((candidate) => candidate === missed);
  if (policy === undefined) throw wrong(`--missed takes ${POLICIES.join(", ")}, not "${missed}"`);
  return policy;
}

/** Undefined: nothing was said about it. What is not said is taken from `before`. */
export function actionOf(options: CronOptions, before?: ScheduleAction): ScheduleAction | undefined {
  const { text, message, agent, session, channel, to, announce, deliver = true } = options;
  if (text !== undefined && message !== undefined) throw wrong("say either --text or --message");
  if (announce && !deliver) throw wrong("--announce and --no-deliver exclude each other");
  const named = [text, message, agent, session, channel, to, announce];
  if (named.every((option) => option === undefined) && deliver) return undefined;

  const where = deliver ? targetOf(channel, to, before?.to) : undefined;
  if (announce && where === undefined) throw wrong("--announce needs --channel and --to");
  const isText = text !== undefined || (message === undefined && before?.kind === "send");
  if (!isText) return askOf(options, before, where);
  if (agent !== undefined || session !== undefined) throw wrong("--agent and --session belong to --message");
  if (where === undefined) throw wrong("--text needs --channel and --to");
  const kept = before?.kind === "send" ? before.content : [];
  return { kind: "send", to: where, content: text === undefined ? kept : [{ kind: "text", text }] };
}

function askOf(
  options: CronOptions,
  before: ScheduleAction | undefined,
  to: ScheduleTarget | undefined,
): ScheduleAction {
  const kept = before?.kind === "ask" ? before : undefined;
  const prompt = options.message ?? kept?.prompt;
  if (prompt === undefined) throw wrong("say what to send (--text) or what to ask an agent (--message)");
  const agent = options.agent ?? kept?.agent;
  const session = options.session === undefined ? kept?.session : options.session;
  return {
    kind: "ask",
    prompt,
    ...(agent === undefined ? {} : { agent }),
    ...(session === undefined || session === "isolated" ? {} : { session }),
    ...(to === undefined ? {} : { to }),
  };
}

function targetOf(
  channel: string | undefined,
  target: string | undefined,
  before: ScheduleTarget | undefined,
): ScheduleTarget | undefined {
  if (channel === undefined && target === undefined) return before;
  const where = { channel: channel ?? before?.channel, target: target ?? before?.target };
  if (where.channel === undefined) throw wrong("--to needs --channel");
  if (where.target === undefined) throw wrong("--channel needs --to");
  return { channel: where.channel, target: where.target };
}

/** A time without a zone is this machine's. */
function momentOf(text: string): string {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  throw wrong(`--at takes a time such as 2026-12-24T18:00:00+08:00, not "${text}"`);
}

export function wrong(message: string): CommandError {
  return new CommandError(message, EXIT.usage);
}
