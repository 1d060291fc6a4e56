import type { AgentEvent } from "@wxgate/core";
import { countIn, type Fields, fieldsOf, listIn, textIn } from "../json.ts";
import type { Answer } from "../transport/exchange.ts";
import type { Failures } from "../transport/failures.ts";
import { readReply } from "../transport/read-reply.ts";
import { type Interrupt, parseInterrupts } from "./interrupts.ts";
import { applyPatch } from "./json-patch.ts";

export interface RunCall {
  readonly id: string;
  readonly name: string;
  readonly args: string;
}

/** How a run ended. */
export interface RunEnd {
  readonly kind: "end";
  /** The state after the run; undefined when the agent never spoke of one. */
  readonly state?: unknown;
  readonly interrupts: readonly Interrupt[];
  /** Calls the agent gave no result for: they are the client's to make. */
  readonly calls: readonly RunCall[];
  readonly text: string;
}
export type RunItem = { readonly kind: "event"; readonly event: AgentEvent } | RunEnd;

export interface RunReading {
  readonly state: unknown;
  readonly showReasoning: boolean;
}

/**
 * One run of AG-UI, 1.0 or earlier: unknown events are passed over, one chunk stands for start, content and end, and only
 * `RUN_FINISHED` is its end. What subagents say among themselves is not for the person.
 */
export async function* readRun(
  answer: Answer,
  failures: Failures,
  { state: before, showReasoning }: RunReading,
): AsyncGenerator<RunItem> {
  const speech = createSpeech();
  const calls = createCalls();
  let state = before;
  let snapshot: readonly unknown[] = [];

  for await (const value of runEvents(answer, failures)) {
    const fields = fieldsOf(value);
    const type = textIn(fields?.type);
    if (fields === undefined || type === undefined) throw failures.garbage('an event without a "type"');
    if (type === "RUN_ERROR") {
      throw failures.reported([textIn(fields.message), textIn(fields.code)].filter(Boolean).join(", "));
    }
    if (type === "STATE_SNAPSHOT") state = fields.snapshot;
    else if (type === "STATE_DELTA") state = patched(state, fields.delta, failures);
    else if (type === "MESSAGES_SNAPSHOT") snapshot = listIn(fields.messages) ?? [];
    else if (type === "RUN_FINISHED") {
      const late = speech.said() === "" ? answerIn(snapshot) : "";
      if (late !== "") yield { kind: "event", event: { kind: "text-delta", text: late } };
      yield* usageIn(fields);
      yield {
        kind: "end",
        state,
        interrupts: parseInterrupts(fieldsOf(fields.outcome)?.interrupts ?? fields.interrupts),
        calls: calls.open(),
        text: speech.said() + late,
      };
      return;
    } else if (typeof fields.subagentRunId !== "string") {
      yield* spoken(type, fields, speech, showReasoning);
      yield* calls.take(type, fields);
    }
  }
  throw failures.brokenOff();
}

/** Server-sent events, or all of them as one list where the server did not stream. */
async function* runEvents(answer: Answer, failures: Failures): AsyncGenerator<unknown> {
  for await (const { value } of readReply(answer, failures)) yield* listIn(value) ?? [value];
}

function* spoken(type: string, fields: Fields, speech: Speech, showReasoning: boolean): Generator<RunItem> {
  if (type === "TEXT_MESSAGE_START") speech.begin(fields);
  else if (type === "TEXT_MESSAGE_CONTENT" || type === "TEXT_MESSAGE_CHUNK") {
    const text = speech.next(fields);
    if (text !== "") yield { kind: "event", event: { kind: "text-delta", text } };
  } else if (showReasoning && REASONING.includes(type)) {
    const text = textIn(fields.delta) ?? "";
    if (text !== "") yield { kind: "event", event: { kind: "reasoning-delta", text } };
  }
}

/** The last is what it was called before 1.0. */
const REASONING = ["REASONING_MESSAGE_CONTENT", "REASONING_MESSAGE_CHUNK", "THINKING_TEXT_MESSAGE_CONTENT"];

type Speech = ReturnType<typeof createSpeech>;

/** Joins the assistant's messages; those of other roles are echoes. */
function createSpeech() {
  const others = new Set<string>();
  let current: string | undefined;
  let said = "";
  const hear = ({ messageId, role }: Fields): string | undefined => {
    const id = textIn(messageId) ?? current;
    if (id !== undefined && textIn(role) !== undefined && role !== "assistant") others.add(id);
    return id;
  };
  return {
    begin: (fields: Fields): void => void hear(fields),
    next(fields: Fields): string {
      const id = hear(fields);
      const delta = textIn(fields.delta) ?? "";
      const another = id !== current;
      current = id;
      if (delta === "" || (id !== undefined && others.has(id))) return "";
      const text = another && said !== "" ? `\n\n${delta}` : delta;
      said += text;
      return text;
    },
    said: () => said,
  };
}

function createCalls() {
  const calls = new Map<string, { id: string; name: string; args: string }>();
  let current = "";
  return {
    *take(type: string, fields: Fields): Generator<RunItem> {
      if (!type.startsWith("TOOL_CALL_")) return;
      current = textIn(fields.toolCallId) ?? current;
      const name = textIn(fields.toolCallName);
      let call = calls.get(current);
      if (call === undefined && name !== undefined) {
        call = { id: current, name, args: "" };
        calls.set(current, call);
        yield { kind: "event", event: { kind: "tool", name, state: "started" } };
      }
      if (call === undefined) return;
      if (type === "TOOL_CALL_ARGS" || type === "TOOL_CALL_CHUNK") call.args += textIn(fields.delta) ?? "";
      if (type !== "TOOL_CALL_RESULT") return;
      calls.delete(current);
      yield { kind: "event", event: { kind: "tool", name: call.name, state: "finished" } };
    },
    open: (): readonly RunCall[] => [...calls.values()],
  };
}

function patched(state: unknown, delta: unknown, failures: Failures): unknown {
  try {
    return applyPatch(state ?? {}, listIn(delta) ?? []);
  } catch (error) {
    throw failures.garbage(
      `a change of state that does not fit: ${error instanceof Error ? error.message : "unknown"}`,
    );
  }
}

/** What the assistant said behind the last user message, for servers that stream nothing. */
function answerIn(messages: readonly unknown[]): string {
  const read = messages.map((message) => fieldsOf(message) ?? {});
  const asked = read.findLastIndex(({ role }) => role === "user");
  return read
    .slice(asked + 1)
    .filter(({ role }) => role === "assistant")
    .map(({ content }) => textIn(content) ?? "")
    .filter((text) => text !== "")
    .join("\n\n");
}

/** One sum, or one for each model. */
function* usageIn({ usage }: Fields): Generator<RunItem> {
  const sums = (listIn(usage) ?? [usage]).map((each) => fieldsOf(each) ?? {});
  const sum = (key: string) => sums.reduce((total, each) => total + (countIn(each[key]) ?? 0), 0);
  const [inputTokens, outputTokens] = [sum("inputTokens"), sum("outputTokens")];
  if (inputTokens + outputTokens > 0) yield { kind: "event", event: { kind: "usage", inputTokens, outputTokens } };
}
