import { numberOf } from "../faults.ts";
import { randomId } from "../ids.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { object, optionalInteger, type QyapiCall, text, texts } from "../qyapi/calls.ts";
import { QyapiError } from "../qyapi/errors.ts";
import { callsBack, checkCard, isInteractive } from "./card-rules.ts";
import type { Member } from "./directory.ts";
import type { FindApp } from "./find.ts";
import { readMessage } from "./messages.ts";
import { findReceivers } from "./receivers.ts";
import { type ShownItem, show } from "./shown.ts";
import { type App, type ResponseCode, type SendAnswer, type SentMessage, screenOf } from "./state.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const RECALL_MS = 24 * HOUR_MS;
const CODE_MS = 72 * HOUR_MS;
const PER_MINUTE = 30;
const PER_HOUR = 1000;
const LONGEST_CHECK_SECONDS = 14_400;

/** `message/send`, `message/recall` and `message/update_template_card`. */
export function createSend(tools: PlatformTools, findApp: FindApp) {
  const { clock, faults, changed, baseUrl } = tools;

  function send(call: QyapiCall): JsonObject {
    const app = findApp(call);
    const { body } = call;
    if (body.agentid !== app.options.agentId) throw new QyapiError(40056, "invalid agentid");
    const repeat = repeatKey(body);
    const before = repeat === undefined ? undefined : app.repeats.get(repeat.key);
    if (repeat && before && clock.now() - before.at < repeat.withinMs) return before.answer;
    const { members, leftOut } = findReceivers(app.directory, body);
    const shown = readMessage(body, { corp: app.corp, baseUrl: baseUrl() }, { inChat: false });
    takeTaskId(app, shown);
    const message = deliver(app, members, shown);
    const answer: SendAnswer = {
      ...leftOut,
      msgid: message.msgid,
      ...(isJsonObject(shown.card) && callsBack(shown.card) ? { response_code: issueCode(app, { message }) } : {}),
    };
    if (repeat) app.repeats.set(repeat.key, { at: clock.now(), answer });
    return answer;
  }

  function deliver(app: App, members: ReadonlySet<Member>, shown: JsonObject & { kind: string }): SentMessage {
    const msgid = randomId("MSG", 24);
    const items = new Map<Member, ShownItem>();
    for (const member of members) {
      // Beyond its limits the platform says "ok" all the same.
      const state = hasRoom(app, member) ? "shown" : "failed";
      const at = new Date(clock.now()).toISOString();
      const item: ShownItem = {
        ...shown,
        ...(isJsonObject(shown.card) ? { text: titleOf(shown.card) } : {}),
        ...(state === "failed" ? { dropped: "frequency" } : {}),
        ...{ id: msgid, direction: "outbound" as const, at, state, by: "api" },
      };
      items.set(member, item);
      show(screenOf(app, member), item);
      changed(app.account, member.userId);
    }
    const message: SentMessage = { msgid, at: clock.now(), items };
    app.sent.set(msgid, message);
    return message;
  }

  function hasRoom(app: App, member: Member): boolean {
    const now = clock.now();
    const targets = [app.corp.corpId, app.account, member.userId];
    const times = (app.received.get(member.userId) ?? []).filter((at) => now - at < HOUR_MS);
    const perMinute = faults.take("app.send.per-minute", targets);
    const most = perMinute ? numberOf(perMinute) : PER_MINUTE;
    const fits = times.filter((at) => now - at < MINUTE_MS).length < most && times.length < PER_HOUR;
    if (fits) times.push(now);
    app.received.set(member.userId, times);
    return fits;
  }

  function issueCode(app: App, code: Omit<ResponseCode, "expiresAt">): string {
    const value = randomId("RC", 24);
    app.codes.set(value, { ...code, expiresAt: clock.now() + CODE_MS });
    return value;
  }

  function recall(call: QyapiCall): JsonObject {
    const app = findApp(call);
    const message = app.sent.get(text(call.body, "msgid"));
    if (!message) throw new QyapiError(40058, "invalid parameter: msgid");
    if (clock.now() - message.at > RECALL_MS)
      throw new QyapiError(40058, "invalid parameter: msgid is older than 24 hours");
    for (const [member, item] of message.items) {
      item.state = "recalled";
      changed(app.account, member.userId);
    }
    return {};
  }

  function updateCard(call: QyapiCall): JsonObject {
    const app = findApp(call);
    const { body } = call;
    if (body.agentid !== app.options.agentId) throw new QyapiError(40056, "invalid agentid");
    const value = text(body, "response_code");
    const code = app.codes.get(value);
    if (!code || code.expiresAt <= clock.now()) throw new QyapiError(40058, "invalid parameter: response_code");
    const change = changeOf(body, code);
    const wanted = wantedMembers(app, body);
    // Only now: a refused update leaves the code good.
    app.codes.delete(value);
    for (const [member, item] of code.message.items) {
      if (code.member !== undefined && code.member !== member) continue;
      if (wanted !== undefined && !wanted.has(member)) continue;
      change(item);
      changed(app.account, member.userId);
    }
    return {};
  }

  return { send, recall, updateCard, issueCode };
}

