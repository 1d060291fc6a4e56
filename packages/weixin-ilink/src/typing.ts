import { type Address, addressKey, type Channel, type Clock, type Logger, type ReplyTarget } from "@wxgate/core";
import type { Account, Accounts } from "./accounts.ts";
import type { IlinkApi } from "./api.ts";
import { createTickets } from "./tickets.ts";

interface TypingOptions {
  readonly accounts: Accounts;
  readonly api: Pick<IlinkApi, "getTypingTicket" | "sendTyping">;
  readonly clock: Clock;
  readonly log: Logger;
  background(work: Promise<void>): void;
}

const REPEAT_MS = 5_000;

/** Shows "typing" until the signal fires. The end is always told, but nobody waits for that. */
export function createTyping({ accounts, api, clock, log, background }: TypingOptions): NonNullable<Channel["typing"]> {
  const tickets = createTickets({ api, clock });
  /** Ends that are being told: what comes after them in the same chat must not overtake. */
  const ending = new Map<string, Promise<void>>();

  async function tell(
    account: Account,
    target: ReplyTarget,
    ticket: string,
    isTyping: boolean,
    signal?: AbortSignal,
  ): Promise<void> {
    try {
      await api.sendTyping(account, target.to.peer, ticket, isTyping, signal);
    } catch (error) {
      // Broken off by us: the ticket is as good as it was, and the end needs it.
      if (signal?.aborted !== true) tickets.drop(target);
      throw error;
    }
  }

  /** Not broken off with the turn: a ticket that comes too late for it serves the next one. */
  async function ticketWithin(account: Account, target: ReplyTarget, signal: AbortSignal): Promise<string> {
    const asking = tickets.of(account, target);
    background(asking.then(ignored, ignored));
    return Promise.race([asking, aborted(signal)]);
  }

  async function end(account: Account, target: ReplyTarget): Promise<void> {
    try {
      // An indicator that stays is worse than a second try: the ticket may have died meanwhile.
      await endOnce(account, target).catch(() => endOnce(account, target));
    } catch (error) {
      log.debug({ err: error, account: account.id }, "the end of typing could not be shown");
    }
  }

  async function endOnce(account: Account, target: ReplyTarget): Promise<void> {
    await tell(account, target, await tickets.of(account, target), false);
  }

  function endLater(account: Account, target: ReplyTarget): void {
    const key = addressKey(target.to);
    const work = end(account, target).finally(() => {
      if (ending.get(key) === work) ending.delete(key);
    });
    ending.set(key, work);
    background(work);
  }

  return async function typing(target, signal) {
    const account = await usable(target.to);
    if (account === undefined) return;
    await ending.get(addressKey(target.to));
    if (signal.aborted) return;
    let isShown = false;
    try {
      while (!signal.aborted) {
        const ticket = await ticketWithin(account, target, signal);
        isShown = true;
        await tell(account, target, ticket, true, signal);
        await clock.sleep(REPEAT_MS, signal);
      }
    } catch (error) {
      // Best effort: the answer comes all the same.
      if (!signal.aborted) log.debug({ err: error, account: account.id }, "typing could not be shown");
    } finally {
      // Also where nobody knows whether it was shown: an indicator that stays is worse than one call too many.
      if (isShown) endLater(account, target);
    }
  };

  async function usable(to: Address): Promise<Account | undefined> {
    const account = to.kind === "direct" ? await accounts.find(to.account) : undefined;
    return account !== undefined && accounts.refusedAt(account) === undefined ? account : undefined;
  }
}

function ignored(): void {
  // Whoever waits for it hears of it.
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
