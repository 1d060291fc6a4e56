import { ControlError } from "../control/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { PlatformTools, Tap, TapResult } from "../platform.ts";
import { callsBack, isInteractive } from "./card-rules.ts";
import type { Member } from "./directory.ts";
import type { Inbound } from "./inbound.ts";
import type { createSend } from "./send.ts";
import { replaceCard } from "./send.ts";
import type { ShownItem } from "./shown.ts";
import { type App, screenOf } from "./state.ts";

/** Something on a card that can be tapped. */
interface Target {
  readonly text: string;
  readonly key?: string;
  readonly opens?: JsonObject;
  readonly fromMenu?: true;
  /** It was clicked before. */
  readonly disabled?: boolean;
}

/** A member taps a button, submits a form, or opens what a card leads to. */
export function createTap(tools: PlatformTools, inbound: Inbound, { issueCode }: ReturnType<typeof createSend>) {
  function told(app: App, member: Member, item: ShownItem, card: JsonObject, target: Target, tap: Tap): void {
    const message = app.sent.get(item.id);
    if (!message) throw new ControlError(409, "The platform no longer knows this message.", "Send a new card.");
    const fields: JsonObject = {
      Event: target.fromMenu ? "template_card_menu_event" : "template_card_event",
      EventKey: target.key ?? "",
      TaskId: String(card.task_id ?? ""),
      CardType: String(card.card_type),
      ResponseCode: issueCode(app, { message, member }),
      ...(target.fromMenu ? {} : selectedItems(card, tap.selections)),
    };
    inbound.event(app, member.userId, fields, (reply) => {
      if (tools.faults.take("app.tap.ignore-reply", [app.corp.corpId, app.account, member.userId])) return;
      if (reply.kind === "update_template_card") replaceCard(item, reply.card);
      else if (reply.kind === "update_button") updateButton(item, target, reply.name);
      else if (reply.kind === "wrong") item.replyProblem = reply.reason;
      tools.changed(app.account, member.userId);
    });
  }

  return async function tapCard(app: App, member: Member, tap: Tap): Promise<TapResult> {
    const item = screenOf(app, member).findLast(({ id }) => id === tap.message);
    const card = item && isJsonObject(item.card) ? item.card : undefined;
    if (!item || !card)
      throw new ControlError(404, `There is no card "${tap.message}" here.`, "See GET /control/screen.");
    const targets = targetsOf(card);
    const target = targets.find(({ key, text }, index) => key === tap.item || text === tap.item || index === tap.item);
    if (!target) {
      const names = targets.map(({ key, text }) => key ?? text).join(", ");
      throw new ControlError(404, `The card has nothing "${tap.item}" to tap.`, `Items: ${names}`);
    }
    if (target.opens) return { tapped: target.text, opened: target.opens };
    if ((card.replace_text !== undefined && !target.fromMenu) || target.disabled) {
      throw new ControlError(409, `"${target.text}" is disabled.`, "It was answered before; send a new card.");
    }
    if (!callsBack(card)) throw new ControlError(409, "This card tells nobody about taps.", "It only opens pages.");
    told(app, member, item, card, target, tap);
    return { tapped: target.text, sent: { account: app.account, user: member.userId, id: item.id, ids: [item.id] } };
  };
}

/** The clicked button alone is disabled, and says `name`. */
function updateButton(item: ShownItem, target: Target, name: string): void {
  const card = isJsonObject(item.card) ? item.card : {};
  if (target.fromMenu || !isInteractive(card)) {
    item.replyProblem = "update_button changes the clicked button, and no button was clicked";
    return;
  }
  const update = (button: JsonObject) => (button.key === target.key ? { ...button, replace_text: name } : button);
  const { button_list: buttons, submit_button: submit } = card;
  item.card = {
    ...card,
    ...(buttons === undefined ? {} : { button_list: listOf(buttons).map(update) }),
    ...(isJsonObject(submit) ? { submit_button: update(submit) } : {}),
  };
}

function targetsOf(card: JsonObject): readonly Target[] {
  const clickable = (button: JsonObject): Target => ({
    text: String(button.text),
    key: String(button.key),
    disabled: button.replace_text !== undefined,
  });
  const buttons = listOf(card.button_list).map(
    (button): Target =>
      button.type === 1 ? { text: String(button.text), opens: { url: String(button.url) } } : clickable(button),
  );
  const submit = isJsonObject(card.submit_button) ? card.submit_button : undefined;
  const menu = isJsonObject(card.action_menu) ? listOf(card.action_menu.action_list) : [];
  return [
    ...buttons,
    ...(submit ? [clickable(submit)] : []),
    ...menu.map(({ text, key }): Target => ({ text: String(text), key: String(key), fromMenu: true })),
    ...listOf(card.jump_list).map((jump): Target => ({ text: String(jump.title), opens: jump })),
    ...(isJsonObject(card.card_action) ? [{ text: "card", opens: card.card_action }] : []),
  ];
}

/** What was chosen; without words about it, what the card has chosen already, else each question's first option. */
function selectedItems(card: JsonObject, selections: Tap["selections"] = {}): JsonObject {
  const fields = [card.button_selection, card.checkbox, ...listOf(card.select_list)].filter(isJsonObject);
  if (fields.length === 0) return {};
  const items = fields.map((field) => {
    const question = String(field.question_key);
    const ids = selections[question] ?? chosenIn(field);
    return { QuestionKey: question, OptionIds: { OptionId: [...ids] } };
  });
  return { SelectedItems: { SelectedItem: items } };
}

function chosenIn(field: JsonObject): readonly string[] {
  if (typeof field.selected_id === "string") return [field.selected_id];
  const options = listOf(field.option_list);
  const checked = options.filter(({ is_checked: is }) => is === true);
  return (checked.length > 0 ? checked : options.slice(0, 1)).map(({ id }) => String(id));
}

function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
