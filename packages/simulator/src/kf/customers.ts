import { stableId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { optionalInteger, type QyapiCall, texts } from "../qyapi/calls.ts";
import { QyapiError } from "../qyapi/errors.ts";
import { corpOf } from "./accounts.ts";
import { type KfCorp, type Person, WINDOW_MS } from "./state.ts";

const MOST_PER_CALL = 100;

/** `kf/customer/batchget`. */
export function createCustomers({ clock, baseUrl }: PlatformTools, corps: ReadonlyMap<string, KfCorp>) {
  function describe(corp: KfCorp, person: Person, withEntry: boolean): JsonObject {
    const entry = withEntry ? lastEntry(corp, person) : undefined;
    return {
      external_userid: person.id,
      nickname: person.name,
      avatar: `${baseUrl()}/control/avatars/${person.id}.png`,
      gender: 0,
      unionid: stableId("oSim", 24, person.id),
      ...(entry ? { enter_session_context: entry } : {}),
    };
  }

  return function batchGet({ corp, body }: QyapiCall): JsonObject {
    const kfCorp = corpOf(corps, corp);
    const ids = texts(body, "external_userid_list", MOST_PER_CALL);
    if (ids.length === 0) throw new QyapiError(40058, "missing or invalid parameter: external_userid_list");
    const withEntry = optionalInteger(body, "need_enter_session_context", 0, 1) === 1;
    const recent = (id: string) =>
      clock.now() - (kfCorp.people.get(id)?.lastSeenAt ?? Number.NEGATIVE_INFINITY) <= WINDOW_MS;
    return {
      customer_list: ids.filter(recent).map((id) => describe(kfCorp, kfCorp.people.get(id) as Person, withEntry)),
      invalid_external_userid: ids.filter((id) => !recent(id)),
    };
  };
}

function lastEntry(corp: KfCorp, person: Person): JsonObject | undefined {
  return [...corp.accounts.values()]
    .map(({ customers }) => customers.get(person.id)?.lastEntry)
    .findLast((entry) => entry);
}
