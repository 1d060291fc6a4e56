import type { AgentEvent, ChannelError } from "@wxgate/core";
import { countIn, type Fields, fieldsOf, listIn, textIn } from "../json.ts";
import type { Answer, Exchange } from "../transport/exchange.ts";
import type { Failures } from "../transport/failures.ts";
import { readReply } from "../transport/read-reply.ts";
import { createUnknownKinds } from "../turn/unknown-kinds.ts";

/** A chat is one answer within a conversation. */
export interface CozeChat {
  readonly id: string;
  readonly conversation: string;
}
export interface CozeCall {
  readonly id: string;
  readonly name: string;
  readonly args: string;
}
export type CozeItem =
  | { readonly kind: "chat"; readonly chat: CozeChat }
  | { readonly kind: "event"; readonly event: AgentEvent }
  /** The stream ends, and goes on after the results were handed in. */
  | { readonly kind: "calls"; readonly calls: readonly CozeCall[] };

export interface CozeReading {
  readonly followUps: boolean;
  readonly showReasoning: boolean;
}

/** What a code means: https://www.coze.cn/open/docs/developer_guides/coze_error_codes. Others say no more than their words. */
const CODES = {
  // Token wrong or without the right.
  refused: [4100, 4101, 700012006, 700012014],
  // No tokens left; the account, or the model behind the bot, in debt.
  unpaid: [4011, 4019, 4022],
  // A conversation, bot, model, workflow or other thing that is not there, and a bot that is not published.
  missing: [4002, 4006, 4012, 4015, 4021, 4200],
  // Wrong parameters; too much, or too long; what the bot will not answer; files it does not take.
  rejected: [4000, 4003, 4004, 4005, 4010, 4014, 4300, 4302, 4303, 4304],
  // A chat that is gone; too many requests; the model out of order; another chat at work in this conversation; a suspicion.
  reported: [4001, 4008, 4009, 4013, 4016, 4020, 4102, 5000],
} as const satisfies Partial<Record<keyof Failures, readonly number[]>>;
const MEANINGS = Object.keys(CODES) as readonly (keyof typeof CODES)[];

/** The failure in `{ code, msg }`, which Coze also answers with status 200; undefined when `code` is 0 or absent. */
export function cozeFailure(value: unknown, failures: Failures): ChannelError | undefined {
  const code = Number(fieldsOf(value)?.code ?? 0);
  if (code === 0) return undefined;
  return knownFailure(value, failures) ?? failures.reported(sentenceIn(value, code));
}

/** As `cozeFailure`, and undefined also for a code that is not documented. */
export function knownFailure(value: unknown, failures: Failures): ChannelError | undefined {
  const code = Number(fieldsOf(value)?.code ?? 0);
  const meaning = MEANINGS.find((each) => (CODES[each] as readonly number[]).includes(code));
  const said = sentenceIn(value, code);
  if (meaning === undefined) return undefined;
  return meaning === "reported" ? failures.reported(said) : failures[meaning](said, code);
}

function sentenceIn(value: unknown, code: number): string {
  return `${textIn(fieldsOf(value)?.msg) ?? ""} (${code})`;
}

/** One stream of `v3/chat`. Its end is `conversation.chat.completed` or `requires_action`. */
export async function* readCoze(
  answer: Answer,
  { failures, log }: Exchange,
  { followUps, showReasoning }: CozeReading,
): AsyncGenerator<CozeItem> {
  const suggestions: string[] = [];
  const speech = createSpeech();
  const unknown = createUnknownKinds(log, failures.garbage);
  let ended = false;

  for await (const { event, value, streamed } of readReply(answer, failures)) {
    if (value === "[DONE]") break;
    const fields = fieldsOf(value);
    if (fields === undefined) throw failures.garbage("an event that is no JSON object");
    if (event === "error" || !streamed) {
      throw (
        cozeFailure(fields, failures) ??
        (event === "error" ? failures.reported(textIn(fields.msg) ?? "") : failures.garbage("JSON instead of a stream"))
      );
    }
    if (event === "conversation.chat.failed") {
      throw cozeFailure(fields.last_error, failures) ?? failures.reported("the chat failed");
    }
    if (event === "conversation.message.delta" || event === "conversation.message.completed") {
      if (fields.type === "follow_up") suggestions.push(textIn(fields.content) ?? "");
      if (fields.type !== "answer") continue;
      const reasoning = event.endsWith("delta") ? textIn(fields.reasoning_content) : undefined;
      if (reasoning && showReasoning) yield { kind: "event", event: { kind: "reasoning-delta", text: reasoning } };
      const text = speech.next(fields, event.endsWith("delta"));
      if (text !== "") yield { kind: "event", event: { kind: "text-delta", text } };
    } else if (event.startsWith("conversation.chat.")) {
      yield* chatOf(fields);
      if (event.endsWith(".requires_action")) {
        yield { kind: "calls", calls: callsIn(fields) };
        return;
      }
      if (event.endsWith(".completed")) {
        ended = true;
        yield* usageIn(fields);
      }
    } else if (!event.startsWith("conversation.") && event !== "ping" && event !== "done") {
      unknown.pass(event);
      continue;
    }
    unknown.known();
  }
  unknown.end();
  if (!ended) throw failures.brokenOff();
  if (followUps && suggestions.length > 0) {
    const items = suggestions.map((text, index) => ({ id: `follow-up-${index + 1}`, text }));
    yield { kind: "event", event: { kind: "content", content: { kind: "menu", items } } };
  }
}

/** A bot may give several answers, each in pieces, and each once more as a whole when it is complete. */
function createSpeech() {
  const heard = new Set<string>();
  let last: string | undefined;
  return {
    next(message: Fields, isDelta: boolean): string {
      const id = textIn(message.id) ?? "";
      const text =
        message.content_type === "text" || message.content_type === undefined ? textIn(message.content) : undefined;
      if (!text || (!isDelta && heard.has(id))) return "";
      heard.add(id);
      const gap = last === undefined || last === id ? "" : "\n\n";
      last = id;
      return gap + text;
    },
  };
}

function* chatOf({ id, conversation_id }: Fields): Generator<CozeItem> {
  const chat = textIn(id);
  const conversation = textIn(conversation_id);
  if (chat && conversation) yield { kind: "chat", chat: { id: chat, conversation } };
}

function* usageIn({ usage }: Fields): Generator<CozeItem> {
  const inputTokens = countIn(fieldsOf(usage)?.input_count);
  const outputTokens = countIn(fieldsOf(usage)?.output_count);
  if (inputTokens === undefined && outputTokens === undefined) return;
  yield { kind: "event", event: { kind: "usage", inputTokens, outputTokens } };
}

function callsIn({ required_action }: Fields): readonly CozeCall[] {
  const calls = listIn(fieldsOf(fieldsOf(required_action)?.submit_tool_outputs)?.tool_calls) ?? [];
  return calls.map((call) => {
    const fields = fieldsOf(call) ?? {};
    const fn = fieldsOf(fields.function) ?? {};
    return { id: textIn(fields.id) ?? "", name: textIn(fn.name) ?? "", args: textIn(fn.arguments) ?? "" };
  });
}
