import type {
  ClaimedMessage,
  ClaimedTurn,
  JsonObject,
  NewReply,
  OutboundContent,
  ReplyStream,
  ReplyTarget,
  TurnResult,
} from "@wxgate/core";
import type { AnswerDesk } from "./answer-desk.ts";
import type { Answerer } from "./ask-in-order.ts";
import type { MemoryKeeper } from "./memory.ts";
import type { Pairing } from "./pairing.ts";
import type { Permissions } from "./permissions.ts";
import { prepareReply } from "./prepare-reply.ts";
import type { ReplyBuilder } from "./reply.ts";
import type { ChannelSettings, DispatcherPorts, DispatcherSettings } from "./settings.ts";
import type { SkillChoice } from "./skills.ts";

export interface TurnRun {
  readonly ports: DispatcherPorts;
  readonly settings: DispatcherSettings;
  readonly pairing: Pairing;
  readonly desk: AnswerDesk;
  readonly permissions: Permissions;
  readonly skills: SkillChoice;
  readonly memory: MemoryKeeper;
  /** When this process began to work. */
  readonly startedAt: number;
  /** Aborts turns of this process. */
  stopTurns(turnIds: readonly string[]): void;
}

/** One claimed turn at work. */
export interface Answering {
  readonly turn: ClaimedTurn;
  readonly entry: ChannelSettings;
  readonly run: TurnRun;
  /** What the person said: never obeyed when the agent repeats it. */
  readonly quoted: string[];
  /** Ids of the messages that answered what the agent asked. */
  readonly taken: string[];
  /** Of the agent that is asked now. */
  reply: ReplyBuilder;
  readonly startedAt: number;
  /** The name of the one that was asked last. */
  agent?: string;
  stream: ReplyStream | undefined;
}

export interface Outcome extends Pick<TurnResult, "outcome" | "error"> {
  readonly content: readonly OutboundContent[];
  /** Commands and refusals leave no trace in the agent's memory. */
  readonly remember?: boolean;
  /** Before it, in the same turn. */
  readonly asked?: readonly OutboundContent[];
  readonly answerer?: Answerer;
  /** The session it was said in. */
  readonly session?: string;
  /** What the model thought before it answered. */
  readonly thought?: string;
}

export async function replyOf(
  { turn, entry, run }: Answering,
  content: readonly OutboundContent[],
  stream: JsonObject | undefined,
  thought = "",
): Promise<NewReply | undefined> {
  const { ports, settings } = run;
  const { channel, replyDelay } = entry;
  const quota = channel.reply?.sendsPerInbound === undefined ? turn.quota : await ports.store.quota(turn.conversation);
  return prepareReply(content, {
    channel,
    thought,
    to: turn.conversation,
    longReply: entry.longReply ?? settings.longReply,
    quota,
    random: ports.random,
    ...(stream === undefined ? {} : { stream }),
    ...(replyDelay === undefined
      ? {}
      : { delayMs: Math.round(replyDelay.minMs + (replyDelay.maxMs - replyDelay.minMs) * ports.random.fraction()) }),
  });
}

export function targetOf(turn: ClaimedTurn): ReplyTarget {
  const answers = turn.messages.filter(isSaid).map(({ message }) => message.id);
  return { to: turn.conversation, answers, handles: turn.handles };
}

/** Ratings come along; they ask for no answer. */
export function isSaid({ message }: ClaimedMessage): boolean {
  return message.content.some(({ kind }) => kind !== "feedback") || message.content.length === 0;
}
