import { countIn, type Fields, fieldsOf, listIn, textIn } from "../json.ts";
import { type Answer, describeProblem, type Exchange } from "../transport/exchange.ts";
import type { Failures } from "../transport/failures.ts";
import { readReply } from "../transport/read-reply.ts";
import { createThinkingFilter } from "../turn/hide-thinking.ts";
import { createUnknownKinds } from "../turn/unknown-kinds.ts";

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly args: string;
}

export type ChatItem =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "reasoning"; readonly text: string }
  | { readonly kind: "usage"; readonly inputTokens: number; readonly outputTokens: number }
  /** The last one. */
  | { readonly kind: "end"; readonly reason: string; readonly toolCalls: readonly ToolCall[] };

/**
 * One answer of `chat/completions`, streamed or not.
 *
 * The end is `finish_reason` or `[DONE]`. Where a server sends neither, the end that HTTP itself marks counts, if
 * something was said before it.
 */
export async function* readChat(answer: Answer, { failures, log }: Exchange): AsyncGenerator<ChatItem> {
  const unknown = createUnknownKinds(log, failures.garbage);
  const calls = createCallCollector();
  const filter = createThinkingFilter();
  let reason: string | undefined;
  // Some servers repeat the sum so far in every chunk: the last one counts.
  let usage: ChatItem | undefined;
  let done = false;
  let said = false;

  for await (const { value, event, streamed } of readReply(answer, failures)) {
    if (value === "[DONE]") {
      done = true;
      break;
    }
    const chunk = checkChunk(value, event, failures);
    if (listIn(chunk.choices) === undefined && fieldsOf(chunk.usage) === undefined) {
      if (!streamed) throw failures.garbage('JSON without "choices"');
      unknown.pass(event || (textIn(chunk.type) ?? textIn(chunk.object) ?? ""));
      continue;
    }
    unknown.known();
    usage = usageOf(chunk) ?? usage;
    const choice = fieldsOf(listIn(chunk.choices)?.[0]);
    if (choice === undefined) continue;
    const delta = fieldsOf(choice.delta) ?? fieldsOf(choice.message) ?? {};
    for (const item of saidIn(delta, filter)) {
      said = true;
      yield item;
    }
    calls.add(delta.tool_calls);
    reason = textIn(choice.finish_reason) ?? reason;
    done ||= !streamed;
  }
  unknown.end();
  if (reason === "error") throw failures.reported("finish_reason error");
  if (reason === undefined && !done && !(answer.framed && said)) throw failures.brokenOff();
  const { text, reasoning } = filter.end();
  if (reasoning !== "") yield { kind: "reasoning", text: reasoning };
  if (text !== "") yield { kind: "text", text };
  if (usage !== undefined) yield usage;
  yield { kind: "end", reason: reason ?? "stop", toolCalls: calls.finish() };
}

function checkChunk(value: unknown, event: string, failures: Failures): Fields {
  const chunk = fieldsOf(value);
  if (event === "error" || (chunk?.error !== undefined && chunk.error !== null))
    throw failures.reported(describeProblem(value) ?? "");
  if (chunk === undefined) throw failures.garbage("JSON that is no object");
  return chunk;
}

function* saidIn(delta: Fields, filter: ReturnType<typeof createThinkingFilter>): Generator<ChatItem> {
  const aside = textIn(delta.reasoning_content) ?? textIn(delta.reasoning) ?? "";
  const { text, reasoning } = filter.feed(contentText(delta.content) + (textIn(delta.refusal) ?? ""));
  if (aside + reasoning !== "") yield { kind: "reasoning", text: aside + reasoning };
  if (text !== "") yield { kind: "text", text };
}

/** A string, or parts of which only the texts are for the person. */
function contentText(content: unknown): string {
  const parts = listIn(content) ?? [];
  return textIn(content) ?? parts.map((part) => textIn(fieldsOf(part)?.text) ?? "").join("");
}

function usageOf(chunk: Fields): ChatItem | undefined {
  const usage = fieldsOf(chunk.usage);
  if (usage === undefined) return undefined;
  return {
    kind: "usage",
    inputTokens: countIn(usage.prompt_tokens) ?? 0,
    outputTokens: countIn(usage.completion_tokens) ?? 0,
  };
}

/** Tool calls come in pieces: id and name first, then the arguments bit by bit, told apart by `index`. */
function createCallCollector() {
  const calls = new Map<number, { id: string; name: string; args: string }>();
  return {
    add(pieces: unknown): void {
      for (const [position, piece] of (listIn(pieces) ?? []).entries()) {
        const fields = fieldsOf(piece) ?? {};
        const index = countIn(fields.index) ?? position;
        const call = calls.get(index) ?? { id: `call_${index}`, name: "", args: "" };
        calls.set(index, call);
        const fn = fieldsOf(fields.function) ?? {};
        call.id = textIn(fields.id) || call.id;
        call.name += textIn(fn.name) ?? "";
        call.args += textIn(fn.arguments) ?? "";
      }
    },
    finish: (): readonly ToolCall[] => [...calls.values()].filter(({ name }) => name !== ""),
  };
}
