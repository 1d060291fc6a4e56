import type { Answer } from "./exchange.ts";
import type { Failures } from "./failures.ts";
import { readServerEvents } from "./server-events.ts";

/** One thing a server said: an event of its stream, or its whole answer where it did not stream. */
export interface ReplyItem {
  /** The event's name; empty without one, and for a whole answer. */
  readonly event: string;
  readonly value: unknown;
  readonly streamed: boolean;
}

const LONGEST_JSON_BYTES = 16 * 1024 * 1024;

/**
 * Reads server-sent events with JSON in them, or one JSON document instead of a stream: servers and the proxies before
 * them ignore `stream: true`, and name either by the other's content type. `[DONE]` comes as the string.
 */
export async function* readReply(answer: Answer, failures: Failures): AsyncGenerator<ReplyItem> {
  const chunks = answer.chunks();
  const head: Uint8Array[] = [];
  let first: string | undefined;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    head.push(next.value);
    first = firstCharacter(next.value);
    if (first !== undefined) break;
  }
  const whole = replay(head, chunks);
  if (first === "{" || first === "[") {
    yield { event: "", value: parse(await readText(whole, failures), !answer.framed, failures), streamed: false };
    return;
  }
  if (first === "<") {
    await chunks.return(undefined);
    throw failures.garbage("a page instead of an answer");
  }
  for await (const { event, data, cut } of readServerEvents(whole, failures)) {
    if (data.trim() === "") continue;
    yield { event, value: data === "[DONE]" ? data : parse(data, cut, failures), streamed: true };
  }
}

async function* replay(head: readonly Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* head;
    yield* rest;
  } finally {
    // A reader that has enough before the rest was begun would leave its connection and its timer behind.
    await rest.return(undefined);
  }
}

/** Past white space and a byte order mark. */
function firstCharacter(bytes: Uint8Array): string | undefined {
  for (const byte of bytes) {
    if (byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf) return String.fromCharCode(byte);
  }
  return undefined;
}

async function readText(chunks: AsyncIterable<Uint8Array>, failures: Failures): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_JSON_BYTES) throw failures.garbage(`more than ${LONGEST_JSON_BYTES} characters of JSON`);
  }
  return text + decoder.decode();
}

function parse(text: string, mayBeCut: boolean, failures: Failures): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw mayBeCut ? failures.brokenOff() : failures.garbage(`${text.length} characters that are no JSON`);
  }
}
