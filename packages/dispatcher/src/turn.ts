import {
  type ClaimedTurn,
  type JsonObject,
  type OutboundContent,
  outboundText,
  type Sender,
  StaleClaimError,
  textOf,
} from "@wxgate/core";
import { type AccessDecision, admit, mayCommand } from "./access.ts";
import { type Answering, isSaid, type Outcome, replyOf, type TurnRun, targetOf } from "./answering.ts";
import { askAgent } from "./ask-agent.ts";
import { parseCommand } from "./commands.ts";
import { describeError } from "./describe-error.ts";
import { commandWords } from "./inbox.ts";
import { nextAttempt } from "./next-attempt.ts";
import { noticeOnce } from "./notice.ts";
import { createReplyBuilder, replyText } from "./reply.ts";
import { TurnStopped } from "./run-agent.ts";
import { helpText, runCommand } from "./run-command.ts";
import type { Stop } from "./stop.ts";

/** A reload took the channel away; another may bring it back. */
const UNKNOWN_CHANNEL_MS = 60_000;

/** Everything one claimed turn goes through, from access to point B. Rejects only when the claim is lost. */
export async function workTurn(turn: ClaimedTurn, run: TurnRun, stop: Stop): Promise<void> {
  const { ports, settings } = run;
  const startedAt = ports.clock.now();
  const observed = {
    channel: turn.conversation.channel,
    account: turn.conversation.account,
    peer: turn.conversation.peer,
    id: turn.id,
    attempt: turn.attempt,
  };
  const entry = settings.channels.get(turn.conversation.channel);
  if (entry === undefined)
    return ports.store.releaseTurn(turn.claim, UNKNOWN_CHANNEL_MS, undefined, { keepAttempt: true });
  ports.observe?.({ kind: "turn-started", ...observed });

  const quoted = turn.messages.map(({ message }) => textOf(message.content));
  const answering: Answering = {
    turn,
    entry,
    run,
    stream: undefined,
    quoted,
    taken: turn.asked.flatMap(({ answer }) => answer?.message.id ?? []),
    reply: createReplyBuilder(quoted),
    startedAt,
  };
  try {
    const result = await answer(answering, stop);
    await finish(answering, result);
    ports.observe?.({
      kind: "turn-finished",
      ...observed,
      outcome: result.outcome,
      durationMs: ports.clock.now() - startedAt,
      ...(answering.agent === undefined ? {} : { agent: answering.agent }),
      ...(result.error === undefined ? {} : { error: result.error }),
    });
  } catch (error) {
    if (error instanceof StaleClaimError) throw error;
    await giveBackOrFail(answering, error);
  }
}

async function answer(answering: Answering, stop: Stop): Promise<Outcome> {
  const { turn, entry, run } = answering;
  if (turn.cancelled) return cancelled(answering);
  const sender = senderOf(turn);
  const access = await admit(entry, turn.conversation, sender, run.pairing);
  if (!access.allowed) return refuse(answering, sender, access);
  if (turn.as === "command") return answerCommand(answering, sender);
  try {
    return await askAgent(answering, sender, stop);
  } catch (error) {
    if (error instanceof TurnStopped && error.why === "cancelled") return cancelled(answering);
    throw error;
  }
}

async function refuse(
  { turn, entry, run }: Answering,
  sender: Sender,
  { reason, mayPair }: Exclude<AccessDecision, { allowed: true }>,
): Promise<Outcome> {
  const error = { code: "access.denied", message: reason };
  const { conversation } = turn;
  if (mayPair !== true) {
    const refused = { channel: entry.channel, conversation, sender };
    const content = await noticeOnce(run.ports.store, entry.notices.denied, refused, turn.id);
    return { outcome: "denied", content, error };
  }
  const code = await run.pairing.ask(entry.channel, conversation, sender, turn.id);
  if (code === undefined) return { outcome: "denied", content: [], error };
  const { channel, account, peer } = conversation;
  run.ports.observe?.({ kind: "pairing-requested", channel, account, peer, id: turn.id });
  const text = entry.notices.pairing.replaceAll("{code}", code).replaceAll("{id}", sender.id);
  return { outcome: "denied", content: textNotice(text), error };
}

