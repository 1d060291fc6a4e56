import { type InboundEvent, type JsonObject, numberField, objectField, textField } from "@wxgate/core";
import { addressOf, type SyncContext } from "./conversation.ts";

/** How long the platform takes the answer to a welcome or closing code. */
const ANSWER_CODE_MS = 20_000;

interface EventFrame extends SyncContext {
  readonly id: string;
  readonly at: Date;
}
interface ParsedEvent {
  readonly event: InboundEvent;
  readonly answerCode?: string;
  readonly accountGone?: boolean;
}

/** Events carry their ids only inside `event`. */
export function parseEvent(item: JsonObject, frame: EventFrame): ParsedEvent {
  const event = objectField(item, "event");
  const name = textField(event, "event_type") ?? "unknown";
  const from = addressOf(frame, textField(event, "open_kfid"), textField(event, "external_userid"));
  const base = { id: frame.id, at: frame.at, from };
  switch (name) {
    case "enter_session":
      return parseEntered(base, event);
    case "msg_send_fail":
      return parseSendFailure(base, event);
    case "session_status_change":
      return parseSessionChange(base, event);
    case "user_recall_msg":
    case "servicer_recall_msg":
      return { event: parseRecall(base, event) };
    default:
      return { event: { ...base, kind: "other", name, data: event } };
  }
}

type Base = Pick<InboundEvent, "id" | "at" | "from">;

function parseEntered(base: Base, event: JsonObject): ParsedEvent {
  const code = textField(event, "welcome_code");
  const scene = textField(event, "scene");
  const data = {
    ...(event.scene_param === undefined ? {} : { sceneParam: event.scene_param }),
    ...(event.wechat_channels === undefined ? {} : { channels: event.wechat_channels }),
  };
  return {
    event: {
      ...base,
      kind: "entered",
      ...(scene === undefined ? {} : { scene }),
      ...(Object.keys(data).length === 0 ? {} : { data }),
      ...answerBy(base, code),
    },
    ...(code === undefined ? {} : { answerCode: code }),
  };
}

/** https://developer.work.weixin.qq.com/document/path/94670, `fail_type`; 3 is not defined. */
const SEND_FAILURES = new Map<number, { reason: string; closesWindow?: true; accountGone?: true }>([
  [0, { reason: "WeChat gives no reason" }],
  [1, { reason: "the customer service account was deleted", accountGone: true }],
  [2, { reason: "the app that manages the account is disabled" }],
  [4, { reason: "the customer has not written for 48 hours", closesWindow: true }],
  [5, { reason: "the session was closed", closesWindow: true }],
  [6, { reason: "5 messages were sent since the customer last wrote", closesWindow: true }],
  [7, { reason: "no WeChat Channels account is bound" }],
  [8, { reason: "the enterprise is not verified" }],
  [9, { reason: "no WeChat Channels account is bound and the enterprise is not verified" }],
  [10, { reason: "the customer refuses messages", closesWindow: true }],
  [11, { reason: "no member of the enterprise has signed in to the WeCom app yet" }],
  [12, { reason: "this type of message is not allowed for the customer service component" }],
  [13, { reason: "WeChat's content check blocked it" }],
]);

function parseSendFailure(base: Base, event: JsonObject): ParsedEvent {
  const type = numberField(event, "fail_type");
  const failure = (type === undefined ? undefined : SEND_FAILURES.get(type)) ?? {
    reason: `WeChat reports fail_type ${type ?? "nothing"}, which is not documented`,
  };
  return {
    event: {
      ...base,
      kind: "delivery-failed",
      platformId: textField(event, "fail_msgid") ?? "",
      reason: failure.reason,
      ...(failure.closesWindow ? { closesWindow: true } : {}),
    },
    ...(failure.accountGone ? { accountGone: true } : {}),
  };
}

const CHANGE_ENDED = 3;
const CHANGE_NAMES = new Map([
  [1, "taken-from-pool"],
  [2, "transferred"],
  [CHANGE_ENDED, "ended"],
  [4, "reopened"],
]);

function parseSessionChange(base: Base, event: JsonObject): ParsedEvent {
  const change = numberField(event, "change_type");
  const ended = change === CHANGE_ENDED;
  const operator = textField(event, "new_servicer_userid");
  const previous = textField(event, "old_servicer_userid");
  const code = ended ? textField(event, "msg_code") : undefined;
  return {
    event: {
      ...base,
      kind: "session-changed",
      servedBy: ended ? "bot" : "human",
      ...(operator === undefined ? {} : { operator }),
      data: {
        change: (change === undefined ? undefined : CHANGE_NAMES.get(change)) ?? String(change ?? "unknown"),
        ...(previous === undefined ? {} : { previousOperator: previous }),
      },
      ...answerBy(base, code),
    },
    ...(code === undefined ? {} : { answerCode: code }),
  };
}

function parseRecall(base: Base, event: JsonObject): InboundEvent {
  const by = textField(event, "servicer_userid") ?? textField(event, "external_userid");
  return {
    ...base,
    kind: "recalled",
    messageId: textField(event, "recall_msgid") ?? "",
    ...(by === undefined ? {} : { by }),
  };
}

function answerBy(base: Base, code: string | undefined): { answerBy?: Date } {
  return code === undefined ? {} : { answerBy: new Date(base.at.getTime() + ANSWER_CODE_MS) };
}
