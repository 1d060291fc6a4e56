import {
  type Address,
  addressKey,
  type Background,
  type Channel,
  type Clock,
  type Logger,
  type ReplyTarget,
  withTimeLimit,
} from "@wxgate/core";
import type { Account, Accounts } from "./accounts.ts";
import type { IlinkApi } from "./api.ts";
import { createTickets } from "./tickets.ts";
import { createTypingPace } from "./typing-pace.ts";

interface TypingOptions {
  readonly accounts: Accounts;
  readonly api: Pick<IlinkApi, "getTypingTicket" | "sendTyping">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly background: Pick<Background, "start">;
}

const REPEAT_MS = 5_000;
/** So long the end waits for the answer to the beginning. A gateway that stops must have told it before it is killed. */
const SHOWN_MS = 2_000;

/** Shows "typing" until the signal fires. The end is always told, but nobody waits for that. */
export function createTyping({ accounts, api, clock, log, background }: TypingOptions): NonNullable<Channel["typing"]> {
  const tickets = createTickets({ api, clock, background });
  const pace = createTypingPace(clock);
  /** Ends that are being told: what comes after them in the same chat must not overtake. */
  const ending = new Map<string, Promise<void>>();

  async function tell(account: Account, target: ReplyTarget, isTyping: boolean): Promise<void> {
    const ticket = await tickets.of(account, target);
    try {
      await api.sendTyping(account, target.to.peer, ticket, isTyping);
    } catch (error) {
      tickets.drop(target);
      throw error;
    }
  }

  async function end(account: Account, target: ReplyTarget, asked: Promise<void> | undefined): Promise<void> {
    // Not broken off: that costs the connection, and the platform might take it up behind the end.
    if (asked !== undefined) await withTimeLimit(clock, SHOWN_MS, undefined, () => asked).catch(ignored);
    try {
      // An indicator that stays is worse than a second try: the ticket may have died meanwhile.
      await tell(account, target, false).catch(() => tell(account, target, false));
    } catch (error) {
      log.debug({ err: error, account: account.id }, "the end of typing could not be shown");
    }
  }

  /** With a fresh ticket if the old one has died, unless the turn is over. */
  async function show(account: Account, target: ReplyTarget, signal: AbortSignal): Promise<void> {
    try {
      await tell(account, target, true);
    } catch (error) {
      if (signal.aborted) throw error;
      await tell(account, target, true);
    }
  }

  function endLater(account: Account, target: ReplyTarget, asked: Promise<void> | undefined): void {
    const key = addressKey(target.to);
    const work = end(account, target, asked).finally(() => {
      if (ending.get(key) === work) ending.delete(key);
    });
    ending.set(key, work);
    background.start(() => work);
  }

  return async function typing(target, signal) {
    const account = await usable(target.to);
    if (account === undefined) return;
    await ending.get(addressKey(target.to));
    if (signal.aborted) return;
    const over = aborted(signal);
    let isShown = false;
    /** The platform has not answered yet. */
    let asked: Promise<void> | undefined;
    try {
      await Promise.race([pace.begin(account.id, signal), over]);
      while (!signal.aborted) {
        await Promise.race([tickets.of(account, target), over]);
        isShown = true;
        asked = show(account, target, signal);
        await Promise.race([asked, over]);
        asked = undefined;
        await clock.sleep(REPEAT_MS, signal);
      }
    } catch (error) {
      // Best effort: the answer comes all the same.
      if (!signal.aborted) log.debug({ err: error, account: account.id }, "typing could not be shown");
    } finally {
      // Also where nobody knows whether it was shown: an indicator that stays is worse than one call too many.
      if (isShown) endLater(account, target, asked);
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
