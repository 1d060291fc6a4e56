import { RejectedError } from "@wxgate/core";

/** Whom a message is for: a member (or several, "a|b", or "@all"), a department, a tag, or a group chat. */
export interface WecomTarget {
  readonly to: "user" | "party" | "tag" | "chat";
  /** Its case kept; several joined by "|". Of a party always numbers; of a tag its number or its name. */
  readonly id: string;
}

const FORMS = "user:zhangsan, party:12, tag:3, group:wrABC…, a bare userid, or a bare department number";
const NAMESPACES = /^(?:(?:wecom-agent|wecom|wechatwork|wework|qywx):\s*)+/i;
const PREFIX = /^(party|dept|tag|group|chat|chatid|user):/i;
const KINDS: Readonly<Record<string, WecomTarget["to"]>> = {
  party: "party",
  dept: "party",
  tag: "tag",
  group: "chat",
  chat: "chat",
  chatid: "chat",
  user: "user",
};
/** Platforms name customer groups and bot groups like this. */
const CHAT_ID = /^w[rc]/i;
const NUMBER = /^[0-9]+$/;
const NUMBERS = /^[0-9|\s]+$/;
/** Departments have numbers of 32 bits, the root number 1; tags begin lower. */
const MOST = 2 ** 32 - 1;
const EVERYBODY = "@all";
/** Letters of any script: old enterprises have userids that the console would refuse today. */
const USERID = /^[\p{L}\p{M}\p{N}_.-][\p{L}\p{M}\p{N}_.@-]*$/u;
const USERID_BYTES = 64;

/**
 * Reads a target as people, schedules and configurations of other gateways write it. Namespaces (`wecom:`, `qywx:` …) are
 * taken off, then a prefix decides, then the form: `wr…` and `wc…` are group chats, a number is a department, all else is
 * a userid. A userid that begins with "wr" or "wc" therefore needs `user:`.
 *
 * @throws RejectedError `wecom.bad-target` that says what is wrong and which forms there are
 */
export function parseWecomTarget(text: string): WecomTarget {
  const bare = text.trim().replace(NAMESPACES, "");
  if (bare === "") throw bad(`"${shown(text)}" names nobody`);
  const prefix = PREFIX.exec(bare)?.[1];
  if (prefix === undefined) return checked(guess(bare), text);
  const to = KINDS[prefix.toLowerCase()] as WecomTarget["to"];
  return checked({ to, id: bare.slice(prefix.length + 1).trim() }, text);
}

function guess(id: string): WecomTarget {
  if (CHAT_ID.test(id)) return { to: "chat", id };
  return { to: NUMBER.test(id) ? "party" : "user", id };
}

function checked({ to, id }: WecomTarget, text: string): WecomTarget {
  // No id of the platform holds a colon: what looks like one is a prefix we do not know.
  if (id.includes(":")) throw bad(`"${shown(text)}" has a prefix that is not known here`);
  // The name of a tag may hold anything.
  const isOne = to === "chat" || (to === "tag" && !NUMBERS.test(id));
  const named = isOne ? [id] : id.split("|").map((one) => one.trim());
  const ids = [...new Set(named.filter((one) => one !== ""))];
  if (ids.length === 0) throw bad(`"${shown(text)}" names nobody`);
  const problem = to === "user" ? userProblem(ids) : numberProblem(to, ids);
  if (problem !== undefined) throw bad(`"${shown(text)}" ${problem}`);
  return { to, id: ids.join("|") };
}

function userProblem(ids: readonly string[]): string | undefined {
  if (ids.includes(EVERYBODY)) return ids.length === 1 ? undefined : `names ${EVERYBODY}, which stands alone`;
  if (ids.some((id) => Buffer.byteLength(id) > USERID_BYTES)) return `has a userid of more than ${USERID_BYTES} bytes`;
  if (ids.every((id) => USERID.test(id))) return undefined;
  return `is no userid: those have letters, digits and _ - @ . only, and no @ in front; several are joined by "|"`;
}

/** What is wrong with departments or tags; a tag may have a name instead of a number. */
function numberProblem(to: WecomTarget["to"], ids: readonly string[]): string | undefined {
  if (to === "chat") return undefined;
  const least = to === "party" ? 1 : 0;
  if (to === "party" && !ids.every((id) => NUMBER.test(id))) return "is no department: its id is a whole number";
  const isOutside = (id: string) => NUMBER.test(id) && (Number(id) < least || Number(id) > MOST);
  return ids.some(isOutside) ? `has a number that is not between ${least} and ${MOST}` : undefined;
}

function shown(text: string): string {
  return text.trim().slice(0, 80);
}

function bad(problem: string): RejectedError {
  return new RejectedError(`${problem}; write ${FORMS}`, { code: "wecom.bad-target" });
}
