import {
  AuthenticationError,
  type Clock,
  type InboundBatch,
  type Inbox,
  type JsonObject,
  type Logger,
} from "@wxgate/core";
import type { Account } from "./accounts.ts";
import type { Watch } from "./alert.ts";
import type { IlinkApi } from "./api.ts";
import type { Health } from "./health.ts";
import { parseMessage } from "./parse.ts";
import type { People } from "./people.ts";
import type { Quotes } from "./quotes.ts";

const FIRST_TIMEOUT_MS = 35_000;
const SHORTEST_TIMEOUT_MS = 1_000;
const LONGEST_TIMEOUT_MS = 120_000;
const RETRY_MS = 2_000;
const LONG_RETRY_MS = 30_000;
/** After every third failure in a row the pause is long. */
const FAILURES_IN_A_ROW = 3;
/** A refused login is tried once more soon, and then once an hour. */
const FIRST_PROBE_MS = 5_000;
const PROBE_MS = 3_600_000;
const STORE_RETRY_MS = 1_000;
/** A server that answers at once with nothing new is not asked again at once. */
const LEAST_CYCLE_MS = 500;

export interface PollOptions {
  readonly channel: string;
  readonly groups: "drop" | "accept";
  readonly api: Pick<IlinkApi, "getUpdates" | "notifyStart">;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: Health;
  readonly watch: Watch;
  readonly people: People;
  readonly quotes: Quotes;
}

/** Fetches what people wrote to one login, until the signal fires. Each answer and its cursor are stored in one transaction. */
export function createPoll(options: PollOptions) {
  const { channel, groups, api, inbox, clock, log, health, watch, people, quotes } = options;

  return async function poll(account: Account, signal: AbortSignal): Promise<void> {
    const cursorKey = `updates|${account.id}|${account.login}`;
    let cursor = (await inbox.cursor(cursorKey)) ?? "";
    let timeoutMs = FIRST_TIMEOUT_MS;
    let failures = 0;
    let refusals = 0;
    let mustGreet = true;
    while (!signal.aborted) {
      const startedAt = clock.now();
      try {
        if (mustGreet) await greet(account, signal);
        mustGreet = false;
        const updates = await api.getUpdates(account, cursor, timeoutMs, signal);
        timeoutMs = clamp(updates.timeoutMs) ?? timeoutMs;
        const next = updates.cursor ?? cursor;
        let isNew = false;
        if (updates.messages.length > 0 || next !== cursor) {
          const batch = await toBatch(account, updates.messages);
          isNew = await accept({ ...batch, cursor: { key: cursorKey, value: next, after: cursor } }, signal);
          cursor = next;
        }
        health.polled(account);
        await watch.works(account);
        failures = 0;
        refusals = 0;
        if (!isNew) await clock.sleep(startedAt + LEAST_CYCLE_MS - clock.now(), signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof AuthenticationError) {
          await watch.refused(account);
          refusals += 1;
          mustGreet = true;
          await rest(refusals === 1 ? FIRST_PROBE_MS : PROBE_MS, signal);
          continue;
        }
        failures += 1;
        health.failing(account, error);
        log.warn({ err: error, account: account.id, failures }, "polling failed, will retry");
        mustGreet = failures % FAILURES_IN_A_ROW === 0;
        await rest(mustGreet ? LONG_RETRY_MS : RETRY_MS, signal);
      }
    }
  };

  /** The phone shows that somebody is there. Nothing depends on it. */
  async function greet(account: Account, signal: AbortSignal): Promise<void> {
    try {
      await api.notifyStart(account, signal);
      // A poll is held for half a minute; that the login is good is known now.
      health.polled(account);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AuthenticationError) throw error;
      log.debug({ err: error, account: account.id }, "the start could not be announced");
    }
  }

  async function toBatch(account: Account, messages: readonly JsonObject[]): Promise<InboundBatch> {
    const batch = {
      messages: [] as InboundBatch["messages"][number][],
      events: [] as NonNullable<InboundBatch["events"]>[number][],
    };
    for (const raw of messages) {
      const parsed = parseMessage(raw, { channel, account, groups, now: clock.now() });
      if (parsed.kind === "skip") log.debug({ account: account.id, reason: parsed.reason }, "a message was skipped");
      else if (parsed.kind === "event") batch.events.push(parsed.event);
      else {
        const { message, reference } = parsed;
        const quote = reference === undefined ? undefined : await quotes.complete(message.from, reference);
        batch.messages.push(quote === undefined ? message : { ...message, quote });
      }
    }
    return batch;
  }

  /**
   * The platform hands a message out once: what it gave is kept trying to be stored, not asked for again.
   *
   * @returns whether there was something that we did not have
   */
  async function accept(batch: InboundBatch, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      try {
        await meetAll(batch);
        return (await inbox.accept(batch)).fresh.size > 0;
      } catch (error) {
        if (signal.aborted) throw error;
        log.error({ err: error, messages: batch.messages.length }, "messages could not be stored, will retry");
        await clock.sleep(STORE_RETRY_MS, signal);
      }
    }
  }

  /** Together, so that many new people wait for the disk as long as one. */
  async function meetAll({ messages }: InboundBatch): Promise<void> {
    const direct = messages.filter(({ from }) => from.kind === "direct");
    const each = new Map(direct.map(({ from }) => [`${from.account}|${from.peer}`, from]));
    await Promise.all([...each.values()].map(({ account, peer }) => people.meet(account, peer)));
  }

  async function rest(ms: number, signal: AbortSignal): Promise<void> {
    await clock.sleep(ms, signal).catch(() => {
      // Stopped, or another login took this one's place: the loop looks at its signal.
    });
  }
}

function clamp(ms: number | undefined): number | undefined {
  return ms === undefined || ms <= 0 ? undefined : Math.min(LONGEST_TIMEOUT_MS, Math.max(SHORTEST_TIMEOUT_MS, ms));
}