/** @throws QyapiError for a card whose task id another card of the app has */
function takeTaskId(app: App, { card }: JsonObject): void {
  const taskId = isJsonObject(card) ? card.task_id : undefined;
  if (typeof taskId !== "string" || taskId === "") return;
  if (app.taskIds.has(taskId)) throw new QyapiError(40058, "invalid parameter: template_card task_id (used before)");
  app.taskIds.add(taskId);
}

/** What an update does to one bubble. */
function changeOf(body: JsonObject, { message }: ResponseCode): (item: ShownItem) => void {
  const [first] = message.items.values();
  const card = isJsonObject(first?.card) ? first.card : {};
  if (body.template_card !== undefined) {
    const next = checkCard(object(body, "template_card"));
    return (item) => replaceCard(item, next);
  }
  if (!isInteractive(card)) throw new QyapiError(40058, "invalid parameter: button, the card has none");
  const name = text(object(body, "button"), "replace_name");
  return (item) => {
    item.card = { ...(item.card as JsonObject), replace_text: name };
  };
}

export function replaceCard(item: ShownItem, card: JsonObject): void {
  item.card = card;
  item.text = titleOf(card);
}

function wantedMembers(app: App, body: JsonObject): ReadonlySet<Member> | undefined {
  if (body.atall === 1) return undefined;
  const named = texts(body, "userids", 1000)
    .map((userId) => app.directory.find(userId))
    .filter((member) => member !== undefined);
  const parties = numbers(body, "partyids");
  const tags = numbers(body, "tagids");
  const inside = app.directory
    .all()
    .filter((member) => parties.some((id) => member.parties.has(id)) || tags.some((id) => member.tags.has(id)));
  if (named.length + inside.length === 0) throw new QyapiError(81013, "user & party & tag all invalid");
  return new Set([...named, ...inside]);
}

function numbers(body: JsonObject, name: string): readonly number[] {
  const value = body[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === "number") : [];
}

function titleOf(card: JsonObject): string {
  const title = isJsonObject(card.main_title) ? card.main_title.title : undefined;
  return String(title ?? card.sub_title_text ?? "");
}

/** The whole request decides: one more key and it is another message. */
function repeatKey(body: JsonObject): { key: string; withinMs: number } | undefined {
  if (body.enable_duplicate_check !== 1) return undefined;
  const seconds = optionalInteger(body, "duplicate_check_interval", 1, LONGEST_CHECK_SECONDS) ?? 1800;
  return { key: canonical(body), withinMs: seconds * 1000 };
}

function canonical(body: JsonObject): string {
  return JSON.stringify(body, (_key, value) =>
    isJsonObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
}
