import type { JsonObject } from "../json.ts";
import { isJsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { optionalText, type QyapiCall } from "../qyapi/calls.ts";
import { QyapiError } from "../qyapi/errors.ts";
import { type FindAccount, findCustomer } from "./find.ts";
import { notice } from "./notice.ts";
import { type Customer, currentState, issueCode, type KfAccount, type SessionState, WINDOW_MS } from "./state.ts";

const CLOSING_CODE_MS = 20_000;

/** From → to, by default; `kf.session.transitions` changes single lines of it. */
const TRANSITIONS: Readonly<Record<string, readonly number[]>> = {
  "0": [1, 2, 3, 4],
  "1": [1, 2, 3, 4],
  "2": [3, 4],
  "3": [3, 4],
  "4": [],
};

/** `kf/service_state/get` and `trans`. */
export function createSession({ clock, faults, changed }: PlatformTools, findAccount: FindAccount) {
  function allowed(from: SessionState, targets: readonly string[]): readonly unknown[] {
    const other = faults.take("kf.session.transitions", targets)?.value;
    const line = isJsonObject(other) ? other[String(from)] : undefined;
    return Array.isArray(line) ? line : (TRANSITIONS[String(from)] ?? []);
  }

  function checkServicer(account: KfAccount, userId: string | undefined): string {
    if (userId === undefined) throw new QyapiError(40058, "missing or invalid parameter: servicer_userid");
    const servicer = account.servicers.get(userId);
    if (!servicer) throw new QyapiError(95014);
    if (servicer.status === 2) throw new QyapiError(95019);
    return userId;
  }

  function getState({ corp, body }: QyapiCall): JsonObject {
    const account = findAccount(corp, body);
    const customer = findCustomer(account, body.external_userid);
    const state = currentState(customer, clock.now());
    return {
      service_state: state,
      ...(state === 3 && customer.servicer ? { servicer_userid: customer.servicer } : {}),
    };
  }

  function transfer({ corp, body }: QyapiCall): JsonObject {
    const account = findAccount(corp, body);
    const customer = findCustomer(account, body.external_userid);
    const to = body.service_state;
    if (typeof to !== "number" || !Number.isInteger(to) || to < 0 || to > 4) {
      throw new QyapiError(40058, "missing or invalid parameter: service_state");
    }
    const from = currentState(customer, clock.now());
    if (from === 4) throw new QyapiError(95013);
    const targets = [corp.corpId, account.openKfId, customer.person.id];
    if (!allowed(from, targets).includes(to)) throw new QyapiError(95016);
    const servicer = to === 3 ? checkServicer(account, optionalText(body, "servicer_userid")) : undefined;
    const code = from === to ? undefined : codeFor(account, customer, to as SessionState, clock.now());
    customer.state = to as SessionState;
    customer.servicer = servicer;
    customer.endedByApi = to === 4;
    notice(customer, clock.now(), wordsFor(to as SessionState, servicer));
    changed(account.openKfId, customer.person.id);
    return code === undefined ? {} : { msg_code: code };
  }

  return { getState, transfer };
}

function codeFor(account: KfAccount, customer: Customer, to: SessionState, now: number): string | undefined {
  switch (to) {
    case 2:
      return issueCode({ account, customer, occasion: "pool", expiresAt: now + WINDOW_MS }, "MC");
    case 3:
      return issueCode({ account, customer, occasion: "picked-up", expiresAt: now + WINDOW_MS }, "MC");
    case 4:
      return issueCode({ account, customer, occasion: "ended", expiresAt: now + CLOSING_CODE_MS }, "MC");
    default:
      return undefined;
  }
}

export function wordsFor(state: SessionState, servicer: string | undefined): string {
  switch (state) {
    case 0:
      return "session: untreated";
    case 1:
      return "session: assistant";
    case 2:
      return "session: waiting for a human";
    case 3:
      return `session: served by ${servicer ?? "a human"}`;
    case 4:
      return "session: ended";
  }
}
