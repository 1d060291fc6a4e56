import { randomId } from "../ids.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { optionalInteger, optionalText, type QyapiCall, text } from "../qyapi/calls.ts";
import type { Corp } from "../qyapi/corps.ts";
import { QyapiError } from "../qyapi/errors.ts";
import type { FindAccount } from "./find.ts";
import { addAccount, type KfAccount, type KfCorp } from "./state.ts";

const MOST_ACCOUNTS = 5000;
const MOST_ACCOUNTS_UNVERIFIED = 10;
const LONGEST_NAME = 16;
const MAX_PAGE = 100;

/** `kf/account/*` and `kf/add_contact_way`. */
export function createAccounts(
  { baseUrl }: PlatformTools,
  corps: ReadonlyMap<string, KfCorp>,
  findAccount: FindAccount,
) {
  const living = (corp: KfCorp) => [...corp.accounts.values()].filter((account) => !account.deleted);

  function add({ corp, body }: QyapiCall): JsonObject {
    const kfCorp = corpOf(corps, corp);
    const name = accountName(body);
    const mediaId = avatar(corp, text(body, "media_id"));
    const verified = kfCorp.options.verified ?? true;
    const count = living(kfCorp).length;
    if (!verified && count >= MOST_ACCOUNTS_UNVERIFIED) throw new QyapiError(95027);
    if (count >= MOST_ACCOUNTS) throw new QyapiError(95005);
    const account = addAccount(kfCorp, { openKfId: randomId("wk", 18), name });
    account.avatarMediaId = mediaId;
    return { open_kfid: account.openKfId };
  }

  function remove({ corp, body }: QyapiCall): JsonObject {
    findAccount(corp, body).deleted = true;
    return {};
  }

  function update({ corp, body }: QyapiCall): JsonObject {
    const account = findAccount(corp, body);
    const mediaId = optionalText(body, "media_id");
    if (optionalText(body, "name") !== undefined) account.name = accountName(body);
    if (mediaId !== undefined) account.avatarMediaId = avatar(corp, mediaId);
    return {};
  }

  function list({ corp, body }: QyapiCall): JsonObject {
    const offset = optionalInteger(body, "offset", 0, 2 ** 31) ?? 0;
    const limit = optionalInteger(body, "limit", 1, MAX_PAGE) ?? MAX_PAGE;
    const page = living(corpOf(corps, corp)).slice(offset, offset + limit);
    return {
      account_list: page.map((account) => ({
        open_kfid: account.openKfId,
        name: account.name,
        avatar: `${baseUrl()}/control/avatars/${account.openKfId}.png`,
        manage_privilege: account.managePrivilege,
      })),
    };
  }

  function addContactWay({ corp, body }: QyapiCall): JsonObject {
    const account = findAccount(corp, body);
    const scene = optionalText(body, "scene");
    if (scene !== undefined && !/^[0-9a-zA-Z_-]{1,32}$/.test(scene))
      throw new QyapiError(40058, "invalid parameter: scene");
    const mark = Buffer.from(`${account.openKfId} ${scene ?? ""}`).toString("base64url");
    return { url: `https://work.weixin.qq.com/kf/kfc${account.openKfId.slice(2, 16)}?enc_scene=ENC${mark}` };
  }

  return { add, remove, update, list, addContactWay };
}

/** `kf/servicer/*`. */
export function createServicers(findAccount: FindAccount) {
  const MOST_PERSONS = 2000;
  const MOST_DEPARTMENTS = 20;

  function list({ corp, query }: QyapiCall): JsonObject {
    const account = findAccount(corp, { open_kfid: query.get("open_kfid") });
    const persons = [...account.servicers].map(([userid, { status, stopType }]) =>
      // This list counts 0 and 1 where the events count 1 and 2.
      status === 1 ? { userid, status: 0 } : { userid, status: 1, stop_type: stopType },
    );
    const departments = [...account.departments].map((department_id) => ({ department_id }));
    return { servicer_list: [...persons, ...departments] };
  }

  function add({ corp, body }: QyapiCall): JsonObject {
    const account = findAccount(corp, body);
    const { users, departments } = named(body, 20);
    if (account.servicers.size + users.length > MOST_PERSONS) throw new QyapiError(40058, "more than 2000 servicers");
    if (account.departments.size + departments.length > MOST_DEPARTMENTS)
      throw new QyapiError(40058, "more than 20 departments");
    return results(account, users, departments, {
      user: (id) => change(!account.servicers.has(id), () => account.servicers.set(id, { status: 1, stopType: 0 })),
      department: (id) => change(!account.departments.has(id), () => account.departments.add(id)),
    });
  }

  function remove({ corp, body }: QyapiCall): JsonObject {
    const account = findAccount(corp, body);
    const { users, departments } = named(body, 100);
    return results(account, users, departments, {
      user: (id) => change(account.servicers.has(id), () => account.servicers.delete(id)),
      department: (id) => change(account.departments.has(id), () => account.departments.delete(id)),
    });
  }

  return { list, add, remove };
}

type Result = "success" | "ignored";

function change(needed: boolean, make: () => unknown): Result {
  if (!needed) return "ignored";
  make();
  return "success";
}

function results(
  _account: KfAccount,
  users: readonly string[],
  departments: readonly number[],
  make: { user: (id: string) => Result; department: (id: number) => Result },
): JsonObject {
  return {
    result_list: [
      ...users.map((userid) => ({ userid, errcode: 0, errmsg: make.user(userid) })),
      ...departments.map((department_id) => ({ department_id, errcode: 0, errmsg: make.department(department_id) })),
    ],
  };
}

function named(
  body: JsonObject,
  mostDepartments: number,
): { users: readonly string[]; departments: readonly number[] } {
  const users = listOf(body.userid_list, 100, (item) => typeof item === "string") as readonly string[];
  const departments = listOf(body.department_id_list, mostDepartments, Number.isInteger) as readonly number[];
  if (users.length + departments.length === 0)
    throw new QyapiError(40058, "userid_list or department_id_list is missing");
  return { users, departments };
}

function listOf(value: JsonValue | undefined, most: number, fits: (item: unknown) => boolean): readonly JsonValue[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > most || !value.every(fits)) {
    throw new QyapiError(40058, `invalid parameter: a list of at most ${most} ids`);
  }
  return value;
}

export function corpOf(corps: ReadonlyMap<string, KfCorp>, corp: Corp): KfCorp {
  const kfCorp = corps.get(corp.corpId);
  if (!kfCorp) throw new QyapiError(48002);
  return kfCorp;
}

function accountName(body: JsonObject): string {
  const name = body.name;
  if (typeof name !== "string" || name === "" || [...name].length > LONGEST_NAME) throw new QyapiError(95006);
  return name;
}

function avatar(corp: Corp, mediaId: string): string {
  if (corp.media.find(mediaId)?.kind !== "image") throw new QyapiError(40007);
  return mediaId;
}
