import type { CallbackEndpoint } from "../callbacks.ts";
import { decodeAesKey } from "../crypto.ts";
import { randomId, stableId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { ScreenItem } from "../platform.ts";
import type { Corp } from "../qyapi/corps.ts";
import type { KfAccountOptions, KfOptions } from "./options.ts";
import { createSyncLog, type SyncLog } from "./sync-log.ts";

/** 0 untreated, 1 assistant (the API may send), 2 waiting pool, 3 human, 4 ended or not started. */
export type SessionState = 0 | 1 | 2 | 3 | 4;

export const WINDOW_MS = 48 * 3_600_000;
export const HORIZON_MS = 3 * 24 * 3_600_000;

/** One person, as one enterprise knows them. */
export interface Person {
  readonly id: string;
  readonly name: string;
  /** When they last entered or wrote, anywhere in the enterprise. */
  lastSeenAt: number;
}

/** One person's chat with one KF account. */
export interface Customer {
  readonly person: Person;
  state: SessionState;
  servicer: string | undefined;
  /** Ended by the API: sending answers 95013 instead of 95018. */
  endedByApi: boolean;
  lastWroteAt: number | undefined;
  /** When the session last got new life: the customer wrote, or a servicer opened it again. */
  aliveAt: number | undefined;
  /** Messages sent by the API since the customer last wrote. */
  sent: number;
  lastWelcomeAt: number | undefined;
  lastEntry: JsonObject | undefined;
  refusedBy: Set<string>;
  readonly screen: ShownItem[];
}

export type ShownItem = { -readonly [Key in keyof ScreenItem]: ScreenItem[Key] };

export interface Servicer {
  /** 1 receiving, 2 stopped: as the events count. */
  status: 1 | 2;
  /** 0 stopped, 1 suspended. */
  stopType: 0 | 1;
}

export interface KfAccount {
  readonly corp: KfCorp;
  readonly openKfId: string;
  name: string;
  avatarMediaId: string | undefined;
  managePrivilege: boolean;
  deleted: boolean;
  readonly log: SyncLog;
  readonly customers: Map<string, Customer>;
  /** Outgoing messages by msgid: an id works once per account. */
  readonly sent: Map<string, { readonly customer: Customer; readonly item: ShownItem }>;
  readonly servicers: Map<string, Servicer>;
  readonly departments: Set<number>;
  lastTokenlessSyncAt: number;
}

export interface EventCode {
  readonly account: KfAccount;
  readonly customer: Customer;
  readonly occasion: "welcome" | "pool" | "picked-up" | "ended";
  readonly expiresAt: number;
}

export interface KfCorp {
  readonly corp: Corp;
  readonly options: KfOptions;
  readonly endpoint: CallbackEndpoint;
  readonly accounts: Map<string, KfAccount>;
  readonly people: Map<string, Person>;
  readonly codes: Map<string, EventCode>;
}

export function createKfCorp(corp: Corp, options: KfOptions): KfCorp {
  const { token, encodingAESKey } = options;
  const kfCorp: KfCorp = {
    corp,
    options,
    endpoint: {
      keys: { token, encodingAESKey, receiveId: corp.corpId },
      aesKey: decodeAesKey(encodingAESKey),
      targets: [corp.corpId],
      url: options.callbackUrl,
      deliveries: [],
    },
    accounts: new Map(),
    people: new Map(),
    codes: new Map(),
  };
  for (const account of options.accounts) addAccount(kfCorp, account);
  return kfCorp;
}

export function addAccount(corp: KfCorp, options: KfAccountOptions): KfAccount {
  if (!options.openKfId.startsWith("wk"))
    throw new RangeError(`"${options.openKfId}": a KF account id starts with "wk".`);
  const account: KfAccount = {
    corp,
    openKfId: options.openKfId,
    name: options.name,
    avatarMediaId: undefined,
    managePrivilege: options.managePrivilege ?? true,
    deleted: false,
    // Microseconds since the epoch: a cursor from an earlier run of the simulator lies behind, not ahead.
    log: createSyncLog(Date.now() * 1000),
    customers: new Map(),
    sent: new Map(),
    servicers: new Map((options.servicers ?? []).map((userId) => [userId, { status: 1, stopType: 0 }])),
    departments: new Set(),
    lastTokenlessSyncAt: Number.NEGATIVE_INFINITY,
  };
  corp.accounts.set(account.openKfId, account);
  return account;
}

/** The person of that name or id; a name gets the same `wm…` id in every run. */
export function findOrAddPerson(corp: KfCorp, nameOrId: string): Person {
  const id = personId(corp, nameOrId);
  const known = corp.people.get(id);
  if (known) return known;
  const person: Person = { id, name: nameOrId, lastSeenAt: Number.NEGATIVE_INFINITY };
  corp.people.set(id, person);
  return person;
}

export function personId(corp: KfCorp, nameOrId: string): string {
  return nameOrId.startsWith("wm") ? nameOrId : stableId("wmSim", 27, corp.corp.corpId, nameOrId);
}

export function findOrAddCustomer(account: KfAccount, nameOrId: string): Customer {
  const id = personId(account.corp, nameOrId);
  const known = account.customers.get(id);
  if (known) return known;
  const customer: Customer = {
    person: findOrAddPerson(account.corp, nameOrId),
    state: 4,
    servicer: undefined,
    endedByApi: false,
    lastWroteAt: undefined,
    aliveAt: undefined,
    sent: 0,
    lastWelcomeAt: undefined,
    lastEntry: undefined,
    refusedBy: new Set(),
    screen: [],
  };
  account.customers.set(id, customer);
  return customer;
}

export function windowIsOpen(customer: Customer, now: number): boolean {
  return customer.lastWroteAt !== undefined && now - customer.lastWroteAt <= WINDOW_MS;
}

/** The session's state as `service_state/get` tells it: past 48 hours it has ended by itself. */
export function currentState(customer: Customer, now: number): SessionState {
  return customer.aliveAt !== undefined && now - customer.aliveAt <= WINDOW_MS ? customer.state : 4;
}

const KEPT_CODES = 10_000;

export function issueCode(code: EventCode, prefix: string): string {
  const { codes } = code.account.corp;
  const value = randomId(prefix, 18);
  codes.set(value, code);
  if (codes.size > KEPT_CODES) codes.delete(codes.keys().next().value as string);
  return value;
}

const KEPT_ON_SCREEN = 2000;

export function show(customer: Customer, item: ShownItem): void {
  customer.screen.push(item);
  if (customer.screen.length > KEPT_ON_SCREEN) customer.screen.splice(0, KEPT_ON_SCREEN / 2);
}
