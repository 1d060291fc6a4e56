import { ControlError } from "../control/errors.ts";
import type { JsonObject } from "../json.ts";
import type { AccountDescription, Platform, PlatformTools, ScreenQuery, Tap, TapResult } from "../platform.ts";
import type { QyapiCall, QyapiRoutes } from "../qyapi/calls.ts";
import { QYAPI_PREFIX } from "../qyapi/router.ts";
import { createAccounts, createServicers } from "./accounts.ts";
import { createMessageTokens } from "./cursor.ts";
import { createCustomers } from "./customers.ts";
import { createStream } from "./events.ts";
import { KF_FAULTS } from "./faults.ts";
import { createFindAccount } from "./find.ts";
import type { KfOptions } from "./options.ts";
import { createWrite, type Write, writerOf } from "./person.ts";
import { createEventSender } from "./person-events.ts";
import { createScreen } from "./screen.ts";
import { createSend } from "./send.ts";
import { createSession } from "./session.ts";
import { addAccount, createKfCorp, type KfAccount, type KfCorp } from "./state.ts";
import { createSync } from "./sync.ts";
import { createVerbs } from "./verbs.ts";

export interface KfCorpOptions {
  readonly corpId: string;
  readonly name?: string;
  readonly kf: KfOptions;
}

/** WeChat Customer Service, as one module beside others. */
export function createKfPlatform(tools: PlatformTools, options: readonly KfCorpOptions[]): Platform {
  const corps = new Map<string, KfCorp>();
  for (const { corpId, name, kf } of options) {
    const corp = tools.corps.ensure(corpId, name);
    tools.corps.addCredential(corp, kf.secret, "kf", "WeChat Customer Service");
    corps.set(corpId, createKfCorp(corp, kf));
  }
  const messageTokens = createMessageTokens();
  const findAccount = createFindAccount(corps);
  const stream = createStream(tools, messageTokens);
  const send = createSend(tools, corps, findAccount, stream);
  const write = createWrite(tools, stream, createEventSender(tools, stream));
  const screen = createScreen(tools, send.shownQuota);
  const account = (id: string) => accountNamed(corps, id);

  return {
    name: "kf",
    faults: KF_FAULTS,
    qyapi: routes(tools, corps, findAccount, send, createSync(tools, messageTokens, findAccount)),
    accounts: () => [...corps.values()].flatMap((corp) => describeAccounts(corp, tools.baseUrl())),
    has: (id) => corps.has(id) || [...corps.values()].some((corp) => corp.accounts.has(id)),
    async send({ account: id, from, group, content }) {
      refuseGroup(group);
      const writer = writerOf(account(id), from);
      const ids = await write(writer, content);
      return { account: id, user: writer.customer.person.id, id: ids.at(-1) ?? "", ids };
    },
    screen(query: ScreenQuery) {
      refuseGroup(query.group);
      return screen(account(query.account), query.user);
    },
    tap: (tap) => tapMenu(account(tap.account), tap, write),
    async registerCallback(id, url, force) {
      const corp = corpNamed(corps, id);
      const check = await tools.callbacks.check(corp.endpoint, url);
      const saved = check.ok || force;
      if (saved) corp.endpoint.url = url;
      return { account: id, url, ok: check.ok, saved, check, accounts: [...corp.accounts.keys()] };
    },
    callbackStates: () =>
      [...corps.values()].map(({ accounts, endpoint }) => ({
        accounts: [...accounts.keys()],
        url: endpoint.url ?? null,
        deliveries: endpoint.deliveries,
      })),
    verbs: createVerbs(tools, { corp: (id) => corpNamed(corps, id), account, stream, write }),
    reset() {
      messageTokens.forget();
      for (const corp of corps.values()) resetCorp(corp);
    },
  };
}

