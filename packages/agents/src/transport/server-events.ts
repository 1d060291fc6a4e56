import { createParser } from "eventsource-parser";
import type { Failures } from "./failures.ts";

/** Characters of one event; state snapshots and documents are long, but not longer. */
const LONGEST_EVENT = 4 * 1024 * 1024;
/** Lines that are no field of any event; a stream has none of them, and each costs time. */
const MOST_NONSENSE = 1_000;

export interface ServerEvent {
  /** Empty when the server gave the event no name. */
  readonly event: string;
  readonly data: string;
  /** The stream ended before the blank line behind this event: it may be whole, or the beginning of it. */
  readonly cut: boolean;
}

/** Reads server-sent events from bytes that may be split anywhere. */
export async function* readServerEvents(
  chunks: AsyncIterable<Uint8Array>,
  failures: Failures,
): AsyncGenerator<ServerEvent> {
  let ready: ServerEvent[] = [];
  let cut = false;
  let tooLong = false;
  let nonsense = 0;
  const parser = createParser({
    maxBufferSize: LONGEST_EVENT,
    onEvent: ({ event = "", data }) => ready.push({ event, data, cut }),
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") tooLong = true;
      else nonsense += 1;
    },
  });
  const decoder = new TextDecoder();
  const lines = createLineEnds();
  const feed = (text: string) => {
    parser.feed(lines(text));
    if (tooLong) throw failures.garbage(`an event of more than ${LONGEST_EVENT} characters`);
    if (nonsense > MOST_NONSENSE) throw failures.garbage("lines that are no server-sent events");
    const events = ready;
    ready = [];
    return events;
  };

  for await (const chunk of chunks) yield* feed(decoder.decode(chunk, { stream: true }));
  yield* feed(decoder.decode());
  cut = true;
  yield* feed("\n\n");
}

/** CR and CRLF become LF, also where a chunk ends between the two: the parser is linear on LF only. */
function createLineEnds(): (text: string) => string {
  let afterCr = false;
  return (text) => {
    const joined = afterCr && text.startsWith("\n") ? text.slice(1) : text;
    if (text !== "") afterCr = text.endsWith("\r");
    return joined.includes("\r") ? joined.replace(/\r\n?/g, "\n") : joined;
  };
}
