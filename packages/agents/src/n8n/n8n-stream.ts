import type { AgentEvent } from "@wxgate/core";
import { type Fields, fieldsOf, listIn, textIn } from "../json.ts";
import { parseContent } from "../parse-event.ts";
import { type Answer, describeProblem, type Exchange } from "../transport/exchange.ts";
import type { Failures } from "../transport/failures.ts";
import { createUnknownKinds } from "../turn/unknown-kinds.ts";
import { createJsonCutter } from "./json-objects.ts";

const LONGEST_DOCUMENT = 4 * 1024 * 1024;
const STREAM_ITEMS: readonly unknown[] = ["begin", "item", "end", "error", "tool-call-start", "tool-call-end"];
/** Where flows put the words for the person; `message` is n8n's own ("Workflow was started"). */
const TEXT_KEYS = ["output", "text", "response", "answer"];

/**
 * What a workflow answers: JSON objects one behind the other where it streams, else one document or text. Every node that
 * speaks begins and ends, so only the end of the body is the end of the answer.
 */
export async function* readN8n(answer: Answer, { failures, log }: Exchange): AsyncGenerator<AgentEvent> {
  const unknown = createUnknownKinds(log, failures.garbage);
  if (answer.mime === "text/html") {
    answer.discard();
    throw failures.garbage("a page; is the address that of a webhook, and not of a form?");
  }
  const cutter = createJsonCutter(LONGEST_DOCUMENT, () => failures.garbage("a JSON document without an end"));
  const decoder = new TextDecoder();
  const blocks = createBlocks();
  let isText = false;
  let begun = false;

  function* take(text: string): Generator<AgentEvent> {
    if (!begun && text.trim() !== "") {
      begun = true;
      isText = !/^\s*[[{"]/.test(text) && !answer.mime.includes("json");
    }
    if (isText) {
      if (text !== "") yield { kind: "text-delta", text };
      return;
    }
    for (const document of cutter.feed(text)) {
      const value = parse(document, failures);
      const kind = unknownItem(value);
      if (kind === undefined) {
        unknown.known();
        yield* documentEvents(value, blocks, failures);
      } else unknown.pass(kind);
    }
  }

  for await (const chunk of answer.chunks()) yield* take(decoder.decode(chunk, { stream: true }));
  yield* take(decoder.decode());
  unknown.end();
  const rest = cutter.rest();
  if (rest !== "") yield* bareEvents(rest, failures);
  if (blocks.open() && !answer.framed) throw failures.brokenOff();
}

function* documentEvents(value: unknown, blocks: Blocks, failures: Failures): Generator<AgentEvent> {
  const fields = fieldsOf(value);
  if (fields === undefined || !STREAM_ITEMS.includes(fields.type)) {
    yield* wholeAnswer(value, failures);
    return;
  }
  const node = textIn(fieldsOf(fields.metadata)?.nodeName) ?? "";
  if (fields.type === "error")
    throw failures.reported(describeProblem(fields.content) ?? describeProblem(fields) ?? "");
  if (fields.type === "begin") blocks.begin();
  else if (fields.type === "end") blocks.end();
  else if (fields.type === "item") {
    const text = itemText(fields.content);
    if (text !== "") yield { kind: "text-delta", text: blocks.gap() + text };
  } else {
    const name = textIn(fields.name) ?? node;
    yield { kind: "tool", name, state: fields.type === "tool-call-start" ? "started" : "finished" };
  }
}

/** What n8n calls something that it streams and we do not know: only streamed items say which node they are of. */
function unknownItem(value: unknown): string | undefined {
  const { type, metadata } = fieldsOf(value) ?? {};
  const isStreamed = fieldsOf(metadata)?.nodeId !== undefined;
  return isStreamed && typeof type === "string" && !STREAM_ITEMS.includes(type) ? type : undefined;
}

interface Blocks {
  begin(): void;
  end(): void;
  open(): boolean;
  /** What separates the words of one node from those of the one before. */
  gap(): string;
}

function createBlocks(): Blocks {
  let depth = 0;
  let spoken = false;
  let fresh = false;
  return {
    begin() {
      depth += 1;
      fresh = true;
    },
    end() {
      depth = Math.max(0, depth - 1);
    },
    open: () => depth > 0,
    gap() {
      const gap = spoken && fresh ? "\n\n" : "";
      spoken = true;
      fresh = false;
      return gap;
    },
  };
}

/** A node that answers with JSON streams it as a string. */
function itemText(content: unknown): string {
  const text = textIn(content);
  if (text === undefined) return wordsIn(content) ?? "";
  if (!text.startsWith("{") && !text.startsWith("[")) return text;
  try {
    return wordsIn(JSON.parse(text)) ?? text;
  } catch {
    return text;
  }
}

function wordsIn(value: unknown): string | undefined {
  const fields = fieldsOf(value);
  if (fields !== undefined) return TEXT_KEYS.map((key) => textIn(fields[key])).find((text) => text !== undefined);
  const parts = listIn(value)
    ?.map(wordsIn)
    .filter((text) => text !== undefined);
  return parts === undefined || parts.length === 0 ? undefined : parts.join("\n\n");
}

/** One document: words under a known key, a list of such, or `{ content: [ … ] }` as the http agent has it. */
function* wholeAnswer(value: unknown, failures: Failures): Generator<AgentEvent> {
  const content = listIn(fieldsOf(value)?.content);
  if (content !== undefined) {
    for (const part of content.map((each) => parseContent(each, failures.garbage)))
      yield { kind: "content", content: part };
    return;
  }
  const words = wordsIn(value);
  if (words === undefined && !saysNothing(value)) {
    throw failures.garbage(`JSON without one of ${TEXT_KEYS.join(", ")} or a list "content"`);
  }
  if (words !== undefined && words !== "") yield { kind: "text-delta", text: words };
}

/** An empty result, and what n8n itself answers when a flow is to answer later or not at all. */
function saysNothing(value: unknown): boolean {
  const fields: Fields | undefined = fieldsOf(value);
  if (fields === undefined) return listIn(value)?.every(saysNothing) ?? false;
  const keys = Object.keys(fields);
  return keys.length === 0 || (keys.length === 1 && fields.message === "Workflow was started");
}

/** What is left is a string in quotes, a number, or the beginning of something. */
function* bareEvents(rest: string, failures: Failures): Generator<AgentEvent> {
  let value: unknown;
  try {
    value = JSON.parse(rest);
  } catch {
    throw /^[[{"]/.test(rest) ? failures.brokenOff() : failures.garbage(`${rest.length} characters that are no JSON`);
  }
  if (value !== null && value !== "") yield { kind: "text-delta", text: String(value) };
}

function parse(document: string, failures: Failures): unknown {
  try {
    return JSON.parse(document);
  } catch {
    throw failures.garbage(`${document.length} characters that are no JSON`);
  }
}
