import type { AgentEvent } from "@wxgate/core";
import { countIn, type Fields, fieldsOf, listIn, textIn } from "../json.ts";
import { type Answer, describeProblem } from "../transport/exchange.ts";
import type { Failures } from "../transport/failures.ts";
import { readReply } from "../transport/read-reply.ts";

interface FunctionCall {
  readonly id: string;
  readonly name: string;
  readonly args: string;
}

export type ResponseItem =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "reasoning"; readonly text: string }
  | { readonly kind: "event"; readonly event: AgentEvent }
  | {
      readonly kind: "end";
      readonly id: string | undefined;
      readonly calls: readonly FunctionCall[];
      /** Everything the model put out, as it must be shown to it again beside the results of its calls. */
      readonly output: readonly object[];
      /** Why the answer is not complete, where it is not. */
      readonly incomplete?: string;
    };

/** One answer of `responses`, streamed or not. Its end is `response.completed` or `response.incomplete`. */
export async function* readResponse(answer: Answer, failures: Failures): AsyncGenerator<ResponseItem> {
  const output: Fields[] = [];
  const spoken = createSpoken();

  for await (const { value, streamed } of readReply(answer, failures)) {
    if (value === "[DONE]") break;
    const fields = fieldsOf(value);
    if (fields === undefined) throw failures.garbage("an event that is no JSON object");
    if (!streamed) {
      yield* wholeResponse(fields, failures);
      return;
    }
    const type = textIn(fields.type);
    if (type === undefined && fields.error === undefined) throw failures.garbage('an event without a "type"');
    if (type === "error" || type === undefined) throw failures.reported(describeProblem(fields) ?? "");
    if (type === "response.failed") throw failures.reported(describeProblem(fieldsOf(fields.response)) ?? "");
    if (type === "response.completed" || type === "response.incomplete") {
      const response = fieldsOf(fields.response) ?? {};
      const whole = itemsIn(response);
      if (!spoken.any()) for (const item of whole) yield* spoken.whole(item);
      // Not every server says of each item when it is done, and not every one repeats them all.
      yield* finish(response, whole.length > output.length ? whole : output);
      return;
    }
    if (type === "response.output_item.added") yield* started(fieldsOf(fields.item) ?? {});
    else if (type === "response.output_item.done") {
      const item = fieldsOf(fields.item) ?? {};
      output.push(item);
      yield* ended(item);
      yield* spoken.whole(item);
    } else yield* spoken.delta(type, fields);
  }
  throw failures.brokenOff();
}

/** Some servers stream no pieces, only the finished item, or all items with the end. */
function createSpoken() {
  const heard = new Set<string>();
  let last: string | undefined;
  const gap = (id: string) => {
    const text = last === undefined || last === id ? "" : "\n\n";
    last = id;
    return text;
  };
  return {
    any: () => last !== undefined,
    *delta(type: string, { delta, text: whole, item_id }: Fields): Generator<ResponseItem> {
      const id = textIn(item_id) ?? "";
      const text = textIn(delta) ?? (type === "response.output_text.done" && !heard.has(id) ? textIn(whole) : "") ?? "";
      if (text === "") return;
      if (REASONING.includes(type)) yield { kind: "reasoning", text };
      if (!SPOKEN.includes(type)) return;
      heard.add(id);
      yield { kind: "text", text: gap(id) + text };
    },
    *whole(item: Fields): Generator<ResponseItem> {
      const id = textIn(item.id) ?? "";
      // Pieces that did not say what they belong to were this one's.
      const text = heard.has(id) || heard.has("") ? "" : messageText(item);
      if (text !== "") yield { kind: "text", text: gap(id) + text };
    },
  };
}

const SPOKEN = ["response.output_text.delta", "response.output_text.done", "response.refusal.delta"];
const REASONING = ["response.reasoning_text.delta", "response.reasoning_summary_text.delta"];

function messageText({ type, content }: Fields): string {
  if (type !== "message") return "";
  return (listIn(content) ?? [])
    .map((part) => fieldsOf(part) ?? {})
    .map(({ text, refusal }) => textIn(text) ?? textIn(refusal) ?? "")
    .join("");
}

function* wholeResponse(response: Fields, failures: Failures): Generator<ResponseItem> {
  if ((response.error !== undefined && response.error !== null) || response.status === "failed")
    throw failures.reported(describeProblem(response) ?? "");
  if (listIn(response.output) === undefined) throw failures.garbage('JSON without a list "output"');
  const output = itemsIn(response);
  const text = output
    .map(messageText)
    .filter((each) => each !== "")
    .join("\n\n");
  if (text !== "") yield { kind: "text", text };
  yield* finish(response, output);
}

function itemsIn({ output }: Fields): readonly Fields[] {
  return (listIn(output) ?? []).map((item) => fieldsOf(item) ?? {});
}

function* finish(response: Fields, seen: readonly Fields[]): Generator<ResponseItem> {
  const usage = fieldsOf(response.usage);
  const inputTokens = countIn(usage?.input_tokens);
  const outputTokens = countIn(usage?.output_tokens);
  if (inputTokens !== undefined || outputTokens !== undefined)
    yield { kind: "event", event: { kind: "usage", inputTokens, outputTokens } };
  yield {
    kind: "end",
    id: textIn(response.id),
    calls: seen.filter(({ type }) => type === "function_call").map(callOf),
    output: seen,
    ...(response.status === "incomplete"
      ? { incomplete: textIn(fieldsOf(response.incomplete_details)?.reason) ?? "unknown" }
      : {}),
  };
}

function callOf({ call_id, id, name, arguments: args }: Fields): FunctionCall {
  return { id: textIn(call_id) ?? textIn(id) ?? "", name: textIn(name) ?? "", args: textIn(args) ?? "" };
}

/** The server's own tools, such as `web_search_call`; ours are reported when they are called. */
function* started(item: Fields): Generator<ResponseItem> {
  const name = serverTool(item);
  if (name !== undefined) yield { kind: "event", event: { kind: "tool", name, state: "started" } };
}

function* ended(item: Fields): Generator<ResponseItem> {
  const name = serverTool(item);
  const state = item.status === "failed" ? "failed" : "finished";
  if (name !== undefined) yield { kind: "event", event: { kind: "tool", name, state } };
}

function serverTool({ type }: Fields): string | undefined {
  const name = textIn(type);
  return name?.endsWith("_call") === true && name !== "function_call" ? name.slice(0, -"_call".length) : undefined;
}
