import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { optionalText, type QyapiCall, text, texts } from "../qyapi/calls.ts";
import { QyapiError } from "../qyapi/errors.ts";
import type { ChatLimits } from "./chat-limits.ts";
import type { Member } from "./directory.ts";
import type { FindApp } from "./find.ts";
import { readMessage } from "./messages.ts";
import { type ShownItem, show } from "./shown.ts";
import type { App, Chat } from "./state.ts";

const LONGEST_NAME = 50;
const FEWEST = 2;
const MOST = 2000;

/** `appchat/*`: groups that an app makes and may write to. */
export function createAppChat(
  { clock, changed, baseUrl }: PlatformTools,
  apps: readonly App[],
  findApp: FindApp,
  limits: ChatLimits,
) {
  function create(call: QyapiCall): JsonObject {
    const app = findApp(call);
    if (app.options.seesRoot === false) throw new QyapiError(60011, "the visible range must be the root department");
    const { body } = call;
    const chatId = optionalText(body, "chatid") ?? randomId("", 16).replace(/[^0-9A-Za-z]/g, "0");
    if (!/^[0-9A-Za-z]{1,32}$/.test(chatId) || app.chats.has(chatId)) throw new QyapiError(86001, "invalid chatid");
    const members = membersNamed(app, texts(body, "userlist", MOST));
    checkSize(members);
    const [first] = members;
    const owner = ownerAmong(members, app, optionalText(body, "owner") ?? first?.userId ?? "");
    app.chats.set(chatId, { chatId, name: nameOf(body) ?? "", owner, members, messages: [] });
    return { chatid: chatId };
  }

  function update(call: QyapiCall): JsonObject {
    const app = findApp(call);
    const { body } = call;
    const chat = chatOf(app, text(body, "chatid"));
    const members = new Set([...chat.members, ...membersNamed(app, texts(body, "add_user_list", MOST))]);
    for (const member of membersNamed(app, texts(body, "del_user_list", MOST))) members.delete(member);
    checkSize(members);
    // Refused as a whole: nothing is changed before everything is known to be right.
    const owner = ownerAmong(members, app, optionalText(body, "owner") ?? chat.owner);
    Object.assign(chat, { members, owner, name: nameOf(body) ?? chat.name });
    return {};
  }

  function get(call: QyapiCall): JsonObject {
    const { chatId, name, owner, members } = chatOf(findApp(call), call.query.get("chatid") ?? "");
    const userlist = [...members].map(({ userId }) => userId);
    return { chat_info: { chatid: chatId, name, owner, userlist, chat_type: 0 } };
  }

  function send(call: QyapiCall): JsonObject {
    const app = findApp(call);
    const chat = chatOf(app, text(call.body, "chatid"));
    const shown = readMessage(call.body, { corp: app.corp, baseUrl: baseUrl() }, { inChat: true });
    const at = new Date(clock.now()).toISOString();
    const id = randomId("GRP", 18);
    const item: ShownItem = { ...shown, id, direction: "outbound", at, state: "shown", by: "api" };
    show(chat.messages, { item, missedBy: limits.missedBy(app, chat) });
    for (const member of chat.members) changed(app.account, member.userId);
    return {};
  }

  function chatOf(app: App, chatId: string): Chat {
    const chat = app.chats.get(chatId);
    if (chat) return chat;
    const foreign = apps.some((other) => other !== app && other.corp === app.corp && other.chats.has(chatId));
    throw new QyapiError(foreign ? 86008 : 86003, foreign ? "not the creator of the chat" : "invalid chatid");
  }

  return { create, update, get, send };
}

function membersNamed(app: App, userIds: readonly string[]): Set<Member> {
  const members = userIds.map((userId) => app.directory.find(userId));
  if (members.some((member) => member === undefined)) throw new QyapiError(86007, "invalid member");
  return new Set(members.filter((member) => member !== undefined));
}

function checkSize({ size }: ReadonlySet<Member>): void {
  if (size < FEWEST) throw new QyapiError(86006, "too few members");
  if (size > MOST) throw new QyapiError(86006, "too many members");
}

function ownerAmong(members: ReadonlySet<Member>, app: App, userId: string): string {
  const owner = app.directory.find(userId);
  if (owner === undefined || !members.has(owner)) throw new QyapiError(86005, "invalid owner");
  return owner.userId;
}

function nameOf(body: JsonObject): string | undefined {
  return optionalText(body, "name")?.slice(0, LONGEST_NAME);
}