/** What was shown stays; a stream that shows nothing yet is closed by the words of /stop. */
function cancelled({ turn, reply }: Answering): Outcome {
  const shown = reply.visible() || turn.shown || "";
  return { outcome: "cancelled", content: shown === "" ? [] : [{ kind: "text", text: shown }], remember: true };
}

async function answerCommand({ turn, entry, run }: Answering, sender: Sender): Promise<Outcome> {
  const { settings, stopTurns } = run;
  const options = { ports: run.ports, settings, channel: entry, skills: run.skills, stopTurns };
  const command = parseCommand(textOf(turn.messages[0]?.message.content ?? []), commandWords(entry));
  // The configuration changed since it was stored as one.
  if (command === undefined) return { outcome: "answered", content: textNotice(await helpText(turn, options)) };
  if (!mayCommand(entry, sender, command)) {
    return { outcome: "denied", content: textNotice(entry.notices.commandDenied) };
  }
  return { outcome: "answered", content: await runCommand(command, turn, options) };
}

/** Point B. */
async function finish(answering: Answering, result: Outcome): Promise<void> {
  const { outcome, content, error, remember, asked = [], answerer, session, thought } = result;
  const { turn, run, stream } = answering;
  const handle = stream?.handle ?? turn.stream;
  const reply = content.length === 0 ? undefined : await replyOf(answering, content, handle, thought);
  // Before: nobody comes back to a turn that is complete, so a bubble left open by a crash in between would spin for ever.
  if (reply === undefined) await settle(answering, handle);
  await run.ports.store.completeTurn(turn.claim, {
    outcome,
    ...answerer,
    ...(reply === undefined ? {} : { reply }),
    ...(error === undefined ? {} : { error }),
    ...(remember === true ? { historyText: [...asked.map(outboundText), replyText(content)].join("\n") } : {}),
  });
  if (answerer !== undefined && session !== undefined) run.memory.look(turn.lane, session, answerer.agent);
}

async function settle({ turn, entry, taken }: Answering, handle: JsonObject | undefined): Promise<void> {
  const target = targetOf(turn);
  await entry.channel.settle?.({ ...target, answers: [...new Set([...target.answers, ...taken])] }, handle);
}

async function giveBackOrFail(answering: Answering, error: unknown): Promise<void> {
  const { turn, entry, run } = answering;
  const { store, clock, log, observe } = run.ports;
  if (error instanceof TurnStopped) {
    if (error.why === "shutdown") await store.releaseTurn(turn.claim, 0, undefined, { keepAttempt: true });
    return;
  }
  const stored = describeError(error);
  const observed = {
    channel: turn.conversation.channel,
    account: turn.conversation.account,
    peer: turn.conversation.peer,
    id: turn.id,
    attempt: turn.attempt,
    error: stored,
  };
  log.warn({ turn: turn.id, attempt: turn.attempt, error: stored }, "turn failed");
  const next = nextAttempt(turn, error, { ...run.ports, ...run.settings, startedAt: run.startedAt });
  if (next !== undefined) {
    await store.releaseTurn(turn.claim, next.waitMs, stored, { keepAttempt: next.keepAttempt });
    observe?.({ kind: "turn-retried", ...observed });
    return;
  }
  const content = turn.as === "command" ? [] : textNotice(entry.notices.failed);
  await finish(answering, { outcome: "failed", content, error: stored });
  observe?.({ kind: "turn-finished", ...observed, outcome: "failed", durationMs: clock.now() - answering.startedAt });
}

function senderOf(turn: ClaimedTurn): Sender {
  const first = turn.messages.find(isSaid);
  if (first === undefined) throw new Error(`turn ${turn.id} was claimed without a message`);
  return first.message.sender;
}

function textNotice(text: string): readonly OutboundContent[] {
  return text === "" ? [] : [{ kind: "text", text, format: "plain" }];
}
