import { numberOf } from "../faults.ts";
import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { type QyapiCall, text } from "../qyapi/calls.ts";
import type { Corp } from "../qyapi/corps.ts";
import { QyapiError } from "../qyapi/errors.ts";
import type { Stream } from "./events.ts";
import { type FindAccount, findCustomer } from "./find.ts";
import { checkMedia, isOutgoingType, type Prepared, readOutgoing } from "./outgoing.ts";
import {
  type Customer,
  currentState,
  type EventCode,
  type KfAccount,
  type KfCorp,
  type ShownItem,
  show,
  windowIsOpen,
} from "./state.ts";

const MESSAGES_PER_CUSTOMER_MESSAGE = 5;
const MENU_OR_TEXT = ["text", "msgmenu"];

/** `kf/send_msg` and `kf/send_msg_on_event`. */
export function createSend(
  { clock, faults, changed, baseUrl }: PlatformTools,
  corps: ReadonlyMap<string, KfCorp>,
  findAccount: FindAccount,
  stream: Stream,
) {
  const targetsOf = (account: KfAccount, customer: Customer) => [
    account.corp.corp.corpId,
    account.openKfId,
    customer.person.id,
  ];

  function checkMsgid(account: KfAccount, body: JsonObject, targets: readonly string[]): string {
    const msgid = body.msgid;
    if (msgid === undefined) return randomId("out", 18);
    if (typeof msgid !== "string" || !/^[0-9a-zA-Z_-]{1,32}$/.test(msgid)) {
      throw new QyapiError(40058, "invalid parameter: msgid");
    }
    if (account.sent.has(msgid)) {
      const other = faults.take("kf.send.duplicate-errcode", targets);
      throw new QyapiError(other ? numberOf(other) : 40058, "msgid duplicated");
    }
    return msgid;
  }

  function checkSession(customer: Customer, targets: readonly string[]): void {
    const state = currentState(customer, clock.now());
    if (state === 4 && customer.endedByApi) throw new QyapiError(95013);
    const expired = !windowIsOpen(customer, clock.now()) && customer.lastWroteAt !== undefined && customer.state <= 1;
    if (state > 1 && !expired) throw new QyapiError(95018);
    if (expired) {
      const other = faults.take("kf.send.past-window-errcode", targets);
      throw new QyapiError(other ? numberOf(other) : 95002);
    }
    if (customer.sent >= quota(targets)) throw new QyapiError(95001);
  }

  function quota(targets: readonly string[]): number {
    const other = faults.take("kf.send.quota", targets);
    return other ? numberOf(other) : MESSAGES_PER_CUSTOMER_MESSAGE;
  }

  function shownQuota(account: KfAccount, customer: Customer): number {
    const other = faults.peek("kf.send.quota", targetsOf(account, customer));
    return other ? numberOf(other) : MESSAGES_PER_CUSTOMER_MESSAGE;
  }

  function prepare(corp: Corp, body: JsonObject, targets: readonly string[]): Prepared {
    const msgtype = body.msgtype;
    const refused = msgtype === "business_card" && faults.take("kf.send.no-business-card", targets);
    if (!isOutgoingType(msgtype) || refused) throw new QyapiError(40008);
    const prepared = readOutgoing(msgtype, body);
    checkMedia(corp, prepared);
    return prepared;
  }

  function checkLength(prepared: Prepared, targets: readonly string[]): void {
    if (prepared.cutBytes && faults.take("kf.send.reject-long-text", targets)) throw new QyapiError(45002);
  }

  function putOnScreen(
    account: KfAccount,
    customer: Customer,
    msgid: string,
    prepared: Prepared,
    by: string,
  ): ShownItem {
    const { kind, ...shown } = prepared.shown;
    const item: ShownItem = {
      id: msgid,
      direction: "outbound",
      at: new Date(clock.now()).toISOString(),
      kind,
      ...shown,
      ...mediaOnScreen(account.corp.corp, shown.mediaId, baseUrl()),
      ...(prepared.cutBytes ? { cutBytes: prepared.cutBytes } : {}),
      state: "shown",
      by,
    };
    show(customer, item);
    account.sent.set(msgid, { customer, item });
    return item;
  }

  function failLater(account: KfAccount, customer: Customer, item: ShownItem, targets: readonly string[]): void {
    const failure = faults.take("kf.send.fail-later", targets);
    if (!failure) return;
    item.state = "failed";
    item.failType = numberOf(failure);
    stream.event(account, {
      event_type: "msg_send_fail",
      open_kfid: account.openKfId,
      external_userid: customer.person.id,
      fail_msgid: item.id,
      fail_type: numberOf(failure),
    });
  }

  function sendMessage({ corp, body }: QyapiCall): JsonObject {
    const account = findAccount(corp, body);
    const customer = findCustomer(account, body.touser);
    const targets = targetsOf(account, customer);
    const prepared = prepare(corp, body, targets);
    const msgid = checkMsgid(account, body, targets);
    checkSession(customer, targets);
    checkLength(prepared, targets);

    customer.sent += 1;
    if (customer.state === 0) customer.state = 1;
    const item = putOnScreen(account, customer, msgid, prepared, "api");
    failLater(account, customer, item, targets);
    changed(account.openKfId, customer.person.id);
    return { msgid };
  }

  function findCode(corp: KfCorp | undefined, value: string): EventCode {
    const code = corp?.codes.get(value);
    if (!code || code.expiresAt <= clock.now() || code.account.deleted || !isInItsState(code, clock.now())) {
      throw new QyapiError(40058, "invalid code");
    }
    return code;
  }

  function sendOnEvent({ corp, body }: QyapiCall): JsonObject {
    const kfCorp = corps.get(corp.corpId);
    const value = text(body, "code");
    const code = findCode(kfCorp, value);
    const { account, customer, occasion } = code;
    const targets = targetsOf(account, customer);
    const msgtype = body.msgtype;
    const mayBeMenu = occasion === "welcome" || occasion === "ended";
    if (typeof msgtype !== "string" || !(mayBeMenu ? MENU_OR_TEXT : ["text"]).includes(msgtype)) {
      throw new QyapiError(40008);
    }
    const prepared = prepare(corp, body, targets);
    const msgid = checkMsgid(account, body, targets);
    checkLength(prepared, targets);

    kfCorp?.codes.delete(value);
    if (occasion === "welcome") customer.lastWelcomeAt = clock.now();
    if (faults.take("kf.send.on-event-counts", targets)) customer.sent += 1;
    const item = putOnScreen(account, customer, msgid, prepared, occasion);
    failLater(account, customer, item, targets);
    changed(account.openKfId, customer.person.id);
    return { msgid };
  }

  return { sendMessage, sendOnEvent, shownQuota };
}

/** A code works only while the session is where it was when the code was made; the welcome needs nothing. */
function isInItsState({ occasion, customer }: EventCode, now: number): boolean {
  switch (occasion) {
    case "welcome":
      return true;
    case "pool":
      return currentState(customer, now) === 2;
    case "picked-up":
      return currentState(customer, now) === 3;
    case "ended":
      return currentState(customer, now) === 4;
  }
}

export function mediaOnScreen(corp: Corp, mediaId: unknown, baseUrl: string): { media?: JsonObject } {
  const media = typeof mediaId === "string" ? corp.media.find(mediaId) : undefined;
  if (!media) return {};
  const { id, mime, bytes, filename } = media;
  return { media: { id, mime, bytes, filename, url: `${baseUrl}/control/media/${corp.corpId}/${id}` } };
}
