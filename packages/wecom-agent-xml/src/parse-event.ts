import type { InboundContent, InboundEvent, InboundMessage, JsonObject } from "@wxgate/core";
import { type XmlFields, xmlText } from "@wxgate/wecom-callback";
import { type AppCardTap, derivedId, type Frame, type Parsed } from "./parse.ts";
import { child, children, isFields, toJson, word } from "./wire.ts";

const FRAME: ReadonlySet<string> = new Set(["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "AgentID"]);

/**
 * What tells two events of one sender in one second apart. Events have no id of their own; the elements beyond the
 * first three are those that name the thing an event is about.
 */
const IDENTITY = [
  ...["FromUserName", "CreateTime", "Event", "EventKey", "TaskId", "ChangeType"],
  ...["UserID", "NewUserID", "Id", "TagId", "JobId", "AppId", "BatchJob", "ApprovalInfo"],
];

/** https://developer.work.weixin.qq.com/document/path/90240. Names are compared without case. */
export function parseEvent(body: XmlFields, frame: Frame): Parsed {
  const name = word(body, "Event") ?? "unknown";
  const { from, sender, at } = frame;
  const base = { id: derivedId(body, IDENTITY), at, from, ...(sender === undefined ? {} : { sender }) };
  const other = (): InboundEvent => ({ ...base, kind: "other", name, data: toJson(body, FRAME) });
  if (sender === undefined) return { event: other() };
  switch (name.toLowerCase()) {
    case "subscribe":
    case "enter_agent":
      return { event: { ...base, kind: "entered", scene: name.toLowerCase() } };
    case "unsubscribe":
      return { event: { ...base, kind: "left" } };
    case "click":
      return { event: other(), message: messageOf(base, { kind: "text", text: menuText(body, frame) }) };
    case "template_card_event":
    case "template_card_menu_event":
      return parseTap(body, base, frame);
    case "taskcard_click":
      return { event: { ...base, kind: "card-clicked", ...clicked(body) } };
    default:
      return { event: other() };
  }
}

type Base = Pick<InboundEvent, "id" | "at" | "from" | "sender">;

/** A menu item is a command: it says what the configuration gives it to say, or its own key with a slash. */
function menuText(body: XmlFields, { menu }: Frame): string {
  const key = xmlText(body, "EventKey") ?? "";
  if (Object.hasOwn(menu, key)) return menu[key] ?? "";
  return /^[/／]/.test(key.trim()) ? key.trim() : `/${key.trim()}`;
}

function parseTap(body: XmlFields, base: Base, { sender }: Frame): Parsed {
  const { taskId, key } = clicked(body);
  const responseCode = word(body, "ResponseCode");
  const tap: AppCardTap = {
    taskId,
    key,
    cardType: word(body, "CardType") ?? "",
    member: sender?.id ?? "",
    ...(responseCode === undefined ? {} : { responseCode }),
    fromMenu: word(body, "Event")?.toLowerCase() === "template_card_menu_event",
    selections: selectionsOf(body),
  };
  const { cardType, selections } = tap;
  const data: JsonObject = { cardType, selections };
  const content: InboundContent = { kind: "action", taskId, key, cardType, selections };
  return { tap, event: { ...base, kind: "card-clicked", taskId, key, data }, message: messageOf(base, content) };
}

function clicked(body: XmlFields): { taskId: string; key: string } {
  return { taskId: word(body, "TaskId") ?? "", key: xmlText(body, "EventKey") ?? "" };
}

function selectionsOf(body: XmlFields): AppCardTap["selections"] {
  return children(child(body, "SelectedItems"), "SelectedItem")
    .filter(isFields)
    .map((item) => ({
      question: word(item, "QuestionKey") ?? "",
      options: children(child(item, "OptionIds"), "OptionId").filter((id) => typeof id === "string"),
    }));
}

/** What a member said by an event. Its id is made of the event's, so that both are known again together. */
function messageOf(base: Base, content: InboundContent): InboundMessage {
  const { id, from, at: sentAt, sender } = base;
  return { id: `${id}-said`, from, sender: sender ?? { id: from.peer }, sentAt, content: [content] };
}
