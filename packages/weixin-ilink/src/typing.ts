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
  const tickets = createTickets({ api, clock, background });
  /** Ends that are being told: what comes after them in the same chat must not overtake. */
  const ending = new Map<string, Promise<void>>();

  async function tell(account: Account, target: ReplyTarget, ticket: string, isTyping: boolean): Promise<void> {
    try {
      await api.sendTyping(account, target.to.peer, ticket, isTyping);
    } catch (error) {
      tickets.drop(target);
      throw error;
    }
  }

  async function end(account: Account, target: ReplyTarget, shown: Promise<void>): Promise<void> {
    // Not broken off: that costs the connection, and the platform might take it up behind the end.
    await shown.catch(ignored);
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

  function endLater(account: Account, target: ReplyTarget, shown: Promise<void>): void {
    const key = addressKey(target.to);
    const work = end(account, target, shown).finally(() => {
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
    const over = aborted(signal);
    let shown: Promise<void> | undefined;
    try {
      while (!signal.aborted) {
        const ticket = await Promise.race([tickets.of(account, target), over]);
        shown = tell(account, target, ticket, true);
        await Promise.race([shown, over]);
        await clock.sleep(REPEAT_MS, signal);
      }
    } catch (error) {
      // Best effort: the answer comes all the same.
      if (!signal.aborted) log.debug({ err: error, account: account.id }, "typing could not be shown");
    } finally {
      // Also where nobody knows whether it was shown: an indicator that stays is worse than one call too many.
      if (shown !== undefined) endLater(account, target, shown);
    }
  };

  async function usable(to: Address): Promise<Account | undefined> {
    const account = to.kind === "direct" ? await accounts.find(to.account) : undefined;
    return account !== undefined && accounts.refusedAt(account) === undefined ? account : undefined;
  }
}

function ignored(): void {
  // Whoever waited for it has heard of it.
}

/** Rejects when the signal fires; until then, and if nobody waits for it, it is nothing. */
function aborted(signal: AbortSignal): Promise<never> {
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  over.catch(ignored);
  return over;
}
