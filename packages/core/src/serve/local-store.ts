import { addressKey } from "../address.ts";
import type { Piece } from "../channel.ts";
import type { Accepted, CursorMove, InboundBatch, Inbox, StoredMessage } from "../inbox.ts";
import type { JsonValue } from "../json.ts";
import type { InboundEvent, InboundMessage } from "../message.ts";
import type { Clock, Logger, State, StateOptions } from "../ports.ts";
import { type Journal, memoryJournal, openJournal } from "./journal.ts";

const KEEP_IDS_MS = 7 * 24 * 3_600_000;
/** What is no longer needed goes after so many new lines, or as many as are needed if those are more. */
const TIDY_AFTER_LINES = 1_000;

/** What one channel needs to have kept, in memory or in one file. */
export interface LocalStore {
  readonly inbox: Inbox;
  readonly state: State;
  /** Messages whose handler has not ended, oldest first. */
  unanswered(): readonly InboundMessage[];
  done(message: InboundMessage): Promise<void>;
  /** Pieces the platform's quota left over for this conversation. */
  waiting(conversation: string): readonly Piece[];
  setWaiting(conversation: string, pieces: readonly Piece[]): Promise<void>;
  close(): Promise<void>;
}

type Line =
  | { t: "message"; key: string; at: number; message: InboundMessage }
  | { t: "done"; key: string; at: number }
  | { t: "cursor"; key: string; value: string }
  | { t: "state"; key: string; value?: JsonValue; until?: number }
  | { t: "waiting"; key: string; pieces: readonly Piece[] };

interface Kept {
  readonly open: Map<string, { at: number; message: InboundMessage }>;
  readonly seen: Map<string, number>;
  readonly cursors: Map<string, string>;
  readonly state: Map<string, { value: JsonValue; until?: number }>;
  readonly waiting: Map<string, readonly Piece[]>;
}

export interface LocalStoreOptions {
  /** In memory without it. */
  readonly file: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  onAccepted(messages: readonly InboundMessage[], events: readonly InboundEvent[]): void;
}

export async function openLocalStore({ file, clock, log, onAccepted }: LocalStoreOptions): Promise<LocalStore> {
  const kept: Kept = { open: new Map(), seen: new Map(), cursors: new Map(), state: new Map(), waiting: new Map() };
  const journal: Journal<Line> =
    file === undefined
      ? memoryJournal()
      : await openJournal(file, (lines) => {
          for (const line of lines) replay(kept, line);
          forgetOld(kept, clock.now());
          return linesOf(kept);
        });
  const inTurn = createTurns();
  let untilTidy = linesUntilTidy(kept);
  let closing = false;

  /** Nothing counts as kept before it is on the disk. Only in turn: what a line was made from must still be so. */
  async function record(lines: readonly Line[]): Promise<void> {
    if (lines.length > 0) await journal.append(lines);
    for (const line of lines) replay(kept, line);
    untilTidy -= lines.length;
    if (untilTidy > 0 || closing) return;
    untilTidy = linesUntilTidy(kept);
    // A turn of its own: whoever brought the last line does not wait for it.
    void inTurn(tidy);
  }

  async function tidy(): Promise<void> {
    // Behind the end the file is the next owner's.
    if (closing) return;
    forgetOld(kept, clock.now());
    untilTidy = linesUntilTidy(kept);
    await journal.rewrite(linesOf(kept)).catch((error: unknown) => {
      log.warn({ err: error, file }, "the file could not be written anew; it grows until that succeeds");
    });
  }

  async function accept(batch: InboundBatch): Promise<Accepted> {
    const { lines, messages, fresh } = newOf(kept, batch, clock.now());
    await record([...lines, ...cursorLine(kept, batch.cursor)]);
    const events = (batch.events ?? []).filter(({ id }) => fresh.has(id));
    if (messages.length + events.length > 0) onAccepted(messages, events);
    const total = batch.messages.length + (batch.history?.length ?? 0) + (batch.events?.length ?? 0);
    return { accepted: fresh.size, duplicates: total - fresh.size, fresh };
  }

  const recordInTurn = (line: Line) => inTurn(() => record([line]));
  return {
    inbox: {
      accept: (batch) => inTurn(() => accept(batch)),
      cursor: async (key) => kept.cursors.get(key),
      find: async (account, id) => find(kept, account, id),
    },
    state: localState(kept, clock, inTurn, record),
    unanswered: () => [...kept.open.values()].map(({ message }) => message),
    done: (message) => recordInTurn({ t: "done", key: keyOf(message.from.account, message.id), at: clock.now() }),
    waiting: (conversation) => kept.waiting.get(conversation) ?? [],
    setWaiting: (conversation, pieces) => recordInTurn({ t: "waiting", key: conversation, pieces }),
    close() {
      closing = true;
      return inTurn(() => journal.close());
    },
  };
}

type InTurn = <T>(operation: () => Promise<T>) => Promise<T>;

