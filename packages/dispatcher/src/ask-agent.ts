import {
  type ClaimedMessage,
  type InboundContent,
  type Question,
  type Sender,
  type StoredQuestion,
  textOf,
} from "@wxgate/core";
import { admit } from "./access.ts";
import { type Activity, limitTime, startable } from "./activity.ts";
import { type Answering, type Outcome, replyOf, targetOf } from "./answering.ts";
import { currentAgent } from "./choose-agent.ts";
import { describeError } from "./describe-error.ts";
import { createEarlySpeech, type EarlySpeech } from "./early-speech.ts";
import { fetchMedia } from "./fetch-media.ts";
import { runAgent, turnTimedOut } from "./run-agent.ts";
import { keepSession } from "./session-reset.ts";
import { createToolProgress } from "./tool-progress.ts";
import { asTurnMessage, turnFor } from "./turn-for.ts";

/** How often the text a stream shows is stored, for a turn that is cut off. */
const SHOWN_EVERY_MS = 2_000;
/** Made once: an abort without a reason makes an error with a stack for every turn. */
const TURN_ENDED = new Error("the turn ended");

/** From the choice of the agent to the end of what it says. */
export async function askAgent(answering: Answering, sender: Sender, stop: AbortSignal): Promise<Outcome> {
  const { turn, entry, run, reply } = answering;
  const { ports, settings } = run;
  const chosen = await currentAgent(ports.store, settings, entry, turn);
  const { name, agent } = chosen;
  answering.agent = name;
  const messages = await filesOf(answering, turn.messages, stop);
  const session = keepSession(turn, entry.sessionReset, ports);
  const claimed = { ...turn, asked: await answersSince(answering, stop) };
  const asked = await turnFor(claimed, { entry, chosen, session: await session.begin(), messages, sender }, ports);

  const work = new AbortController();
  const { signal } = work;
  // Not AbortSignal.any: its weak references make work for the garbage collector with every turn.
  const end = () => work.abort(stop.reason);
  if (stop.aborted) end();
  stop.addEventListener("abort", end, { once: true });
  const limitMs = settings.turnTimeoutMs;
  const beside = [
    limitTime(ports.clock, limitMs, () => work.abort(turnTimedOut(limitMs))),
    startable((until) => showTyping(answering, until)),
  ];
  const early = speakEarly({ ...answering, turn: claimed }, sender, beside, signal);
  try {
    for (const activity of beside) activity.goOn();
    const show = await openStream(answering);
    const tools = createToolProgress({ channel: entry.channel, turn, store: ports.store, sendNow: early.send });
    const ask = (question: Question) => early.ask(question, signal);
    await runAgent({ agent, turn: asked, reply, show, sendNow: early.send, ask, ...tools }, signal);
  } finally {
    stop.removeEventListener("abort", end);
    work.abort(TURN_ENDED);
    await Promise.all([...beside.map((activity) => activity.end()), early.idle()]);
  }
  await session.end();
  const { content, problems } = reply.finish();
  tellProblems(answering, problems);
  return { outcome: content.length === 0 ? "silent" : "answered", content, remember: true, asked: early.asked() };
}

/** Messages of the turn with their files. */
function filesOf(
  { turn, entry, run }: Answering,
  messages: readonly ClaimedMessage[],
  signal: AbortSignal,
): Promise<readonly ClaimedMessage[]> {
  const { store, media: keeper, clock, log } = run.ports;
  const save = (id: string, content: readonly InboundContent[]) => store.saveContent(turn.claim, id, content);
  return fetchMedia(messages, { channel: entry.channel, keeper, clock, log, save }, signal);
}

/** What an interrupted attempt asked, with the answers that came since. */
async function answersSince(answering: Answering, signal: AbortSignal): Promise<readonly StoredQuestion[]> {
  const { turn, run, quoted } = answering;
  const questions: StoredQuestion[] = [];
  for (const question of turn.asked) {
    const isOpen = question.answer === undefined && !question.closed;
    const taken = isOpen ? await run.ports.store.takeAnswer(turn.claim, question.ordinal) : question.answer;
    const [answer] = taken === undefined ? [] : await filesOf(answering, [taken], signal);
    if (answer !== undefined) quoted.push(textOf(answer.message.content));
    questions.push({ ...question, ...(answer === undefined ? {} : { answer }) });
  }
  return questions;
}

function speakEarly(
  answering: Answering,
  sender: Sender,
  beside: readonly Activity[],
  signal: AbortSignal,
): EarlySpeech {
  const { turn, entry, run, quoted } = answering;
  return createEarlySpeech({
    turn,
    store: run.ports.store,
    desk: run.desk,
    expand(content) {
      const expanded = answering.reply.expand(content);
      tellProblems(answering, expanded.problems);
      return expanded.content;
    },
    prepare: (content) => replyOf(answering, content, undefined),
    async receive(answer) {
      if (!(await admit(entry, turn.conversation, sender, run.pairing)).allowed) return undefined;
      quoted.push(textOf(answer.message.content));
      const [message] = await filesOf(answering, [answer], signal);
      return message === undefined ? undefined : asTurnMessage(message, run.ports.media);
    },
    async whileAsking(wait) {
      for (const activity of beside) activity.rest();
      try {
        return await wait();
      } finally {
        if (!signal.aborted) for (const activity of beside) activity.goOn();
      }
    },
  });
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
