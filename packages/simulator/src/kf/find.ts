import type { JsonObject } from "../json.ts";
import type { Corp } from "../qyapi/corps.ts";
import { QyapiError } from "../qyapi/errors.ts";
import { type Customer, currentState, type KfAccount, type KfCorp, type SessionState } from "./state.ts";

/** The account a call names. @throws QyapiError 95000, 95004 or 48002. */
export type FindAccount = (corp: Corp, body: JsonObject) => KfAccount;

export function createFindAccount(corps: ReadonlyMap<string, KfCorp>): FindAccount {
  return (corp, body) => {
    const id = body.open_kfid;
    if (typeof id !== "string" || !id.startsWith("wk")) throw new QyapiError(95000);
    const account = corps.get(corp.corpId)?.accounts.get(id);
    if (!account || account.deleted) throw new QyapiError(95004);
    if (!account.managePrivilege) throw new QyapiError(48002);
    return account;
  };
}

/** @throws QyapiError 40096 for a person this account has never met. */
export function findCustomer(account: KfAccount, id: unknown): Customer {
  const customer = typeof id === "string" ? account.customers.get(id) : undefined;
  if (!customer) throw new QyapiError(40096);
  return customer;
}

/** A customer who wrote: an ended or never started session begins anew, the quota is full again. */
export function noteCustomerMessage(customer: Customer, now: number, keepQuota: boolean): SessionState {
  if (currentState(customer, now) === 4) {
    customer.state = 0;
    customer.servicer = undefined;
    customer.endedByApi = false;
  }
  customer.lastWroteAt = now;
  customer.aliveAt = now;
  customer.person.lastSeenAt = now;
  if (!keepQuota) customer.sent = 0;
  return customer.state;
}
