import { isObject, type JsonObject, listField, numberField, textField } from "@wxgate/core";

/*
 * The platform's shapes. Names of the wire (`msgtype`, `open_kfid`) are known here, in `parse.ts`, `render.ts` and
 * `api.ts`, nowhere else. Fields are read one by one and leniently: one odd field must not cost a message.
 */

/** https://developer.work.weixin.qq.com/document/path/94670 */
export interface SyncRequest {
  readonly open_kfid: string;
  readonly cursor?: string;
  /** From a callback; valid 10 minutes, and sent beside the cursor, not instead of it. */
  readonly token?: string;
  readonly limit?: number;
  /** 0: AMR, 1: SILK. */
  readonly voice_format?: 0 | 1;
}

export interface SyncPage {
  readonly nextCursor: string | undefined;
  /** May be true beside an empty list. */
  readonly hasMore: boolean;
  readonly items: readonly JsonObject[];
}

export function parseSyncPage(answer: JsonObject): SyncPage {
  return {
    nextCursor: textField(answer, "next_cursor"),
    hasMore: numberField(answer, "has_more") === 1 || answer.has_more === true,
    items: listField(answer, "msg_list").filter(isObject),
  };
}

export const ORIGIN_CUSTOMER = 3;
/** A servicer typed it in the WeCom client. */
export const ORIGIN_SERVICER = 5;

/** Session states of `service_state/get` and `/trans`. */
export const SESSION = { untreated: 0, assistant: 1, pool: 2, human: 3, ended: 4 } as const;
export type SessionState = (typeof SESSION)[keyof typeof SESSION];

/** `kf/send_msg` and, without the addresses, `kf/send_msg_on_event`. */
export type WireMessage = { readonly msgtype: string } & JsonObject;
