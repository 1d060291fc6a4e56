import {
  type Agent,
  type ClaimedMessage,
  type InboundContent,
  type OutboundContent,
  type Question,
  type Sender,
  type StoredError,
  type StoredQuestion,
  type Turn,
  type TurnSkill,
  textOf,
} from "@wxgate/core";
import { admit, mayCommand } from "./access.ts";
import { type Activity, limitTime, startable } from "./activity.ts";
import { type Answering, type Outcome, replyOf, targetOf } from "./answering.ts";
import { askInOrder, standInsFor } from "./ask-in-order.ts";
import { currentAgent } from "./choose-agent.ts";
import type { Command } from "./commands.ts";
import { describeError } from "./describe-error.ts";
import { createEarlySpeech, type EarlySpeech } from "./early-speech.ts";
import { fetchMedia } from "./fetch-media.ts";
import { askingOperator } from "./permissions.ts";
import { createReplyBuilder } from "./reply.ts";
import { runAgent, turnTimedOut } from "./run-agent.ts";
import { keepSession } from "./session-reset.ts";
import { createShown, openGrowing, type Shown } from "./shown.ts";
import { skillRequest, withRequest } from "./skills.ts";
import type { Stop, Stoppable } from "./stop.ts";
import { createToolProgress } from "./tool-progress.ts";
import { asTurnMessage, turnFor } from "./turn-for.ts";

const SKILL_COMMAND: Command = { name: "skill", argument: "" };
/** Made once: an abort without a reason makes an error with a stack for every turn. */
const TURN_ENDED = new Error("the turn ended");

/** From the choice of the agent to the end of what it says, or one that stands in for it. */
export async function askAgent(answering: Answering, sender: Sender, stop: Stop): Promise<Outcome> {
  const { turn, entry, run } = answering;
  const { ports, settings } = run;
  const chosen = await currentAgent(ports.store, settings, entry, turn);
  const { skill, messages: spoken } = await skillFor(answering, chosen.name, sender);
  const messages = await filesOf(answering, spoken, stop);
  const session = keepSession(turn, entry.sessionReset, ports);
  const claimed = { ...turn, asked: await answersSince(answering, stop) };
  const question = { entry, session: await session.begin(), messages, sender, skill };

  const growing = await openGrowing({ turn, entry, ports, target: targetOf(turn) });
  answering.stream = growing?.stream;
  const shown = createShown(claimed, growing);
  const standIns = standInsFor(settings, chosen.name).map((standIn) => ({ ...standIn, isBound: chosen.isBound }));
  let asked: readonly OutboundContent[] = [];
  const answerer = await askInOrder({
    agents: [chosen, ...standIns],
    clock: ports.clock,
    wasShown: shown.wasShown,
    onPassedOver: ({ agent, error }) => observePassedOver(answering, agent, error),
    async ask(candidate) {
      answering.agent = candidate.name;
      answering.reply = createReplyBuilder(answering.quoted);
      const asking = await turnFor(claimed, { ...question, chosen: candidate }, ports);
      asked = await hearOut({ ...answering, turn: claimed }, candidate.agent, asking, shown, stop);
    },
  });
  await session.end();
  const thought = answering.reply.thought();
  const { content, problems } = answering.reply.finish();
  tellProblems(answering, problems);
  const outcome = content.length === 0 ? "silent" : "answered";
  return { outcome, content, remember: true, asked, answerer, session: question.session, thought };
}

