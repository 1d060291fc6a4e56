import type { JsonObject } from "@wxgate/core";
import { createParser } from "eventsource-parser";
import { badAnswer } from "./errors.ts";
import { parseObject } from "./json.ts";

/** Files come as base64 inside the answer: 20 MB of bytes, and the words around them. */
const LONGEST_ANSWER = 40 * 1024 * 1024;

/** The message whose id is `id`, from JSON or a stream of events; undefined where the body is empty. */
export async function readAnswer(response: Response, id: string, method: string): Promise<JsonObject | undefined> {
  if (response.status === 204 || response.headers.get("content-length") === "0" || response.body === null) {
    await response.body?.cancel();
    return undefined;
  }
  const isStream = response.headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") ?? false;
  return isStream ? readEvents(response.body, id, method) : readJson(response.body, id, method);
}

async function readJson(body: ReadableStream<Uint8Array>, id: string, method: string) {
  let text = "";
  for await (const piece of texts(body, method)) text += piece;
  if (text.trim() === "") return undefined;
  const message = parseObject(text);
  if (message === undefined) throw badAnswer(method, "something that is no JSON object");
  // Errors before the request was understood carry no id.
  if (message.id !== id && message.error === undefined) throw badAnswer(method, "another request's answer");
  return message;
}

async function readEvents(body: ReadableStream<Uint8Array>, id: string, method: string) {
  let found: JsonObject | undefined;
  const parser = createParser({
    onEvent({ data }) {
      const message = parseObject(data);
      if (message?.id === id) found ??= message;
    },
  });
  for await (const piece of texts(body, method)) {
    parser.feed(piece);
    if (found !== undefined) return found;
  }
  // The last event may lack its blank line.
  parser.feed("\n\n");
  if (found === undefined) throw badAnswer(method, "a stream without the request's answer");
  return found;
}

/** Leaving the loop cancels the body. */
async function* texts(body: ReadableStream<Uint8Array>, method: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > LONGEST_ANSWER) throw badAnswer(method, `more than ${LONGEST_ANSWER} bytes`);
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}
