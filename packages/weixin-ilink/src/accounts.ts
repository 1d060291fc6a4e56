import { createHash } from "node:crypto";
import {
  type Clock,
  isObject,
  type JsonObject,
  type JsonValue,
  type Logger,
  numberField,
  type State,
  textField,
} from "@wxgate/core";
import type { IlinkConfig } from "./config.ts";

/**
 * One signed-in person with their bot. `id` is the account everywhere else: the person who scanned, not the bot, since
 * every scan makes a new bot and conversations must outlive it. A token from the configuration whose person is not
 * named goes by its bot id.
 */
export interface Account {
  readonly id: string;
  readonly token: string;
  readonly botId: string;
  readonly baseUrl: string;
  /** Tells logins of one account apart, and gives no token away. */
  readonly login: string;
  readonly savedAt: number;
}

export interface NewLogin {
  readonly token: string;
  readonly botId: string;
  readonly baseUrl: string;
  readonly userId: string;
}

export interface Accounts {
  /** Reads what this and other gateways stored; tells those who watch what is new. */
  load(): Promise<void>;
  /** Newest login first. */
  all(): readonly Account[];
  get(id: string): Account | undefined;
  /** Also one that was stored since the last `load`. */
  find(id: string): Promise<Account | undefined>;
  save(login: NewLogin): Promise<Account>;
  /** Since when the platform refuses this login, in milliseconds since 1970. */
  refusedAt(account: Account): number | undefined;
  setRefused(account: Account, refused: boolean): Promise<void>;
  /** Fires when another login takes this one's place. */
  replaced(account: Account): AbortSignal;
  /** Called after every change; returns the end of it. */
  watch(listener: () => void): () => void;
}

interface AccountsOptions {
  readonly config: Pick<IlinkConfig, "token" | "userId" | "baseUrl">;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Logger;
}

const ACCOUNT = "account|";
const REFUSED = "refused|";

export function createAccounts({ config, state, clock, log }: AccountsOptions): Accounts {
  const configured = configuredAccount(config);
  const accounts = new Map<string, Account>();
  const refused = new Map<string, number>();
  const watched = new Map<string, AbortController>();
  const listeners = new Set<() => void>();
  if (configured !== undefined) accounts.set(configured.id, configured);

  async function load(): Promise<void> {
    const [stored, refusals] = await Promise.all([state.list(ACCOUNT), state.list(REFUSED)]);
    refused.clear();
    for (const { value } of refusals) if (isObject(value)) refused.set(String(value.login), Number(value.at));
    let isChanged = false;
    for (const { key, value } of stored) {
      const account = toAccount(key.slice(ACCOUNT.length), value, configured);
      if (account === undefined) log.warn({ account: key.slice(ACCOUNT.length) }, "a stored login cannot be read");
      else isChanged = put(account) || isChanged;
    }
    if (isChanged) for (const listener of listeners) listener();
  }

  function put(account: Account): boolean {
    const before = accounts.get(account.id);
    if (before?.login === account.login) return false;
    accounts.set(account.id, account);
    if (before !== undefined) {
      watched.get(before.login)?.abort();
      watched.delete(before.login);
    }
    return true;
  }

  return {
    load,
    all: () => [...accounts.values()].sort((one, other) => other.savedAt - one.savedAt),
    get: (id) => accounts.get(id),
    async find(id) {
      if (!accounts.has(id)) await load();
      return accounts.get(id);
    },
    async save({ token, botId, baseUrl, userId }) {
      const login = fingerprint(token);
      const account = { id: userId, token, botId, baseUrl, login, savedAt: clock.now() };
      const value = {
        token,
        botId,
        baseUrl,
        savedAt: account.savedAt,
        ...(configured === undefined ? {} : { replaces: configured.login }),
      };
      await state.set(`${ACCOUNT}${userId}`, value, { sealed: true });
      await state.delete(`${REFUSED}${userId}`);
      await load();
      return account;
    },
    refusedAt: ({ login }) => refused.get(login),
    async setRefused({ id, login }, isRefused) {
      if (refused.has(login) === isRefused) return;
      if (isRefused) refused.set(login, clock.now());
      else refused.delete(login);
      if (isRefused) await state.set(`${REFUSED}${id}`, { login, at: clock.now() });
      else await state.delete(`${REFUSED}${id}`);
    },
    replaced({ id, login }) {
      const controller = watched.get(login) ?? new AbortController();
      watched.set(login, controller);
      if (accounts.get(id)?.login !== login) controller.abort();
      return controller.signal;
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function configuredAccount({ token, userId, baseUrl }: AccountsOptions["config"]): Account | undefined {
  if (token === undefined) return undefined;
  const botId = botIdOf(token);
  return { id: userId ?? botId, token, botId, baseUrl, login: fingerprint(token), savedAt: 0 };
}

/** A token reads "<bot id>:<secret>". */
function botIdOf(token: string): string {
  const end = token.indexOf(":");
  return end > 0 ? token.slice(0, end) : `bot-${fingerprint(token)}`;
}

/**
 * Undefined when it cannot be read. A login stands before the token of the configuration, but not before a token that was
 * written there after it.
 */
function toAccount(id: string, value: JsonValue, configured: Account | undefined): Account | undefined {
  const record: JsonObject = isObject(value) ? value : {};
  const token = textField(record, "token");
  const botId = textField(record, "botId");
  const baseUrl = textField(record, "baseUrl");
  if (token === undefined || botId === undefined || baseUrl === undefined) return undefined;
  if (configured?.id === id && record.replaces !== configured.login) return configured;
  return { id, token, botId, baseUrl, login: fingerprint(token), savedAt: numberField(record, "savedAt") ?? 0 };
}

function fingerprint(token: string): string {
  return createHash("sha256").update(token).digest("base64url").slice(0, 16);
}
