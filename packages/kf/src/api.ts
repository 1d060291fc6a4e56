import { isObject, type JsonObject, listField, numberField, textField } from "@wxgate/core";
import { createWecomApi, KF_ERRCODES, type WecomApi, type WecomApiOptions } from "@wxgate/wecom-api";
import {
  parseSyncPage,
  SESSION,
  type SessionState,
  type SyncPage,
  type SyncRequest,
  type WireMessage,
} from "./wire.ts";

export interface KfAccount {
  readonly openKfId: string;
  readonly name?: string;
  /** False: the secret's app may neither read nor send for it. */
  readonly mayManage: boolean;
}

export interface CustomerInfo {
  readonly name?: string;
  readonly avatarUrl?: string;
  readonly unionId?: string;
}

export interface SessionInfo {
  readonly state: SessionState;
  /** The servicer, in state 3. */
  readonly operator?: string;
}

export interface Servicer {
  readonly userId?: string;
  readonly departmentId?: number;
  /** Whether customers are given to them now. */
  readonly receiving: boolean;
}

/** The calls of WeChat Customer Service, typed; `wecom` makes all others. Errors are those of `@wxgate/wecom-api`. */
export interface KfApi {
  readonly wecom: WecomApi;
  /** One page, oldest first. https://developer.work.weixin.qq.com/document/path/94670 */
  syncMessages(request: SyncRequest, signal?: AbortSignal): Promise<SyncPage>;
  /** The message's id. https://developer.work.weixin.qq.com/document/path/94677 */
  sendMessage(
    message: WireMessage & { readonly touser: string; readonly open_kfid: string; readonly msgid: string },
    signal?: AbortSignal,
  ): Promise<string>;
  /** Answers an event by its code, outside the quota. https://developer.work.weixin.qq.com/document/path/95122 */
  sendOnEvent(
    message: WireMessage & { readonly code: string; readonly msgid: string },
    signal?: AbortSignal,
  ): Promise<string>;
  sessionState(openKfId: string, customer: string, signal?: AbortSignal): Promise<SessionInfo>;
  /** The code for one answer to the move, where the platform gives one. https://developer.work.weixin.qq.com/document/path/94669 */
  moveSession(
    openKfId: string,
    customer: string,
    to: { readonly state: SessionState; readonly operator?: string },
    signal?: AbortSignal,
  ): Promise<string | undefined>;
  /** All accounts, page by page. */
  accounts(signal?: AbortSignal): Promise<readonly KfAccount[]>;
  addAccount(name: string, mediaId: string, signal?: AbortSignal): Promise<string>;
  updateAccount(openKfId: string, change: { name?: string; mediaId?: string }, signal?: AbortSignal): Promise<void>;
  deleteAccount(openKfId: string, signal?: AbortSignal): Promise<void>;
  /** The address customers open to write to the account. `scene`: up to 32 of [0-9a-zA-Z_-]. */
  contactLink(openKfId: string, scene?: string, signal?: AbortSignal): Promise<string>;
  /** Names and pictures of up to 100 customers who wrote within 48 hours; others are missing. */
  customers(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, CustomerInfo>>;
  servicers(openKfId: string, signal?: AbortSignal): Promise<readonly Servicer[]>;
}

export type KfApiOptions = Omit<WecomApiOptions, "errcodes">;

const ACCOUNTS_PAGE = 100;

export function createKfApi(options: KfApiOptions): KfApi {
  return kfApiOver(createWecomApi({ ...options, errcodes: KF_ERRCODES }));
}

/** The calls over any client, for those who have one already. */
export function kfApiOver(wecom: WecomApi): KfApi {
  const post = (path: string, body: object, signal?: AbortSignal) => wecom.post<JsonObject>(`kf/${path}`, body, signal);

  async function accountPage(offset: number, signal?: AbortSignal): Promise<readonly JsonObject[]> {
    const answer = await post("account/list", { offset, limit: ACCOUNTS_PAGE }, signal);
    return listField(answer, "account_list").filter(isObject);
  }

  return {
    wecom,
    syncMessages: async (request, signal) => parseSyncPage(await post("sync_msg", request, signal)),
    sendMessage: async (message, signal) =>
      textField(await post("send_msg", message, signal), "msgid") ?? message.msgid,
    sendOnEvent: async (message, signal) =>
      textField(await post("send_msg_on_event", message, signal), "msgid") ?? message.msgid,

    async sessionState(openKfId, customer, signal) {
      const answer = await post("service_state/get", { open_kfid: openKfId, external_userid: customer }, signal);
      const operator = textField(answer, "servicer_userid") ?? textField(answer, "service_userid");
      const state = (numberField(answer, "service_state") ?? SESSION.untreated) as SessionState;
      return { state, ...(operator === undefined ? {} : { operator }) };
    },
    async moveSession(openKfId, customer, { state, operator }, signal) {
      const body = {
        open_kfid: openKfId,
        external_userid: customer,
        service_state: state,
        ...(operator === undefined ? {} : { servicer_userid: operator }),
      };
      return textField(await post("service_state/trans", body, signal), "msg_code");
    },

    async accounts(signal) {
      const accounts = new Map<string, KfAccount>();
      for (let offset = 0; ; offset += ACCOUNTS_PAGE) {
        const page = await accountPage(offset, signal);
        const before = accounts.size;
        for (const account of page.map(toAccount)) if (account !== undefined) accounts.set(account.openKfId, account);
        // The old form knows no paging and gives the same list for every offset.
        if (page.length < ACCOUNTS_PAGE || accounts.size === before) return [...accounts.values()];
      }
    },
    async addAccount(name, mediaId, signal) {
      return textField(await post("account/add", { name, media_id: mediaId }, signal), "open_kfid") ?? "";
    },
    async updateAccount(openKfId, { name, mediaId }, signal) {
      await post("account/update", { open_kfid: openKfId, name, media_id: mediaId }, signal);
    },
    async deleteAccount(openKfId, signal) {
      await post("account/del", { open_kfid: openKfId }, signal);
    },
    async contactLink(openKfId, scene, signal) {
      return textField(await post("add_contact_way", { open_kfid: openKfId, scene }, signal), "url") ?? "";
    },
    async customers(ids, signal) {
      const answer = await post(
        "customer/batchget",
        { external_userid_list: ids, need_enter_session_context: 0 },
        signal,
      );
      return new Map(listField(answer, "customer_list").filter(isObject).map(toCustomer));
    },
    async servicers(openKfId, signal) {
      const answer = await wecom.get<JsonObject>("kf/servicer/list", { open_kfid: openKfId }, signal);
      return listField(answer, "servicer_list").filter(isObject).map(toServicer);
    },
  };
}

function toAccount(source: JsonObject): KfAccount | undefined {
  const openKfId = textField(source, "open_kfid");
  if (openKfId === undefined) return undefined;
  const name = textField(source, "name");
  // The old form of the list does not have the field.
  return { openKfId, mayManage: source.manage_privilege !== false, ...(name === undefined ? {} : { name }) };
}

function toCustomer(source: JsonObject): [string, CustomerInfo] {
  const name = textField(source, "nickname");
  const avatarUrl = textField(source, "avatar");
  const unionId = textField(source, "unionid");
  return [
    textField(source, "external_userid") ?? "",
    {
      ...(name === undefined ? {} : { name }),
      ...(avatarUrl === undefined ? {} : { avatarUrl }),
      ...(unionId === undefined ? {} : { unionId }),
    },
  ];
}

/** 0 receives here; the event of the same name says 1. */
function toServicer(source: JsonObject): Servicer {
  const userId = textField(source, "userid");
  const departmentId = numberField(source, "department_id");
  return {
    ...(userId === undefined ? {} : { userId }),
    ...(departmentId === undefined ? {} : { departmentId }),
    receiving: numberField(source, "status") === 0,
  };
}
