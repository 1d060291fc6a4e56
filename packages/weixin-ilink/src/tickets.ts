import { addressKey, type Background, type Clock, type ReplyTarget, TransientError, textField } from "@wxgate/core";
import type { Account } from "./accounts.ts";
import type { IlinkApi } from "./api.ts";

interface TicketOptions {
  readonly api: Pick<IlinkApi, "getTypingTicket">;
  readonly clock: Clock;
  /** A ticket that comes too late for its turn serves the next one. */
  readonly background: Pick<Background, "start">;
}

/** What allows to show somebody that an answer is being written; the platform is asked as seldom as it does. */
export interface Tickets {
  /** @throws what the platform's refusal is; for a while after it, an error without asking again */
  of(account: Account, target: ReplyTarget): Promise<string>;
  /** It has died. */
  drop(target: ReplyTarget): void;
}

interface Ticket {
  readonly login: string;
  readonly at: number;
  readonly value: Promise<string>;
}
interface Rest {
  readonly login: string;
  readonly ms: number;
  readonly until: number;
}

/** How long a ticket is good is not known; nobody saw one die sooner. */
const TICKET_MS = 10 * 60_000;
/** After a refusal, as the official client rests: twice as long after each. */
const REST = { firstMs: 2_000, longestMs: 3_600_000 };
const REMEMBERED = 10_000;

export function createTickets({ api, clock, background }: TicketOptions): Tickets {
  const tickets = new Map<string, Ticket>();
  const rests = new Map<string, Rest>();

  async function ask(key: string, account: Account, { to, handles }: ReplyTarget): Promise<string> {
    const handle = handles.find(({ data }) => data.login === account.login);
    const contextToken = handle === undefined ? undefined : textField(handle.data, "contextToken");
    const before = rests.get(key);
    try {
      const value = await api.getTypingTicket(account, to.peer, contextToken);
      rests.delete(key);
      return value;
    } catch (error) {
      tickets.delete(key);
      const ms = before?.login === account.login ? Math.min(before.ms * 2, REST.longestMs) : REST.firstMs;
      remember(rests, key, { login: account.login, ms, until: clock.now() + ms });
      throw error;
    }
  }

  return {
    of(account, target) {
      const key = addressKey(target.to);
      const known = tickets.get(key);
      if (known?.login === account.login && clock.now() - known.at < TICKET_MS) return known.value;
      const rest = rests.get(key);
      if (rest?.login === account.login && clock.now() < rest.until) return Promise.reject(resting(rest.until));
      const value = ask(key, account, target);
      background.start(() => value.then(ignored, ignored));
      // Those who come meanwhile wait for the same answer.
      remember(tickets, key, { login: account.login, at: clock.now(), value });
      return value;
    },
    drop(target) {
      tickets.delete(addressKey(target.to));
    },
  };
}

function ignored(): void {
  // Whoever waits for the ticket hears of it.
}

/** The one that was put in first makes room. */
function remember<T>(all: Map<string, T>, key: string, value: T): void {
  all.delete(key);
  const [oldest] = all.keys();
  if (all.size >= REMEMBERED && oldest !== undefined) all.delete(oldest);
  all.set(key, value);
}

function resting(until: number): TransientError {
  return new TransientError("the platform gave no typing ticket a moment ago", {
    code: "ilink.no-ticket",
    until: { at: new Date(until) },
    sent: "no",
  });
}
