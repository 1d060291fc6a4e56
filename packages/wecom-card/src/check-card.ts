import { isObject, type JsonObject, type JsonValue } from "@wxgate/core";
import type { CardKind, TemplateCard } from "./card.ts";
import { CARD_LIMITS, type CardPlatform } from "./limits.ts";
import { checkFields, wrong } from "./rules.ts";
import { cardShapes } from "./shapes.ts";

export interface CheckOptions {
  readonly platform: CardPlatform;
  /** Given to a card that needs a task id and has none: 1–128 of `[0-9A-Za-z_-@]`, unique for the app or bot. */
  readonly taskId: string;
  /** Stands on the button of a form that names none; 提交, as the platform's own default. */
  readonly submit?: string;
}

export interface CheckedCard {
  readonly card: TemplateCard;
  /** Fields with more characters than a phone shows in full: no error, but worth a line in the log. */
  readonly long: readonly string[];
}

const SHAPES = { app: cardShapes(CARD_LIMITS.app), bot: cardShapes(CARD_LIMITS.bot) };
const SUBMIT = { text: "提交", key: "submit" };

/**
 * Checks a card that an agent, an operator or a model wrote, and completes it: numbers and flags written as text, a
 * missing task id, a missing submit button. Fields that are null are left out.
 *
 * @throws RejectedError `card.invalid` that names the field and says what is wrong with it
 */
export function checkCard(value: JsonValue, options: CheckOptions): CheckedCard {
  if (!isObject(value)) wrong("card", "must be an object");
  const shapes = SHAPES[options.platform];
  const kind = value.card_type;
  if (typeof kind !== "string" || !Object.hasOwn(shapes, kind)) {
    wrong("card.card_type", `must be one of ${Object.keys(shapes).join(", ")}`);
  }
  const long: string[] = [];
  const card = checkFields(completed(value, kind as CardKind, options), shapes[kind as CardKind], "card", { long });
  return { card: card as TemplateCard, long };
}

function completed(card: JsonObject, kind: CardKind, { taskId, submit }: CheckOptions): JsonObject {
  const isForm = kind === "vote_interaction" || kind === "multiple_interaction";
  const needsTask = isForm || kind === "button_interaction" || card.action_menu != null;
  const hasTask = card.task_id != null && card.task_id !== "";
  return {
    ...card,
    ...(needsTask && !hasTask ? { task_id: taskId } : {}),
    ...(isForm ? { submit_button: withSubmit(card.submit_button, submit) } : {}),
  };
}

/** The default label and key where they are missing. */
function withSubmit(button: JsonValue | undefined, text = SUBMIT.text): JsonValue {
  const usual = { ...SUBMIT, text };
  if (button == null) return usual;
  return isObject(button) ? { ...usual, ...button } : button;
}
