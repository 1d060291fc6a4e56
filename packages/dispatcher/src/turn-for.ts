import type {
  AskedQuestion,
  ClaimedMessage,
  ClaimedTurn,
  Sender,
  StoredQuestion,
  Turn,
  TurnMessage,
  TurnSkill,
} from "@wxgate/core";
import type { ChosenAgent } from "./choose-agent.ts";
import { instanceFor, instanceName } from "./instances.ts";
import { recall } from "./memory.ts";
import type { ChannelSettings, DispatcherPorts, MediaKeeper } from "./settings.ts";

export interface Question {
  readonly entry: ChannelSettings;
  readonly chosen: ChosenAgent;
  readonly session: string;
  /** With their media fetched. */
  readonly messages: readonly ClaimedMessage[];
  readonly sender: Sender;
  readonly skill?: TurnSkill | undefined;
}

/** What the agent is handed: for one without memory also what was said before. */
export async function turnFor(turn: ClaimedTurn, question: Question, ports: DispatcherPorts): Promise<Turn> {
  const { chosen, session, messages, sender, skill } = question;
  const { history, summary } = await recall(ports.store, chosen.agent, turn.lane, session);
  return {
    id: turn.id,
    attempt: turn.attempt,
    agent: chosen.name,
    session,
    ...(await instanceOf(turn, question, ports)),
    conversation: turn.conversation,
    sender,
    messages: messages.map((message) => asTurnMessage(message, ports.media)),
    ...(skill && { skill: { name: skill.name, text: skill.text } }),
    ...(turn.asked.length === 0 ? {} : { asked: turn.asked.map((question) => asAsked(question, ports.media)) }),
    history,
    ...(summary === undefined ? {} : { summary }),
  };
}

/** A message as agents see it: files with an address. */
export function asTurnMessage({ message }: ClaimedMessage, media: MediaKeeper): TurnMessage {
  return {
    id: message.id,
    sentAt: message.sentAt,
    content: message.content.map((part) => media.sign(part)),
    ...(message.quote === undefined ? {} : { quote: message.quote }),
  };
}

function asAsked({ content, answer }: StoredQuestion, media: MediaKeeper): AskedQuestion {
  return { content, ...(answer === undefined ? {} : { answer: asTurnMessage(answer, media).content }) };
}

/** The instance that answers, where this conversation has one of its own. */
async function instanceOf(
  { conversation }: ClaimedTurn,
  { entry, chosen, sender }: Question,
  ports: DispatcherPorts,
): Promise<Pick<Turn, "instance" | "folder">> {
  if (instanceFor(entry, chosen.isBound, conversation, sender) !== "instance") return {};
  const instance = instanceName(chosen.name, entry.channel, conversation);
  const folder = await ports.instanceFolder?.(chosen.name, instance);
  return { instance, ...(folder === undefined ? {} : { folder }) };
}
