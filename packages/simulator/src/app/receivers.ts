import type { JsonObject } from "../json.ts";
import { QyapiError } from "../qyapi/errors.ts";
import type { Directory, Member } from "./directory.ts";

export interface Receivers {
  readonly members: ReadonlySet<Member>;
  /** The fields of the answer that name who was left out; only those that are not empty. */
  readonly leftOut: Readonly<Record<string, string>>;
}

const MOST_USERS = 1000;
const MOST_PARTIES = 100;
const MOST_TAGS = 100;

/** @throws QyapiError when nobody is named, too many are, or nobody of them can receive. */
export function findReceivers(directory: Directory, body: JsonObject): Receivers {
  const users = split(body, "touser");
  const parties = split(body, "toparty");
  const tags = split(body, "totag");
  if (users.length + parties.length + tags.length === 0) throw new QyapiError(82001, "all receivers are empty");
  if (users.includes("@all")) return everybody(directory);
  if (users.length > MOST_USERS) throw new QyapiError(40032, "too many users");
  if (parties.length > MOST_PARTIES) throw new QyapiError(82002, "too many parties");
  if (tags.length > MOST_TAGS) throw new QyapiError(82003, "too many tags");

  const members = new Set<Member>();
  const left = { invaliduser: [] as string[], invalidparty: [] as string[], invalidtag: [] as string[] };
  const unlicensed = new Set<string>();
  const add = (member: Member) => {
    if (member.licensed) members.add(member);
    else unlicensed.add(member.userId.toLowerCase());
  };
  for (const user of users) {
    const member = directory.find(user);
    if (member) add(member);
    else left.invaliduser.push(user.toLowerCase());
  }
  for (const party of parties) {
    if (directory.parties.has(numberOf(party))) membersWhere(directory, "parties", numberOf(party)).forEach(add);
    else left.invalidparty.push(party);
  }
  for (const tag of tags) {
    if (directory.tags.has(numberOf(tag))) membersWhere(directory, "tags", numberOf(tag)).forEach(add);
    else left.invalidtag.push(tag);
  }
  if (members.size === 0 && unlicensed.size === 0) throw new QyapiError(81013, "user & party & tag all invalid");
  return { members, leftOut: named({ ...left, unlicenseduser: [...unlicensed] }) };
}

function everybody(directory: Directory): Receivers {
  return { members: new Set(directory.all().filter(({ licensed }) => licensed)), leftOut: {} };
}

function membersWhere(directory: Directory, of: "parties" | "tags", id: number): readonly Member[] {
  return directory.all().filter((member) => member[of].has(id));
}

function named(lists: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  const filled = Object.entries(lists).filter(([, ids]) => ids.length > 0);
  return Object.fromEntries(filled.map(([name, ids]) => [name, ids.join("|")]));
}

/** Only digits are a number: a tag's name names nothing. */
function numberOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function split(body: JsonObject, name: string): readonly string[] {
  const value = body[name];
  if (value === undefined || value === null) return [];
  if (typeof value !== "string") throw new QyapiError(40058, `invalid parameter: ${name}`);
  return value
    .split("|")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}
