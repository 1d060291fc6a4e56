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

/** https://www.coze.cn/open/docs/developer_guides/coze_error_codes: token wrong or without the right. */
const REFUSED: readonly number[] = [4100, 4101, 700012006, 700012014];
/** A bot that is not published, and a bot or conversation that does not exist. */
const MISSING: readonly number[] = [4015, 4200];
/** Wrong parameters. */
const REJECTED: readonly number[] = [4000, 4001];

/** The failure in `{ code, msg }`, which Coze also answers with status 200; undefined when `code` is 0 or absent. */
export function cozeFailure(value: unknown, failures: Failures): ChannelError | undefined {
  const fields = fieldsOf(value);
  const code = Number(fields?.code ?? 0);
  if (code === 0) return undefined;
  const said = `${textIn(fields?.msg) ?? ""} (${code})`;
  if (REFUSED.includes(code)) return failures.refused(said, code);
  if (MISSING.includes(code)) return failures.missing(said, code);
  return REJECTED.includes(code) ? failures.rejected(said, code) : failures.reported(said);
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
