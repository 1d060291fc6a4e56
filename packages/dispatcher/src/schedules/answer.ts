import {
  type Address,
  type Agent,
  type ClaimedTurn,
  type OutboundContent,
  type PassedOver,
  type Question,
  RejectedError,
  type ScheduleAction,
  type ScheduleTarget,
  StaleClaimError,
  type Turn,
} from "@wxgate/core";
import { limitTime } from "../activity.ts";
import { askInOrder, type NamedAgent, standInsFor } from "../ask-in-order.ts";
import { describeError } from "../describe-error.ts";
import { type MemoryKeeper, recall } from "../memory.ts";
import { nextAttempt } from "../next-attempt.ts";
import { askingOperator, type Permissions } from "../permissions.ts";
import { prepareReply } from "../prepare-reply.ts";
import { createReplyBuilder, replyText } from "../reply.ts";
import { runAgent, TurnStopped, turnTimedOut } from "../run-agent.ts";
import type { DispatcherPorts, DispatcherSettings } from "../settings.ts";

export interface ScheduledTurnRun {
  readonly ports: DispatcherPorts;
  readonly settings: DispatcherSettings;
  readonly memory: MemoryKeeper;
  readonly permissions: Permissions;
  /** When this process began to work. */
  readonly startedAt: number;
  target(to: ScheduleTarget): Promise<Address>;
}

type Ask = Extract<ScheduleAction, { kind: "ask" }>;

/** A schedule's question to an agent, up to point B. Rejects only when the claim is lost. */
export async function workScheduledTurn(turn: ClaimedTurn, run: ScheduledTurnRun, stop: AbortSignal): Promise<void> {
  const { ports } = run;
  const startedAt = ports.clock.now();
  const { channel, account, peer } = turn.conversation;
  const observed = { channel, account, peer, id: turn.id, attempt: turn.attempt };
  ports.observe?.({ kind: "turn-started", ...observed });
  try {
    if (turn.cancelled) throw new TurnStopped("cancelled");
    await answer(turn, run, stop);
    const durationMs = ports.clock.now() - startedAt;
    ports.observe?.({ kind: "turn-finished", ...observed, outcome: "answered", durationMs });
  } catch (error) {
    if (error instanceof StaleClaimError) throw error;
    const outcome = await giveBackOrFail(turn, run, error);
    if (outcome === undefined) return;
    const durationMs = ports.clock.now() - startedAt;
    ports.observe?.({ kind: "turn-finished", ...observed, outcome, durationMs, error: describeError(error) });
  }
}

async function answer(turn: ClaimedTurn, run: ScheduledTurnRun, stop: AbortSignal): Promise<void> {
  const { ports, settings } = run;
  const action = await actionOf(turn, run);
  const name = action.agent ?? settings.defaultAgent;
  const agent = settings.agents.get(name);
  if (agent === undefined) {
    throw new RejectedError(`no agent is called "${name}" any more`, { code: "schedule.unknown-agent" });
  }
  const to = action.to === undefined ? undefined : await run.target(action.to);
  let content: readonly OutboundContent[] = [];
  const answerer = await askInOrder({
    agents: [{ name, agent }, ...standInsFor(settings, name)],
    clock: ports.clock,
    wasShown: () => false,
    onPassedOver: (passed) => observePassedOver(turn, passed, ports),
    async ask(candidate) {
      content = await ask(candidate.agent, await turnFor(turn, candidate, to, ports), run, stop);
    },
  });
  const reply = to === undefined ? undefined : await replyTo(to, content, run);
  await ports.store.completeTurn(turn.claim, {
    outcome: content.length === 0 ? "silent" : "answered",
    ...answerer,
    historyText: replyText(content),
    ...(to === undefined ? {} : { to }),
    ...(reply === undefined ? {} : { reply }),
  });
  run.memory.look(turn.lane, turn.session, answerer.agent);
}

function observePassedOver(turn: ClaimedTurn, { agent, error }: PassedOver, { observe }: DispatcherPorts): void {
  const { channel, account, peer } = turn.conversation;
  observe?.({ kind: "agent-passed-over", channel, account, peer, id: turn.id, attempt: turn.attempt, agent, error });
}

