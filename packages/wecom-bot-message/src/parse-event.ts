import {
  type InboundEvent,
  type InboundMessage,
  isObject,
  type JsonObject,
  type JsonValue,
  listField,
  numberField,
  objectField,
  type Rating,
  textField,
} from "@wxgate/core";
import { EVENT_ANSWER_MS } from "./limits.ts";
import { messageIdOf, peopleOf, timeOf } from "./parse.ts";
import type { BotContext } from "./wire.ts";

/** What a person did with a template card. */
export interface BotCardTap {
  readonly taskId: string;
  /** Of the button, the submit button or the item in the corner menu. */
  readonly key: string;
  readonly cardType: string;
  readonly selections: readonly { readonly question: string; readonly options: readonly string[] }[];
}

export type BotEvent =
  | { readonly kind: "entered" | "feedback" | "disconnected" | "other"; readonly event: InboundEvent }
  /** Also a message: the agent answers it. */
  | {
      readonly kind: "card-tapped";
      readonly event: InboundEvent;
      readonly message: InboundMessage;
      readonly tap: BotCardTap;
    };

/** An event callback; undefined when it should name a person and does not. */
export function parseBotEvent(body: JsonObject, context: BotContext): BotEvent | undefined {
  const source = objectField(body, "event");
  const name = textField(source, "eventtype") ?? "unknown";
  const people = peopleOf(body, context);
  const { channel, account } = context;
  const from = people?.from ?? { channel, account, kind: "direct" as const, peer: account };
  const base = { id: `event:${messageIdOf(body)}`, at: timeOf(body, context), from };
  if (name === "disconnected_event") {
    const reason = "another connection of this bot took over";
    return { kind: "disconnected", event: { ...base, kind: "kicked", reason } };
  }
  if (people === undefined) return { kind: "other", event: { ...base, kind: "other", name } };
  const personal = { ...base, sender: people.sender };
  const answerBy = new Date(context.receivedAt + EVENT_ANSWER_MS);
  switch (name) {
    case "enter_chat":
      return { kind: "entered", event: { ...personal, kind: "entered", answerBy } };
    case "template_card_event": {
      const tap = tapOf(source);
      const { taskId, key, cardType, selections } = tap;
      return {
        kind: "card-tapped",
        tap,
        event: { ...personal, kind: "card-clicked", taskId, key, answerBy, data: { cardType, selections } },
        message: {
          id: messageIdOf(body),
          from,
          sender: people.sender,
          sentAt: base.at,
          content: [{ kind: "action", taskId, key, cardType, selections }],
        },
      };
    }
    case "feedback_event":
      return { kind: "feedback", event: { ...personal, kind: "feedback", ...feedbackOf(source) } };
    default:
      return { kind: "other", event: { ...personal, kind: "other", name } };
  }
}

/** The fields stand under `event.template_card_event`; the official SDK's types show them one level higher. */
function tapOf(source: JsonObject): BotCardTap {
  const nested = objectField(source, "template_card_event");
  const fields = Object.keys(nested).length > 0 ? nested : source;
  const items = listUnder(fields.selected_items, "selected_item");
  return {
    taskId: textField(fields, "task_id") ?? "",
    key: textField(fields, "event_key") ?? "",
    cardType: textField(fields, "card_type") ?? "unknown",
    selections: items.filter(isObject).map((item) => ({
      question: textField(item, "question_key") ?? "",
      options: listUnder(item.option_ids, "option_id").flatMap((id) => textField({ id }, "id") ?? []),
    })),
  };
}

/** The platform wraps its lists in an object; one element may come without its list, and a list without its object. */
function listUnder(wrapper: JsonValue | undefined, name: string): readonly JsonValue[] {
  const value = isObject(wrapper) ? wrapper[name] : wrapper;
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as JsonValue];
}

const SCORES: Readonly<Record<number, string>> = { 1: "good", 2: "bad", 3: "withdrawn" };
const REASONS: Readonly<Record<number, string>> = {
  1: "off-topic",
  2: "incomplete",
  3: "wrong",
  4: "data-analysis-error",
};

function feedbackOf(source: JsonObject): Rating {
  const fields = objectField(source, "feedback_event");
  const messageId = textField(fields, "id");
  const type = numberField(fields, "type") ?? 0;
  const text = textField(fields, "content");
  const reasons = listField(fields, "inaccurate_reason_list").map((code) => REASONS[Number(code)] ?? String(code));
  return {
    ...(messageId === undefined ? {} : { messageId }),
    score: SCORES[type] ?? String(type),
    ...(text === undefined ? {} : { text }),
    ...(reasons.length === 0 ? {} : { reasons }),
  };
}
