import { type AgentEvent, type OutboundContent, RejectedError } from "@wxgate/core";
import { countIn, type Fields, fieldsOf, listIn, textIn } from "../json.ts";
import { type Answer, describeProblem } from "../transport/exchange.ts";
import type { Failures } from "../transport/failures.ts";
import { type ReplyItem, readReply } from "../transport/read-reply.ts";
import { createThinkingFilter, type Thought } from "../turn/hide-thinking.ts";

export interface DifyItem {
  readonly event?: AgentEvent;
  readonly task?: string;
  readonly conversation?: string;
}

export interface DifyReading {
  readonly baseUrl: string;
  readonly showReasoning: boolean;
}

/** One answer of `chat-messages`. Its end is `message_end`, `workflow_finished` or `workflow_paused`. */
export async function* readDify(
  answer: Answer,
  failures: Failures,
  { baseUrl, showReasoning }: DifyReading,
): AsyncGenerator<DifyItem> {
  const files = new Set<string>();
  let thinking = createThinkingFilter();
  let said = false;
  let ended = false;
  let paused = false;

  function* thought({ text, reasoning }: Thought): Generator<DifyItem> {
    if (reasoning !== "" && showReasoning) yield { event: { kind: "reasoning-delta", text: reasoning } };
    if (text !== "") yield { event: { kind: "text-delta", text } };
    said ||= text !== "";
  }

  for await (const item of readReply(answer, failures)) {
    const { kind, fields } = check(item, failures);
    yield { task: textIn(fields.task_id), conversation: textIn(fields.conversation_id) };
    const data = fieldsOf(fields.data) ?? {};
    switch (kind) {
      case "message":
      case "agent_message":
        yield* thought(thinking.feed(textIn(fields.answer) ?? ""));
        break;
      case "text_chunk":
        yield* thought(thinking.feed(textIn(data.text) ?? ""));
        break;
      case "message_replace":
        thinking = createThinkingFilter();
        said = true;
        yield { event: { kind: "text-replace", text: textIn(fields.answer) ?? "" } };
        break;
      case "agent_thought":
        yield* toolIn(fields);
        break;
      case "workflow_finished":
        if (textIn(data.status) === "failed") throw failures.reported(textIn(data.error) ?? "");
        ended = true;
        break;
      case "workflow_paused":
        ended = paused = true;
        break;
    }
    for (const file of filesIn(fields, kind)) {
      const content = contentOf(file, baseUrl);
      if (content === undefined || files.has(content.url)) continue;
      files.add(content.url);
      said = true;
      yield { event: { kind: "content", content } };
    }
    if (kind === "message_end" || !item.streamed) {
      ended = true;
      const usage = usageIn(fields);
      if (usage !== undefined) yield { event: usage };
    }
  }
  if (!ended) throw failures.brokenOff();
  yield* thought(thinking.end());
  if (paused && !said) {
    throw new RejectedError("the workflow waits for a person to fill in a form, which nobody can do here", {
      code: "agent.paused",
      hint: "Take the human input node out of the workflow.",
    });
  }
}

function check({ value, event, streamed }: ReplyItem, failures: Failures): { kind: string; fields: Fields } {
  const fields = fieldsOf(value);
  const kind = textIn(fields?.event) ?? (event || undefined);
  const failed = kind === "error" || (!streamed && fields?.answer === undefined && fields?.code !== undefined);
  if (failed) throw failures.reported(textIn(fields?.message) ?? describeProblem(value) ?? "");
  if (fields === undefined || kind === undefined) throw failures.garbage('JSON without an "event"');
  return { kind, fields };
}

function* toolIn(fields: Fields): Generator<DifyItem> {
  const name = textIn(fields.tool);
  if (!name) return;
  yield { event: { kind: "tool", name, state: textIn(fields.observation) ? "finished" : "started" } };
}

function filesIn(fields: Fields, kind: string): readonly Fields[] {
  if (kind === "message_file") return textIn(fields.belongs_to) === "user" ? [] : [fields];
  if (kind !== "message_end") return [];
  return (listIn(fields.files) ?? []).map((file) => fieldsOf(file) ?? {}).filter((file) => file.belongs_to !== "user");
}

/** Dify names its own files by path alone. */
function contentOf(file: Fields, baseUrl: string): (OutboundContent & { readonly url: string }) | undefined {
  const given = textIn(file.url) || textIn(file.remote_url);
  if (!given || !URL.canParse(given, baseUrl)) return undefined;
  const url = new URL(given, baseUrl).href;
  const type = textIn(file.type);
  const filename = textIn(file.filename);
  if (type === "image") return { kind: "image", url };
  const kind = type === "audio" ? "voice" : type === "video" ? "video" : "file";
  return { kind, url, ...(filename === undefined ? {} : { filename }) };
}

function usageIn(fields: Fields): AgentEvent | undefined {
  const usage = fieldsOf(fieldsOf(fields.metadata)?.usage);
  const inputTokens = countIn(usage?.prompt_tokens);
  const outputTokens = countIn(usage?.completion_tokens);
  return inputTokens === undefined && outputTokens === undefined
    ? undefined
    : { kind: "usage", inputTokens, outputTokens };
}
