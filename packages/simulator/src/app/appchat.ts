import { numberOf } from "../faults.ts";
import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { optionalText, type QyapiCall, text, texts } from "../qyapi/calls.ts";
import { QyapiError } from "../qyapi/errors.ts";
import type { Member } from "./directory.ts";
import type { FindApp } from "./find.ts";
import { readMessage } from "./messages.ts";
import { show } from "./shown.ts";
import type { App, Chat } from "./state.ts";

const MINUTE_MS = 60_000;
const PER_MINUTE = 200;
const LONGEST_NAME = 50;
const FEWEST = 2;
const MOST = 2000;

/** `appchat/*`: groups that an app makes and may write to. */
export function createAppChat(
  { clock, faults, changed, baseUrl }: PlatformTools,
  apps: readonly App[],
  findApp: FindApp,
) {
  function create(call: QyapiCall): JsonObject {
    const app = findApp(call);
    if (app.options.seesRoot === false) throw new QyapiError(60011, "the visible range must be the root department");
    const { body } = call;
    const chatId = optionalText(body, "chatid") ?? randomId("", 16).replace(/[^0-9A-Za-z]/g, "0");
    if (!/^[0-9A-Za-z]{1,32}$/.test(chatId) || app.chats.has(chatId)) throw new QyapiError(86001, "invalid chatid");
    const members = membersNamed(app, texts(body, "userlist", MOST));
    if (members.size < FEWEST) throw new QyapiError(86006, "too few members");
    const owner = optionalText(body, "owner");
    const ownerMember = owner === undefined ? [...members][0] : app.directory.find(owner);
    if (ownerMember === undefined || !members.has(ownerMember)) throw new QyapiError(86005, "invalid owner");
    const name = nameOf(body) ?? "";
    app.chats.set(chatId, { chatId, name, owner: ownerMember.userId, members, screen: [], received: [] });
    return { chatid: chatId };
  }

  function update(call: QyapiCall): JsonObject {
    const app = findApp(call);
    const chat = chatOf(app, text(call.body, "chatid"));
    for (const member of membersNamed(app, texts(call.body, "add_user_list", MOST))) chat.members.add(member);
    for (const member of membersNamed(app, texts(call.body, "del_user_list", MOST))) chat.members.delete(member);
    chat.name = nameOf(call.body) ?? chat.name;
    chat.owner = optionalText(call.body, "owner") ?? chat.owner;
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
    const state = hasRoom(app, chat) ? "shown" : "failed";
    const at = new Date(clock.now()).toISOString();
    const dropped = state === "failed" ? { dropped: "frequency" } : {};
    const id = randomId("GRP", 18);
    show(chat.screen, { ...shown, ...dropped, id, direction: "outbound", at, state, by: "api" });
    for (const member of chat.members) changed(app.account, member.userId);
    return {};
  }

  function hasRoom(app: App, chat: Chat): boolean {
    const now = clock.now();
    const perMinute = faults.take("app.chat.per-minute", [app.corp.corpId, app.account, chat.chatId]);
    while (chat.received[0] !== undefined && now - chat.received[0] >= MINUTE_MS) chat.received.shift();
    if (chat.received.length >= (perMinute ? numberOf(perMinute) : PER_MINUTE)) return false;
    chat.received.push(now);
    return true;
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

function nameOf(body: JsonObject): string | undefined {
  return optionalText(body, "name")?.slice(0, LONGEST_NAME);
}