/** Everything one agent says, within the time a turn has; gives what it asked on the way. */
async function hearOut(
  answering: Answering,
  agent: Agent,
  asking: Turn,
  shown: Shown,
  stop: Stop,
): Promise<readonly OutboundContent[]> {
  const { turn, entry, run, reply } = answering;
  const { ports, settings } = run;
  const work = new AbortController();
  const { signal } = work;
  // Not AbortSignal.any: its weak references make work for the garbage collector with every turn.
  const end = () => work.abort(stop.reason);
  if (stop.aborted) end();
  const letGo = stop.onAbort(end);
  const limitMs = settings.turnTimeoutMs;
  const limit = limitTime(ports.clock, limitMs, signal, () => work.abort(turnTimedOut(limitMs)));
  const typing = startable((until) => showTyping(answering, until));
  const beside = entry.channel.typing === undefined ? [limit] : [limit, typing];
  const early = speakEarly(answering, asking.sender, beside, signal);
  const sendNow = shown.marking(early.send);
  const ask = shown.marking((question: Question) => early.ask(question, signal));
  const place = { turn: turn.id, agent: asking.agent, conversation: turn.conversation, sender: asking.sender };
  const permit = askingOperator(run.permissions, place, limit, signal);
  try {
    for (const activity of beside) activity.goOn();
    const tools = createToolProgress({ channel: entry.channel, turn, store: ports.store, sendNow });
    await runAgent({ agent, turn: asking, reply, show: shown.show, sendNow, ask, permit, ...tools }, signal);
  } finally {
    letGo();
    work.abort(TURN_ENDED);
    await Promise.all([...beside.map((activity) => activity.end()), early.idle()]);
  }
  return early.asked();
}

function observePassedOver({ turn, run }: Answering, agent: string, error: StoredError): void {
  const { channel, account, peer } = turn.conversation;
  const { id, attempt } = turn;
  run.ports.observe?.({ kind: "agent-passed-over", channel, account, peer, id, attempt, agent, error });
}

/** What the person chose by `/skill`: for this request, or for all until they end it. */
async function skillFor(
  { turn, entry, run }: Answering,
  agent: string,
  sender: Sender,
): Promise<{ readonly skill?: TurnSkill; readonly messages: readonly ClaimedMessage[] }> {
  const [first, ...others] = turn.messages;
  const { skills } = run.ports;
  if (first === undefined || skills === undefined) return { messages: turn.messages };
  const find = async (name: string | undefined) =>
    name === undefined
      ? undefined
      : (await skills({ agent, conversation: turn.conversation, sender })).find(
          (one) => one.name === name.toLowerCase(),
        );
  const request = skillRequest(textOf(first.message.content));
  const wanted = request && mayCommand(entry, sender, SKILL_COMMAND) ? await find(request.name) : undefined;
  if (request !== undefined && wanted !== undefined) {
    const message = { ...first.message, content: withRequest(first.message.content, request.request) };
    return { skill: wanted, messages: [{ ...first, message }, ...others] };
  }
  const chosen = await find(await run.skills.get(turn.lane));
  return { ...(chosen && { skill: chosen }), messages: turn.messages };
}

/** Messages of the turn with their files. */
function filesOf(
  { turn, entry, run }: Answering,
  messages: readonly ClaimedMessage[],
  stop: Stoppable,
): Promise<readonly ClaimedMessage[]> {
  const { store, media: keeper, clock, log } = run.ports;
  const save = (id: string, content: readonly InboundContent[]) => store.saveContent(turn.claim, id, content);
  return fetchMedia(messages, { channel: entry.channel, keeper, clock, log, save }, stop);
}

/** What an interrupted attempt asked, with the answers that came since. */
async function answersSince(answering: Answering, stop: Stoppable): Promise<readonly StoredQuestion[]> {
  const { turn, run, quoted } = answering;
  const questions: StoredQuestion[] = [];
  for (const question of turn.asked) {
    const isOpen = question.answer === undefined && !question.closed;
    const taken = isOpen ? await run.ports.store.takeAnswer(turn.claim, question.ordinal) : question.answer;
    const [answer] = taken === undefined ? [] : await filesOf(answering, [taken], stop);
    if (answer !== undefined) {
      quoted.push(textOf(answer.message.content));
      answering.taken.push(answer.message.id);
    }
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
      answering.taken.push(answer.message.id);
      if (!(await admit(entry, turn.conversation, sender, run.pairing)).allowed) return undefined;
      quoted.push(textOf(answer.message.content));
      const [message] = await filesOf(answering, [answer], { signal });
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
    run.ports.log.warn({ turn: turn.id, agent, problem }, "part of an answer could not be obeyed");
}

async function showTyping({ turn, entry, run }: Answering, signal: AbortSignal): Promise<void> {
  try {
    await entry.channel.typing?.(targetOf(turn), signal);
  } catch (error) {
    if (!signal.aborted)
      run.ports.log.debug({ turn: turn.id, error: describeError(error) }, "typing could not be shown");
  }
}
