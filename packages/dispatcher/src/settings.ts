import type {
  Agent,
  Channel,
  Clock,
  InboundContent,
  Logger,
  LongReply,
  MediaStream,
  Random,
  Store,
  StoredError,
  StoredMedia,
  TurnOutcome,
} from "@wxgate/core";
import type { CommandWords } from "./commands.ts";
import type { DynamicAgents } from "./instances.ts";
import type { SessionReset } from "./session-reset.ts";
import type { Skill, SkillPlace } from "./skills.ts";

/** What the operator configured for one channel beside the channel itself. Replaced as a whole on reload. */
export interface ChannelSettings {
  readonly channel: Channel;
  readonly agent?: string;
  readonly dmPolicy: "open" | "pairing" | "allowlist" | "disabled";
  readonly allowFrom: readonly string[];
  readonly groupPolicy: "open" | "allowlist" | "disabled";
  readonly groupAllowFrom: readonly string[];
  /** By group id; "*" stands for every group. */
  readonly groups: Readonly<Record<string, GroupSettings>>;
  readonly commands: {
    /** Who may give commands; everybody who is heard when absent. */
    readonly allowFrom?: readonly string[];
    /** What `/agent` may choose. Absent: every agent where people are known by name, none where anybody may write. */
    readonly agents?: readonly string[];
    readonly custom?: CommandWords["custom"];
  };
  /** Of what commands answer; "zh" when absent. */
  readonly language?: "zh" | "en";
  readonly welcomeText?: string;
  /** What turns are serialised and remembered by. */
  readonly session: "peer" | "sender" | "channel";
  readonly sessionReset?: SessionReset;
  readonly dynamicAgents?: DynamicAgents;
  /** A human-like pause before each reply. */
  readonly replyDelay?: { readonly minMs: number; readonly maxMs: number };
  readonly longReply?: LongReply;
  /** The channel that sends when this one cannot. */
  readonly fallback?: string;
  readonly notices: Notices;
}

export interface GroupSettings {
  /** Members who are heard; all when absent. */
  readonly allowFrom?: readonly string[];
  /** Messages that do not mention us are kept and not answered, where the channel tells. */
  readonly requireMention?: boolean;
}

/** The sentences people see from the gateway itself. An empty one is not sent. */
export interface Notices {
  /** The agent failed for good. */
  readonly failed: string;
  /** The person may not talk here. */
  readonly denied: string;
  /** The person may not use this command. */
  readonly commandDenied: string;
  /** To a stranger under `dmPolicy: pairing`; `{code}` stands for the code, `{id}` for the person's id. */
  readonly pairing: string;
  /** The operator let the person in. */
  readonly paired: string;
  /** The operator did not. */
  readonly pairingRejected: string;
}

export interface Binding {
  readonly channel?: string;
  readonly account?: string;
  readonly peer?: string;
  readonly group?: string;
  readonly agent: string;
}

export interface DispatcherSettings {
  readonly channels: ReadonlyMap<string, ChannelSettings>;
  readonly agents: ReadonlyMap<string, Agent>;
  /** By an agent's name, who is asked in its place, in order, when it fails. */
  readonly fallbacks?: ReadonlyMap<string, readonly string[]>;
  readonly defaultAgent: string;
  /** First match wins; then the channel's agent; then the default. */
  readonly bindings: readonly Binding[];
  /** Turns at work at a time, and deliveries beside them. */
  readonly concurrency: number;
  readonly turnTimeoutMs: number;
  /** Turns are tried again at least so long after their agent failed first. */
  readonly turnRetryMs: number;
  readonly mediaGraceMs: number;
  readonly longReply: LongReply;
  readonly deferHours: number;
}

/** Before the first configuration: no channel, and so nothing to do. */
export const UNCONFIGURED: DispatcherSettings = {
  channels: new Map(),
  agents: new Map(),
  defaultAgent: "",
  bindings: [],
  concurrency: 0,
  turnTimeoutMs: 600_000,
  turnRetryMs: 120_000,
  mediaGraceMs: 2_000,
  longReply: "continue",
  deferHours: 72,
};

/** Keeps what people sent: one file per hash, one row per use. */
export interface MediaKeeper {
  /** @throws an error whose message may be told to an agent when the file is too large or broken. */
  keep(
    stream: MediaStream,
    context: { readonly channel: string; readonly conversation: string },
    signal: AbortSignal,
  ): Promise<StoredMedia>;
  /** Adds the signed address an agent fetches the bytes from. */
  sign(content: InboundContent): InboundContent;
}

export interface DispatcherPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly media: MediaKeeper;
  /** Names this process among the gateways on one store. */
  readonly worker: string;
  /** A folder that is this instance's alone, made when it is needed; undefined for agents that have no use for one. */
  instanceFolder?(agent: string, instance: string): Promise<string | undefined>;
  /** What `/skill` may choose; none when absent. */
  skills?(place: SkillPlace): Promise<readonly Skill[]>;
  /** Life of everything that passes, for metrics, traces and the live page. Must not throw. */
  observe?(observation: Observation): void;
}

/** Something happened to a message, turn or delivery. */
export interface Observation {
  readonly kind:
    | "messages-accepted"
    | "turn-started"
    | "turn-finished"
    | "turn-retried"
    /** An agent failed, and another was asked in its place. */
    | "agent-passed-over"
    | "delivery-sent"
    | "delivery-retried"
    | "delivery-deferred"
    | "delivery-dead"
    | "account-paused"
    | "pairing-requested"
    /** An agent asks the operator to be allowed something. */
    | "permission-requested";
  readonly channel: string;
  readonly account?: string;
  readonly peer?: string;
  readonly id?: string;
  readonly agent?: string;
  readonly count?: number;
  readonly attempt?: number;
  readonly outcome?: TurnOutcome;
  /** From claim to end. */
  readonly durationMs?: number;
  /** From the message's acceptance, or the delivery's storing, to now. */
  readonly sinceStoredMs?: number;
  readonly error?: StoredError;
}
