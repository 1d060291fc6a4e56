import { ControlError } from "../control/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { Tap, TapResult } from "../platform.ts";
import type { BotInbound, Writer } from "./inbound.ts";
import { chatOf } from "./state.ts";

interface Target {
  readonly text: string;
  readonly key: string;
  readonly fromMenu?: true;
}

/** A person presses a button of a card, submits its form, or chooses in its corner menu. */
export function tapCard(inbound: BotInbound, writer: Writer, tap: Tap): TapResult {
  const chat = chatOf(writer.bot, writer.user, writer.group);
  const item = chat.items.findLast(({ id }) => id === tap.message);
  const card = item && isJsonObject(item.card) ? item.card : undefined;
  if (!card) throw new ControlError(404, `There is no card "${tap.message}" here.`, "See GET /control/screen.");
  const targets = targetsOf(card);
  const target = targets.find(({ key, text }, index) => key === tap.item || text === tap.item || index === tap.item);
  if (!target) {
    const names = targets.map(({ key }) => key).join(", ");
    throw new ControlError(404, `The card has nothing "${tap.item}" to tap.`, `Items: ${names}`);
  }
  const taskId = typeof card.task_id === "string" ? card.task_id : "";
  const fields: JsonObject = {
    card_type: String(card.card_type),
    event_key: target.key,
    task_id: taskId,
    ...(target.fromMenu ? {} : selectedItems(card, tap.selections)),
  };
  const id = inbound.event(writer, "template_card_event", fields, "card", taskId);
  return { tapped: target.text, sent: { account: writer.bot.options.botId, user: writer.user, id, ids: [id] } };
}

function targetsOf(card: JsonObject): readonly Target[] {
  const menu = isJsonObject(card.action_menu) ? listOf(card.action_menu.action_list) : [];
  const submit = isJsonObject(card.submit_button) ? [card.submit_button] : [];
  const target = ({ text, key }: JsonObject): Target => ({ text: String(text), key: String(key) });
  return [
    ...[...listOf(card.button_list), ...submit].map(target),
    ...menu.map((entry): Target => ({ ...target(entry), fromMenu: true })),
  ];
}

/** What was chosen; without words about it, each question's first option. */
function selectedItems(card: JsonObject, selections: Tap["selections"] = {}): JsonObject {
  const questions = [...listOf(card.select_list), ...[card.checkbox, card.button_selection].filter(isJsonObject)];
  if (questions.length === 0) return {};
  const items = questions.map((question) => {
    const key = String(question.question_key);
    const first = listOf(question.option_list)[0]?.id;
    return { question_key: key, option_ids: { option_id: [...(selections[key] ?? [String(first)])] } };
  });
  return { selected_items: { selected_item: items } };
}

function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
