import { RejectedError } from "@wxgate/core";

/** Whom a message is for: a member (or several, "a|b", or "@all"), a department, a tag, or a group chat. */
export interface WecomTarget {
  readonly to: "user" | "party" | "tag" | "chat";
  /** As written, its case kept. Of a party always a number, or several joined by "|"; of a tag its number or its name. */
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
const NUMBERS = /^[0-9]+(?:\|[0-9]+)*$/;

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

function checked(target: WecomTarget, text: string): WecomTarget {
  const { to, id } = target;
  if (id === "") throw bad(`"${shown(text)}" names nobody`);
  // No id of the platform holds a colon: what looks like one is a prefix we do not know.
  if (id.includes(":")) throw bad(`"${shown(text)}" has a prefix that is not known here`);
  if (to === "party" && !NUMBERS.test(id)) throw bad(`"${shown(text)}" is no department: its id is a whole number`);
  return target;
}

function shown(text: string): string {
  return text.trim().slice(0, 80);
}

function bad(problem: string): RejectedError {
  return new RejectedError(`${problem}; write ${FORMS}`, { code: "wecom.bad-target" });
}
