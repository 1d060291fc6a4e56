import { type Address, type JsonObject, numberField } from "@wxgate/core";

/** Where a page of `sync_msg` was read. */
export interface SyncContext {
  readonly channel: string;
  readonly account: string;
}

/** A conversation, or the account itself where the platform names nobody. */
export function addressOf(context: SyncContext, openKfId: string | undefined, peer: string | undefined): Address {
  const account = openKfId ?? context.account;
  return peer === undefined
    ? { channel: context.channel, account, kind: "audience", peer: account }
    : { channel: context.channel, account, kind: "direct", peer };
}

/** 1970 when the item carries no usable time: it is then old, and never answered by mistake. */
export function sentAtOf(item: JsonObject): Date {
  const time = new Date((numberField(item, "send_time") ?? 0) * 1000);
  return Number.isNaN(time.getTime()) ? new Date(0) : time;
}
