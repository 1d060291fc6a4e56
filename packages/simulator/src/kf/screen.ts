import type { JsonObject } from "../json.ts";
import type { PlatformTools, Screen } from "../platform.ts";
import { wordsFor } from "./session.ts";
import { type Customer, currentState, findOrAddCustomer, type KfAccount, WINDOW_MS, windowIsOpen } from "./state.ts";

/** What one person's phone shows of one KF account, and how much the business may still send. */
export function createScreen({ clock }: PlatformTools, quota: (account: KfAccount, customer: Customer) => number) {
  function chat(account: KfAccount, customer: Customer): JsonObject {
    const now = clock.now();
    const state = currentState(customer, now);
    const open = windowIsOpen(customer, now);
    const most = quota(account, customer);
    return {
      state,
      stateText: wordsFor(state, customer.servicer),
      servicer: state === 3 ? (customer.servicer ?? null) : null,
      quota: most,
      sent: customer.sent,
      sendsLeft: open && state <= 1 ? Math.max(0, most - customer.sent) : 0,
      windowOpen: open,
      windowEndsAt:
        customer.lastWroteAt === undefined ? null : new Date(customer.lastWroteAt + WINDOW_MS).toISOString(),
    };
  }

  return (account: KfAccount, user: string): Screen => {
    const customer = findOrAddCustomer(account, user);
    const { id, name } = customer.person;
    return { account: account.openKfId, user: { id, name }, chat: chat(account, customer), items: customer.screen };
  };
}
