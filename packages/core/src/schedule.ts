import type { Address } from "./address.ts";
import type { OutboundContent } from "./content.ts";
import type { Page, Paged } from "./store-queries.ts";
import type { DeliveryState, NewReply, StoredError } from "./store-records.ts";

/** When a schedule is due. Times are milliseconds since 1970. */
export type ScheduleTiming =
  | {
      readonly kind: "cron";
      /** Five fields, or six with seconds before them. */
      readonly expression: string;
      /** An IANA name, such as "Asia/Shanghai": summer time is followed. */
      readonly timeZone: string;
    }
  | { readonly kind: "once"; readonly at: number };

/** Where a run's text goes, as an operator writes it: resolved by its channel at each run. */
export interface ScheduleTarget {
  readonly channel: string;
  readonly target: string;
}

export type ScheduleAction =
  | { readonly kind: "send"; readonly to: ScheduleTarget; readonly content: readonly OutboundContent[] }
  | {
      readonly kind: "ask";
      readonly prompt: string;
      /** The default agent when absent. */
      readonly agent?: string;
      /** Runs with the same name share one memory; absent: every run begins anew. */
      readonly session?: string;
      /** Absent: the answer is kept in the run, and sent to nobody. */
      readonly to?: ScheduleTarget;
    };

/** What becomes of times that passed while no gateway ran: nothing, one run for all of them, or a run for each. */
export type MissedRuns = "skip" | "once" | "all";

export interface ScheduleFields {
  readonly name: string;
  readonly enabled: boolean;
  readonly timing: ScheduleTiming;
  readonly action: ScheduleAction;
  readonly missed: MissedRuns;
}

export interface ScheduleRow extends ScheduleFields {
  /** `sch_…` */
  readonly id: string;
  /** Grows with every change by an operator; a run that was planned by an older one does not begin. */
  readonly version: number;
  /** Absent: it is not due any more. */
  readonly nextAt?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly createdBy: string;
}

export type ScheduleRunReason = "due" | "missed" | "manual";

/** `queued`: its turn or delivery is stored; `skipped`: missed, by policy. */
export type ScheduleRunState = "queued" | "done" | "failed" | "skipped";

export interface ScheduleRunRow {
  /** `run_…` */
  readonly id: string;
  readonly scheduleId: string;
  readonly reason: ScheduleRunReason;
  /** The time it stands for. */
  readonly dueAt: number;
  readonly firedAt: number;
  readonly finishedAt?: number;
  readonly state: ScheduleRunState;
  /** As it was when it fired. */
  readonly action: ScheduleAction;
  /** Of a `skipped` one: how many times it stands for. */
  readonly times: number;
  /** What the agent answered. */
  readonly text?: string;
  readonly error?: StoredError;
  readonly deliveries: readonly { readonly id: string; readonly state?: DeliveryState; readonly error?: StoredError }[];
}

/** One firing, decided outside the store and stored in one transaction with the schedule's next time. */
export interface ScheduleFiring {
  readonly scheduleId: string;
  readonly version: number;
  readonly runId: string;
  readonly reason: ScheduleRunReason;
  readonly dueAt: number;
  readonly action: ScheduleAction;
  /** Of a firing by time: the row moves from `from` to `next`, and nothing happens when somebody moved it before. */
  readonly move?: { readonly from: number; readonly next?: number };
  readonly what:
    | { readonly kind: "send"; readonly to: Address; readonly reply: NewReply }
    /** Queues a turn of `SCHEDULE_CHANNEL`. */
    | { readonly kind: "ask"; readonly name: string }
    | { readonly kind: "skip"; readonly times: number }
    | { readonly kind: "fail"; readonly error: StoredError };
}

export interface ScheduleStore {
  add(id: string, fields: ScheduleFields, nextAt: number | undefined, createdBy: string): Promise<ScheduleRow>;
  get(id: string): Promise<ScheduleRow | undefined>;
  list(): Promise<readonly ScheduleRow[]>;
  /** Undefined: there is none, or somebody changed `version` first. */
  update(
    id: string,
    version: number,
    fields: ScheduleFields,
    nextAt: number | undefined,
  ): Promise<ScheduleRow | undefined>;
  /** Its runs stay until they are pruned. */
  remove(id: string): Promise<boolean>;
  /** Those whose time has come, by the store's clock, the longest due first; `now` is that clock. */
  due(limit: number): Promise<{ readonly now: number; readonly schedules: readonly ScheduleRow[] }>;
  /** False: another gateway fired it, or it was changed, disabled or removed meanwhile. */
  fire(firing: ScheduleFiring): Promise<boolean>;
  run(id: string): Promise<ScheduleRunRow | undefined>;
  /** The latest first. */
  runs(scheduleId: string, page: Page): Promise<Paged<ScheduleRunRow>>;
}

/** Turns of schedules live on a channel of their own, whose name no configured channel can have. */
export const SCHEDULE_CHANNEL = "~schedules";

/** Where a scheduled turn is kept: one conversation per named session, or per schedule for runs that begin anew. */
export function scheduleConversation(scheduleId: string, session: string | undefined): Address {
  return session === undefined
    ? { channel: SCHEDULE_CHANNEL, account: "isolated", kind: "direct", peer: scheduleId }
    : { channel: SCHEDULE_CHANNEL, account: "session", kind: "direct", peer: session };
}
