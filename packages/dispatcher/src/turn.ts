import {
  type ClaimedTurn,
  type JsonObject,
  type OutboundContent,
  RejectedError,
  type ReplyStream,
  type ReplyTarget,
  type Sender,
  StaleClaimError,
  type TurnResult,
  textOf,
} from "@wxgate/core";
import { type AccessDecision, admit, mayCommand } from "./access.ts";
import { currentAgent } from "./choose-agent.ts";
import { parseCommand } from "./commands.ts";
import { describeError } from "./describe-error.ts";
import { fetchMedia } from "./fetch-media.ts";
import { commandWords } from "./inbox.ts";
import { noticeOnce } from "./notice.ts";
import type { Pairing } from "./pairing.ts";
import { prepareReply } from "./prepare-reply.ts";
import { createReplyBuilder, type ReplyBuilder, replyText } from "./reply.ts";
import { backoffMs, waitOf } from "./retry.ts";
import { runAgent, TurnStopped, turnTimedOut } from "./run-agent.ts";
import { helpText, runCommand } from "./run-command.ts";
import { keepSession } from "./session-reset.ts";
import type { ChannelSettings, DispatcherPorts, DispatcherSettings } from "./settings.ts";
import { createToolProgress } from "./tool-progress.ts";
import { turnFor } from "./turn-for.ts";

const ATTEMPTS = 5;
const BACKOFF = { firstMs: 1_000, longestMs: 60_000 };
/** How often the text a stream shows is stored, for a turn that is cut off. */
const SHOWN_EVERY_MS = 2_000;
/** Made once: an abort without a reason makes an error with a stack for every turn. */
const TURN_ENDED = new Error("the turn ended");

export interface TurnRun {
  readonly ports: DispatcherPorts;
  readonly settings: DispatcherSettings;
  readonly pairing: Pairing;
  /** Aborts turns of this process. */
  stopTurns(turnIds: readonly string[]): void;
}

