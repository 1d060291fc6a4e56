import type { AgentStanding } from "@wxgate/agents";
import type {
  Address,
  Channel,
  ChannelHealth,
  Clock,
  Logger,
  MediaStream,
  OutboundContent,
  Random,
  Store,
  StoredMedia,
} from "@wxgate/core";
import type { PairingDesk, PermissionDesk, ScheduleDesk } from "@wxgate/dispatcher";
import type { ConfigProblem } from "../config/problems.ts";
import type { EventHub } from "../observe/event-hub.ts";
import type { LogBook } from "../observe/log-book.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { CallbackTimes } from "../public/callback-book.ts";
import type { Toolbox } from "../tools/toolbox.ts";

/** A configured channel as the admin server sees it; `channel` is absent while it is switched off. */
export interface ChannelView {
  readonly id: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly agent: string;
  /** Where its callbacks arrive; empty when it takes none. */
  readonly paths: readonly string[];
  readonly channel?: Channel;
}

/** A configured agent as the admin server sees it. */
export interface AgentView {
  readonly name: string;
  readonly type: string;
  /** Who is asked in its place. */
  readonly fallback: readonly string[];
  /** Absent where nothing watches it. */
  readonly standing?: AgentStanding;
}

export type ReloadResult =
  | { readonly ok: true; readonly changed: readonly string[]; readonly needsRestart: readonly string[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Everything the admin server may ask of the running gateway. */
export interface GatewayView {
  readonly version: string;
  readonly startedAt: number;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly events: EventHub;
  readonly logs: LogBook;
  readonly metrics: Metrics;
  channels(): readonly ChannelView[];
  agents(): readonly AgentView[];
  readonly pairing: PairingDesk;
  readonly permissions: PermissionDesk;
  /** Where a target string leads. @throws RejectedError that names the accepted forms. */
  target(channel: string, text: string): Promise<Address>;
  send(to: Address, content: readonly OutboundContent[], source: string): Promise<readonly string[]>;
  /** Gives up a delivery that waits or is dead; false when it is being sent, or was. */
  discard(id: string): Promise<boolean>;
  readonly schedules: ScheduleDesk;
  /** When the platform last reached a channel. */
  callbacksOf(channel: string): CallbackTimes;
  /** What MCP offers. */
  readonly tools: Toolbox;
  reload(): Promise<ReloadResult>;
  readonly media: {
    /** Keeps an operator's file; the signed address it is sent from. */
    keep(stream: MediaStream, signal: AbortSignal): Promise<StoredMedia>;
    /** Undefined when the signature is wrong or too old, or the file is gone. */
    openSigned(
      id: string,
      query: Readonly<Record<string, unknown>>,
      signal: AbortSignal,
    ): Promise<MediaStream | undefined>;
  };
  /** Undefined when ready; otherwise why not. */
  notReady(): string | undefined;
}

/** A channel's health with the pauses the store knows of. */
export async function healthOf(
  view: GatewayView,
  { id, channel }: ChannelView,
  probe?: AbortSignal,
): Promise<ChannelHealth> {
  if (!channel) return { state: "stopped", reason: "switched off in the configuration", accounts: [] };
  const health = probe && channel.probe ? await channel.probe(probe) : channel.health();
  if (probe && channel.probe) await resumeThoseThatWork(view, id, health);
  const paused = (await view.store.pausedAccounts()).filter((pause) => pause.channel === id);
  if (paused.length === 0) return health;
  const accounts = health.accounts.map((account) => {
    const pause = paused.find((candidate) => candidate.account === account.account);
    if (!pause) return account;
    const { error, since } = pause;
    return { ...account, state: "paused" as const, since: new Date(since), reason: error.message, hint: error.hint };
  });
  return { ...health, state: accounts.every(({ state }) => state === "paused") ? "paused" : "degraded", accounts };
}

/** The platform was asked just now and had nothing against these: what waits for them need not wait longer. */
async function resumeThoseThatWork(view: GatewayView, id: string, { accounts }: ChannelHealth): Promise<void> {
  for (const { account, state } of accounts) {
    if (state === "ok") await view.store.resumeAccount(id, account);
  }
}
