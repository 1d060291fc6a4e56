import { type Address, addressKey, type Channel, type Clock, type Logger, type ReplyTarget } from "@wxgate/core";
import type { Account, Accounts } from "./accounts.ts";
import type { IlinkApi } from "./api.ts";
import { textField } from "./wire.ts";

interface TypingOptions {
  readonly accounts: Accounts;
  readonly api: Pick<IlinkApi, "getTypingTicket" | "sendTyping">;
  readonly clock: Clock;
  readonly log: Logger;
  background(work: Promise<void>): void;
}

interface Ticket {
  readonly login: string;
  readonly value: string;
  readonly at: number;
}

const REPEAT_MS = 5_000;
/** How long a ticket is good is not known; nobody saw one die sooner. */
const TICKET_MS = 10 * 60_000;
const REMEMBERED = 10_000;

/** Shows "typing" until the signal fires. The end is always told, but nobody waits for that. */
export function createTyping({ accounts, api, clock, log, background }: TypingOptions): NonNullable<Channel["typing"]> {
  const tickets = new Map<string, Ticket>();
  /** Ends that are being told: what comes after them in the same chat must not overtake. */
  const ending = new Map<string, Promise<void>>();

  async function ticketFor(account: Account, { to, handles }: ReplyTarget, signal?: AbortSignal): Promise<string> {
    const key = addressKey(to);
    const known = tickets.get(key);
    if (known?.login === account.login && clock.now() - known.at < TICKET_MS) return known.value;
    const handle = handles.find(({ data }) => data.login === account.login);
    const contextToken = handle === undefined ? undefined : textField(handle.data, "contextToken");
    const value = await api.getTypingTicket(account, to.peer, contextToken, signal);
    if (tickets.size >= REMEMBERED) tickets.clear();
    tickets.set(key, { login: account.login, value, at: clock.now() });
    return value;
  }

  async function show(account: Account, target: ReplyTarget, isTyping: boolean, signal?: AbortSignal): Promise<void> {
    const ticket = await ticketFor(account, target, signal);
    try {
      await api.sendTyping(account, target.to.peer, ticket, isTyping, signal);
    } catch (error) {
      tickets.delete(addressKey(target.to));
      throw error;
    }
  }

  async function end(account: Account, target: ReplyTarget): Promise<void> {
    try {
      // An indicator that stays is worse than a second try: the ticket may have died meanwhile.
      await show(account, target, false).catch(() => show(account, target, false));
    } catch (error) {
      log.debug({ err: error, account: account.id }, "the end of typing could not be shown");
    }
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
        isShown = true;
        await show(account, target, true, signal);
        await clock.sleep(REPEAT_MS, signal);
      }
    } catch (error) {
      // Best effort: the answer comes all the same.
      if (!signal.aborted) log.debug({ err: error, account: account.id }, "typing could not be shown");
    } finally {
      if (isShown && tickets.has(addressKey(target.to))) endLater(account, target);
    }
  };

  async function usable(to: Address): Promise<Account | undefined> {
    const account = to.kind === "direct" ? await accounts.find(to.account) : undefined;
    return account !== undefined && accounts.refusedAt(account) === undefined ? account : undefined;
  }
}