/** Everything one claimed turn goes through, from access to point B. Rejects only when the claim is lost. */
export async function workTurn(turn: ClaimedTurn, run: TurnRun, stop: AbortSignal): Promise<void> {
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
    return ports.store.releaseTurn(turn.claim, BACKOFF.longestMs, undefined, { keepAttempt: true });
  ports.observe?.({ kind: "turn-started", ...observed });

  const answering: Answering = {
    turn,
    entry,
    run,
    stream: undefined,
    reply: createReplyBuilder(turn.messages.map(({ message }) => textOf(message.content))),
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

interface Answering {
  readonly turn: ClaimedTurn;
  readonly entry: ChannelSettings;
  readonly run: TurnRun;
  readonly reply: ReplyBuilder;
  readonly startedAt: number;
  /** The name of the one that was asked. */
  agent?: string;
  stream: ReplyStream | undefined;
}

interface Outcome extends Pick<TurnResult, "outcome" | "error"> {
  readonly content: readonly OutboundContent[];
  /** Commands and refusals leave no trace in the agent's memory. */
  readonly remember?: boolean;
}

async function answer(answering: Answering, stop: AbortSignal): Promise<Outcome> {
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
    const content = await noticeOnce(run.ports.store, entry.notices.denied, conversation, sender, turn.id);
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
  const options = { store: run.ports.store, settings, channel: entry, stopTurns };
  const command = parseCommand(textOf(turn.messages[0]?.message.content ?? []), commandWords(entry));
  // The configuration changed since it was stored as one.
  if (command === undefined) return { outcome: "answered", content: textNotice(helpText(turn, options)) };
  if (!mayCommand(entry, sender, command)) {
    return { outcome: "denied", content: textNotice(entry.notices.commandDenied) };
  }
  return { outcome: "answered", content: await runCommand(command, turn, options) };
}

async function askAgent(answering: Answering, sender: Sender, stop: AbortSignal): Promise<Outcome> {
  const { turn, entry, run, reply } = answering;
  const { ports, settings } = run;
  const chosen = await currentAgent(ports.store, settings, entry, turn);
  const { name, agent } = chosen;
  answering.agent = name;
  const messages = await fetchMedia(
    turn,
    {
      channel: entry.channel,
      keeper: ports.media,
      clock: ports.clock,
      log: ports.log,
      save: (id, content) => ports.store.saveContent(turn.claim, id, content),
    },
    stop,
  );
  const session = keepSession(turn, entry.sessionReset, ports);
  const asked = await turnFor(turn, { entry, chosen, session: await session.begin(), messages, sender }, ports);

  const work = new AbortController();
  const { signal } = work;
  // Not AbortSignal.any: its weak references make work for the garbage collector with every turn.
  const end = () => work.abort(stop.reason);
  if (stop.aborted) end();
  stop.addEventListener("abort", end, { once: true });
  const timer = ports.clock.sleep(settings.turnTimeoutMs, signal).then(
    () => work.abort(turnTimedOut(settings.turnTimeoutMs)),
    () => {
      // The turn ended first.
    },
  );
  const typing = showTyping(answering, signal);
  const show = await openStream(answering);
  try {
    const now = sendNow(answering);
    const tools = createToolProgress({ channel: entry.channel, turn, store: ports.store, sendNow: now });
    await runAgent({ agent, turn: asked, reply, show, sendNow: now, ...tools }, signal);
  } finally {
    stop.removeEventListener("abort", end);
    work.abort(TURN_ENDED);
    await Promise.all([typing, timer]);
  }
  await session.end();
  const { content, problems } = reply.finish();
  tellProblems(answering, problems);
  return { outcome: content.length === 0 ? "silent" : "answered", content, remember: true };
}

function tellProblems({ turn, agent, run }: Answering, problems: readonly string[]): void {
  for (const problem of problems)
    run.ports.log.warn({ turn: turn.id, agent, problem }, "part of an answer was left out");
}

async function showTyping({ turn, entry, run }: Answering, signal: AbortSignal): Promise<void> {
  try {
    await entry.channel.typing?.(targetOf(turn), signal);
  } catch (error) {
    if (!signal.aborted)
      run.ports.log.debug({ turn: turn.id, error: describeError(error) }, "typing could not be shown");
  }
}

/** A stream is opened only where its text will not overtake an earlier message. Returns what shows the text. */
async function openStream(answering: Answering): Promise<(text: string) => void> {
  const { turn, entry, run } = answering;
  const { store, clock, log } = run.ports;
  if (entry.channel.openStream === undefined || turn.quota.waiting > 0) return () => {};
  const stream = entry.channel.openStream(targetOf(turn), turn.stream);
  await store.saveStream(turn.claim, stream.handle);
  answering.stream = stream;
  let savedAt = clock.now();
  return (text) => {
    stream.update(text);
    if (clock.now() - savedAt < SHOWN_EVERY_MS) return;
    savedAt = clock.now();
    store.saveStream(turn.claim, stream.handle, text).catch((error: unknown) => {
      log.debug({ turn: turn.id, error: describeError(error) }, "the shown text could not be kept");
    });
  };
}

function sendNow(answering: Answering): (content: OutboundContent) => Promise<void> {
  let ordinal = 0;
  return async (content) => {
    const { turn, run } = answering;
    const mine = ordinal;
    ordinal += 1;
    if (mine < turn.replied) return;
    const expanded = answering.reply.expand(content);
    tellProblems(answering, expanded.problems);
    const reply = expanded.content.length === 0 ? undefined : await replyOf(answering, expanded.content, undefined);
    if (reply !== undefined) await run.ports.store.addReply(turn.claim, mine, reply);
  };
}

async function replyOf(
  { turn, entry, run }: Answering,
  content: readonly OutboundContent[],
  stream: JsonObject | undefined,
) {
  const { ports, settings } = run;
  const { channel, replyDelay } = entry;
  const quota = channel.reply?.sendsPerInbound === undefined ? turn.quota : await ports.store.quota(turn.conversation);
  return prepareReply(content, {
    channel,
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

/** Point B. */
async function finish(answering: Answering, { outcome, content, error, remember }: Outcome): Promise<void> {
  const { turn, entry, run, stream } = answering;
  const reply = content.length === 0 ? undefined : await replyOf(answering, content, stream?.handle ?? turn.stream);
  await run.ports.store.completeTurn(turn.claim, {
    outcome,
    ...(reply === undefined ? {} : { reply }),
    ...(error === undefined ? {} : { error }),
    ...(remember === true ? { historyText: replyText(content) } : {}),
  });
  if (reply === undefined) await entry.channel.settle?.(targetOf(turn), stream?.handle ?? turn.stream);
}

async function giveBackOrFail(answering: Answering, error: unknown): Promise<void> {
  const { turn, entry, run } = answering;
  const { store, random, clock, log, observe } = run.ports;
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
  if (!(error instanceof RejectedError) && turn.attempt < ATTEMPTS) {
    await store.releaseTurn(turn.claim, waitOf(error, clock.now()) ?? backoffMs(turn.attempt, BACKOFF, random), stored);
    observe?.({ kind: "turn-retried", ...observed });
    return;
  }
  const content = turn.as === "command" ? [] : textNotice(entry.notices.failed);
  await finish(answering, { outcome: "failed", content, error: stored });
  observe?.({ kind: "turn-finished", ...observed, outcome: "failed", durationMs: clock.now() - answering.startedAt });
}

function targetOf(turn: ClaimedTurn): ReplyTarget {
  return { to: turn.conversation, answers: turn.messages.map(({ message }) => message.id), handles: turn.handles };
}

function senderOf(turn: ClaimedTurn): Sender {
  const first = turn.messages[0];
  if (first === undefined) throw new Error(`turn ${turn.id} was claimed without a message`);
  return first.message.sender;
}

function textNotice(text: string): readonly OutboundContent[] {
  return text === "" ? [] : [{ kind: "text", text, format: "plain" }];
}