function routes(
  tools: PlatformTools,
  corps: ReadonlyMap<string, KfCorp>,
  findAccount: ReturnType<typeof createFindAccount>,
  send: ReturnType<typeof createSend>,
  sync: (call: QyapiCall) => JsonObject,
): QyapiRoutes {
  const session = createSession(tools, findAccount);
  const accounts = createAccounts(tools, corps, findAccount);
  const servicers = createServicers(findAccount);
  const route = (method: "GET" | "POST" | "ANY", handle: (call: QyapiCall) => JsonObject) => ({
    method,
    purpose: "kf",
    handle: (call: QyapiCall) => ({ json: handle(call) }),
  });
  return {
    "kf/sync_msg": route("POST", sync),
    "kf/send_msg": route("POST", send.sendMessage),
    "kf/send_msg_on_event": route("POST", send.sendOnEvent),
    "kf/service_state/get": route("POST", session.getState),
    "kf/service_state/trans": route("POST", session.transfer),
    "kf/account/add": route("POST", accounts.add),
    "kf/account/del": route("POST", accounts.remove),
    "kf/account/update": route("POST", accounts.update),
    // An old form of this call is a GET without paging.
    "kf/account/list": route("ANY", accounts.list),
    "kf/add_contact_way": route("POST", accounts.addContactWay),
    "kf/customer/batchget": route("POST", createCustomers(tools, corps)),
    "kf/servicer/list": route("GET", servicers.list),
    "kf/servicer/add": route("POST", servicers.add),
    "kf/servicer/del": route("POST", servicers.remove),
  };
}

function describeAccounts(corp: KfCorp, url: string): AccountDescription[] {
  const { secret, token, encodingAESKey } = corp.options;
  return [...corp.accounts.values()]
    .filter(({ deleted }) => !deleted)
    .map(({ openKfId, name, managePrivilege, servicers }) => ({
      type: "kf",
      account: openKfId,
      name,
      corpId: corp.corp.corpId,
      secret,
      token,
      encodingAESKey,
      openKfId,
      managePrivilege,
      servicers: [...servicers.keys()],
      apiBaseUrl: `${url}${QYAPI_PREFIX.slice(0, -1)}`,
      callbackUrl: corp.endpoint.url ?? null,
    }));
}

function tapMenu(account: KfAccount, tap: Tap, write: Write): Promise<TapResult> {
  refuseGroup(tap.group);
  const writer = writerOf(account, tap.user);
  const menu = writer.customer.screen.find(({ id }) => id === tap.message);
  if (menu?.kind !== "menu") {
    throw new ControlError(
      404,
      `There is no menu "${tap.message}" on this screen.`,
      "See GET /control/screen for the ids.",
    );
  }
  const items = menu.items as readonly JsonObject[];
  const item = items.find((one, index) => one.id === tap.item || index === tap.item || one.text === tap.item);
  if (!item || item.type === "text") {
    const names = items.map((one) => one.id ?? one.text).join(", ");
    throw new ControlError(404, `The menu has no item "${tap.item}" to tap.`, `Items: ${names}`);
  }
  return answerTap(writer, item, write);
}

async function answerTap(writer: ReturnType<typeof writerOf>, item: JsonObject, write: Write): Promise<TapResult> {
  const text = String(item.text);
  if (item.type !== "click") return { tapped: text, opened: item };
  const content =
    item.id === undefined
      ? ({ kind: "text", text } as const)
      : ({ kind: "choice", id: String(item.id), text } as const);
  const ids = await write(writer, [content]);
  const user = writer.customer.person.id;
  return { tapped: text, sent: { account: writer.account.openKfId, user, id: ids[0] ?? "", ids } };
}

function resetCorp(corp: KfCorp): void {
  const before = new Map(corp.accounts);
  corp.accounts.clear();
  for (const options of corp.options.accounts) {
    // Cursors that clients hold must stay behind what comes next.
    addAccount(corp, options).log.startAfter(before.get(options.openKfId)?.log.end() ?? 0);
  }
  corp.people.clear();
  corp.codes.clear();
  corp.endpoint.deliveries.length = 0;
}

function refuseGroup(group: string | undefined): void {
  if (group !== undefined) throw new ControlError(400, "WeChat Customer Service has no groups.", 'Leave "group" out.');
}

function accountNamed(corps: ReadonlyMap<string, KfCorp>, id: string): KfAccount {
  const all = [...corps.values()];
  const account = all.map((corp) => corp.accounts.get(id)).find((found) => found);
  if (account) return account;
  const known = all.flatMap((corp) => [...corp.accounts.keys()]).join(", ");
  throw new ControlError(404, `There is no KF account "${id}".`, `KF accounts: ${known}`);
}

function corpNamed(corps: ReadonlyMap<string, KfCorp>, id: string): KfCorp {
  return corps.get(id) ?? accountNamed(corps, id).corp;
}