/** One operation after the other, so that nothing changes between what one looks at and what it writes. */
function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (operation) => {
    const mine = last.then(operation);
    last = mine.catch(() => {
      // Each caller sees its own failure.
    });
    return mine;
  };
}

/** What of the batch was not seen before, and the lines that say so. */
function newOf(kept: Kept, batch: InboundBatch, at: number) {
  const lines = new Map<string, Line>();
  const messages: InboundMessage[] = [];
  const fresh = new Set<string>();
  const add = (line: Line, id: string): boolean => {
    if (kept.seen.has(line.key) || lines.has(line.key)) return false;
    lines.set(line.key, line);
    fresh.add(id);
    return true;
  };
  for (const message of batch.messages) {
    const key = keyOf(message.from.account, message.id);
    if (add({ t: "message", key, at, message }, message.id)) messages.push(message);
  }
  for (const { from, id } of [...(batch.history ?? []), ...(batch.events ?? [])]) {
    add({ t: "done", key: keyOf(from.account, id), at }, id);
  }
  return { lines: lines.values(), messages, fresh };
}

/** Nothing when somebody else moved the cursor. */
function cursorLine(kept: Kept, cursor: CursorMove | undefined): readonly Line[] {
  if (cursor === undefined) return [];
  const { key, value, after } = cursor;
  const moves = after === undefined || (kept.cursors.get(key) ?? "") === after;
  return moves ? [{ t: "cursor", key, value }] : [];
}

function localState(
  kept: Kept,
  clock: Clock,
  inTurn: InTurn,
  record: (lines: readonly Line[]) => Promise<void>,
): State {
  const read = (key: string): JsonValue | undefined => {
    const entry = kept.state.get(key);
    return entry === undefined || (entry.until !== undefined && entry.until <= clock.now()) ? undefined : entry.value;
  };
  const write = (key: string, value: JsonValue, options?: StateOptions) =>
    record([
      { t: "state", key, value, ...(options?.ttlMs === undefined ? {} : { until: clock.now() + options.ttlMs }) },
    ]);
  return {
    get: async (key) => read(key),
    set: (key, value, options) => inTurn(() => write(key, value, options)),
    compareAndSet: (key, expected, value, options) =>
      inTurn(async () => {
        if (JSON.stringify(read(key)) !== JSON.stringify(expected)) return false;
        await write(key, value, options);
        return true;
      }),
    delete: (key) => inTurn(() => record([{ t: "state", key }])),
    async list(prefix) {
      const found: { key: string; value: JsonValue }[] = [];
      for (const key of kept.state.keys()) {
        const value = key.startsWith(prefix) ? read(key) : undefined;
        if (value !== undefined) found.push({ key, value });
      }
      return found;
    },
  };
}

function replay(kept: Kept, line: Line): void {
  switch (line.t) {
    case "message":
      kept.seen.set(line.key, line.at);
      kept.open.set(line.key, { at: line.at, message: { ...line.message, sentAt: new Date(line.message.sentAt) } });
      break;
    case "done":
      kept.seen.set(line.key, line.at);
      kept.open.delete(line.key);
      break;
    case "cursor":
      kept.cursors.set(line.key, line.value);
      break;
    case "state":
      if (line.value === undefined) kept.state.delete(line.key);
      else kept.state.set(line.key, { value: line.value, ...(line.until === undefined ? {} : { until: line.until }) });
      break;
    case "waiting":
      if (line.pieces.length === 0) kept.waiting.delete(line.key);
      else kept.waiting.set(line.key, line.pieces);
      break;
    default:
      line satisfies never;
  }
}

function linesUntilTidy({ seen, state }: Kept): number {
  return Math.max(TIDY_AFTER_LINES, seen.size + state.size);
}

function forgetOld({ seen, open, state }: Kept, now: number): void {
  for (const [key, at] of seen) if (now - at > KEEP_IDS_MS && !open.has(key)) seen.delete(key);
  for (const [key, { until }] of state) if (until !== undefined && until <= now) state.delete(key);
}

function* linesOf(kept: Kept): Generator<Line> {
  for (const [key, at] of kept.seen) if (!kept.open.has(key)) yield { t: "done", key, at };
  for (const [key, { at, message }] of kept.open) yield { t: "message", key, at, message };
  for (const [key, value] of kept.cursors) yield { t: "cursor", key, value };
  for (const [key, entry] of kept.state) yield { t: "state", key, ...entry };
  for (const [key, pieces] of kept.waiting) yield { t: "waiting", key, pieces };
}

function find(kept: Kept, account: string, platformId: string): StoredMessage | undefined {
  const entry = kept.open.get(keyOf(account, platformId));
  if (entry === undefined) return undefined;
  const { message } = entry;
  return {
    id: message.id,
    platformId,
    conversation: message.from,
    direction: "inbound",
    sender: message.sender,
    at: message.sentAt.getTime(),
    content: message.content,
  };
}

function keyOf(account: string, id: string): string {
  return `${account}|${id}`;
}

export function conversationOf(message: InboundMessage): string {
  return addressKey(message.from);
}