/** What the schedule wanted when it fired; it may have been changed since. */
async function actionOf(turn: ClaimedTurn, { ports }: ScheduledTurnRun): Promise<Ask> {
  const run = await ports.store.schedules.run(turn.messages[0]?.message.id ?? "");
  if (run?.action.kind === "ask") return run.action;
  throw new RejectedError("the run of this turn is not known any more", { code: "schedule.unknown-run" });
}

async function turnFor(
  turn: ClaimedTurn,
  { name, agent }: NamedAgent,
  to: Address | undefined,
  { store }: DispatcherPorts,
): Promise<Turn> {
  const [first] = turn.messages;
  if (first === undefined) throw new Error(`turn ${turn.id} was claimed without a message`);
  const { history, summary } = await recall(store, agent, turn.lane, turn.session);
  return {
    id: turn.id,
    attempt: turn.attempt,
    agent: name,
    session: turn.session,
    conversation: to ?? turn.conversation,
    sender: first.message.sender,
    messages: turn.messages.map(({ message: { id, sentAt, content } }) => ({ id, sentAt, content })),
    history,
    ...(summary === undefined ? {} : { summary }),
  };
}

/** Everything the agent says, together: nobody waits for a part of it. */
async function ask(
  agent: Agent,
  turn: Turn,
  { ports, settings, permissions }: ScheduledTurnRun,
  stop: AbortSignal,
): Promise<readonly OutboundContent[]> {
  const { clock, log } = ports;
  const reply = createReplyBuilder([]);
  const early: OutboundContent[] = [];
  const over = new AbortController();
  const signal = AbortSignal.any([stop, over.signal]);
  const limitMs = settings.turnTimeoutMs;
  const limit = limitTime(clock, limitMs, signal, () => over.abort(turnTimedOut(limitMs)));
  const { id, agent: name, conversation, sender } = turn;
  const permit = askingOperator(permissions, { turn: id, agent: name, conversation, sender }, limit, signal);
  const sendNow = async (content: OutboundContent) => void early.push(content);
  // Nobody asked for this turn who could answer.
  const ask = async ({ content, answer }: Question) => {
    if (answer === undefined) early.push(content);
    else answer({ kind: "unanswered" });
  };
  try {
    await runAgent({ agent, turn, reply, show: () => {}, sendNow, ask, permit }, signal);
  } finally {
    over.abort();
    await limit.end();
  }
  const { content, problems } = reply.finish();
  for (const problem of problems)
    log.warn({ turn: turn.id, agent: turn.agent, problem }, "part of an answer could not be obeyed");
  return [...early, ...content];
}

async function replyTo(to: Address, content: readonly OutboundContent[], { ports, settings }: ScheduledTurnRun) {
  const entry = settings.channels.get(to.channel);
  if (entry === undefined)
    throw new RejectedError(`no channel is called "${to.channel}"`, { code: "send.unknown-channel" });
  if (content.length === 0) return undefined;
  const quota = await ports.store.quota(to);
  const longReply = entry.longReply ?? settings.longReply;
  return prepareReply(content, { channel: entry.channel, to, longReply, quota, random: ports.random });
}

async function giveBackOrFail(
  turn: ClaimedTurn,
  { ports, settings, startedAt }: ScheduledTurnRun,
  error: unknown,
): Promise<"failed" | "cancelled" | undefined> {
  const { store, log } = ports;
  if (error instanceof TurnStopped && error.why !== "cancelled") {
    if (error.why === "shutdown") await store.releaseTurn(turn.claim, 0, undefined, { keepAttempt: true });
    return undefined;
  }
  const outcome = error instanceof TurnStopped ? "cancelled" : "failed";
  const stored = describeError(error);
  if (outcome === "failed") {
    log.warn({ turn: turn.id, attempt: turn.attempt, error: stored }, "scheduled turn failed");
    const next = nextAttempt(turn, error, { ...ports, ...settings, startedAt });
    if (next !== undefined) {
      await store.releaseTurn(turn.claim, next.waitMs, stored, { keepAttempt: next.keepAttempt });
      return undefined;
    }
  }
  await store.completeTurn(turn.claim, { outcome, error: stored });
  return outcome;
}
