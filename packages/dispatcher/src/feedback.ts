import {
  type InboundContent,
  type InboundEvent,
  type InboundMessage,
  type OutboundContent,
  outboundText,
  type Store,
} from "@wxgate/core";

type Feedback = Extract<InboundEvent, { kind: "feedback" }>;

/** Of the answer that was rated; enough to know which it was. */
const ABOUT_CHARACTERS = 200;

export function isFeedback(event: InboundEvent): event is Feedback {
  return event.kind === "feedback";
}

/** What the agent is told of a rating with the conversation's next turn. */
export async function asideOf(event: Feedback, store: Pick<Store, "find">): Promise<InboundMessage> {
  const { id, from, at, sender = { id: from.peer }, messageId, score, text, reasons } = event;
  const about = messageId === undefined ? undefined : await beginningOf(messageId, from, store);
  const content: InboundContent = {
    kind: "feedback",
    by: sender.id,
    score,
    ...(messageId === undefined ? {} : { messageId }),
    ...(about === undefined ? {} : { about }),
    ...(reasons === undefined ? {} : { reasons }),
    ...(text === undefined ? {} : { text }),
  };
  return { id, from, sender, sentAt: at, content: [content] };
}

async function beginningOf(
  messageId: string,
  { channel, account }: Feedback["from"],
  store: Pick<Store, "find">,
): Promise<string | undefined> {
  const answer = await store.find(channel, account, messageId);
  if (answer?.direction !== "outbound") return undefined;
  const text = (answer.content as readonly OutboundContent[]).map(outboundText).join(" ").trim();
  const characters = Array.from(text);
  if (characters.length > ABOUT_CHARACTERS) return `${characters.slice(0, ABOUT_CHARACTERS).join("")}…`;
  return text === "" ? undefined : text;
}
