import {
  type Agent,
  type Clock,
  estimateTokens,
  type HistoryEntry,
  type HistoryLine,
  type Logger,
  type MemoryPolicy,
  type Store,
  TOKENS_PER_ENTRY,
  withTimeLimit,
} from "@wxgate/core";
import { describeError } from "./describe-error.ts";

/** Of an agent that says nothing more about what it wants to be told. */
const LINES = 40;
/** Where tokens are counted, they are the limit. */
const MOST_LINES = 400;
/** Summaries under way in this process; a session that finds no place is looked at again after its next turn. */
const AT_ONCE = 8;
const SUMMARY_MS = 120_000;

export interface Remembered {
  readonly history: readonly HistoryEntry[];
  readonly summary?: string;
}

/** What an agent without memory is told of a session. */
export async function recall(
  store: Pick<Store, "history" | "memory">,
  { capabilities }: Agent,
  lane: string,
  session: string,
): Promise<Remembered> {
  if (capabilities?.history !== false) return { history: [] };
  const { memory } = capabilities;
  if (memory === undefined) return { history: (await store.history(lane, session, LINES)).map(toEntry) };
  const known = memory.policy === "summarize" ? await store.memory(lane, session) : undefined;
  const after = known === undefined ? {} : { after: known.upTo };
  const history = (await store.history(lane, session, MOST_LINES, after)).map(toEntry);
  return { history, ...(known === undefined ? {} : { summary: known.summary }) };
}

function toEntry({ role, at, text, senderId, senderName }: HistoryLine): HistoryEntry {
  const name = senderName === undefined ? {} : { name: senderName };
  return { role, at: new Date(at), text, ...(senderId === undefined ? {} : { sender: { id: senderId, ...name } }) };
}

export interface MemoryKeeper {
  /** Looks, after a turn, whether the session has grown too long for its agent. Nobody waits for it. */
  look(lane: string, session: string, agent: string): void;
  /** Gives up what is under way, and resolves when it has ended: the next turn begins it anew. */
  close(): Promise<void>;
}

interface KeeperOptions {
  readonly store: Pick<Store, "history" | "memory" | "saveMemory">;
  readonly clock: Clock;
  readonly log: Logger;
  agents(): ReadonlyMap<string, Agent>;
}

/** Writes the beginnings of long sessions down in short. What fails is lost to nobody: what was said stays where it is. */
export function createMemoryKeeper({ store, clock, log, agents }: KeeperOptions): MemoryKeeper {
  const running = new Map<string, Promise<void>>();
  const closing = new AbortController();
  const warned = new Set<string>();

  /** The configuration cannot know it of an agent that is somebody's own code. */
  function warnOnce(agent: string): void {
    if (warned.has(agent)) return;
    warned.add(agent);
    log.warn({ agent }, "the agent has no summarize function, so nothing is summarised; what is too long is left out");
  }

  async function summarize(lane: string, session: string, writer: Writer, policy: MemoryPolicy): Promise<void> {
    const known = await store.memory(lane, session);
    const after = known === undefined ? {} : { after: known.upTo };
    const lines = await store.history(lane, session, MOST_LINES, { ...after, oldest: true });
    const old = tooOld(lines, policy.maxTokens - estimateTokens(known?.summary ?? ""));
    const last = old.at(-1);
    if (last === undefined) return;
    const request = {
      id: `${session}-${last.turn}`,
      entries: old.map(toEntry),
      maxTokens: policy.summaryTokens,
      ...(known === undefined ? {} : { previous: known.summary }),
    };
    const written = await withTimeLimit(clock, SUMMARY_MS, closing.signal, (limit) => writer.summarize(request, limit));
    const summary = written.trim();
    if (summary === "") throw new Error("the agent wrote no summary");
    const clipped = clip(summary, policy.summaryTokens * 2);
    await store.saveMemory(lane, session, { summary: clipped, upTo: last.turn }, known?.upTo);
  }

  return {
    look(lane, session, name) {
      const policy = agents().get(name)?.capabilities?.memory;
      if (policy?.policy !== "summarize" || running.has(lane) || running.size >= AT_ONCE) return;
      const writer = agents().get(policy.agent ?? name);
      if (writer === undefined || closing.signal.aborted) return;
      if (!canWrite(writer)) return warnOnce(policy.agent ?? name);
      const begunAt = clock.now();
      const work = summarize(lane, session, writer, policy)
        .catch((error: unknown) => {
          if (closing.signal.aborted) return;
          const fields = { session, agent: policy.agent ?? name, ms: clock.now() - begunAt };
          log.warn(
            { ...fields, error: describeError(error) },
            "a session could not be summarised, its beginning is left out",
          );
        })
        .finally(() => running.delete(lane));
      running.set(lane, work);
    },
    async close() {
      closing.abort();
      await Promise.all(running.values());
    },
  };
}

type Writer = Agent & Required<Pick<Agent, "summarize">>;

function canWrite(agent: Agent): agent is Writer {
  return agent.summarize !== undefined;
}

/**
 * The oldest turns of a session that has outgrown `maxTokens`: so many that the rest takes half of that. Whole turns only,
 * never the last, and no more at a time than a model can read.
 */
export function tooOld(lines: readonly HistoryLine[], maxTokens: number): readonly HistoryLine[] {
  const costs = lines.map(({ text }) => TOKENS_PER_ENTRY + estimateTokens(text));
  let left = costs.reduce((sum, cost) => sum + cost, 0);
  if (left <= maxTokens) return [];
  const lastTurn = lines.at(-1)?.turn;
  let taken = 0;
  let end = 0;
  for (const [index, { turn }] of lines.entries()) {
    if (turn === lastTurn) break;
    const isFirstOfTurn = turn !== lines[index - 1]?.turn;
    if (isFirstOfTurn && (left <= maxTokens / 2 || taken > maxTokens)) break;
    taken += costs[index] ?? 0;
    left -= costs[index] ?? 0;
    end = index + 1;
  }
  return lines.slice(0, end);
}

/** A model may not keep to the length it was told. */
function clip(text: string, tokens: number): string {
  if (estimateTokens(text) <= tokens) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text)) {
    if (estimateTokens(kept + segment) > tokens) break;
    kept += segment;
  }
  return kept === "" ? text.slice(0, tokens) : kept.trimEnd();
}
