import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { QyapiError } from "../qyapi/errors.ts";

const KINDS = ["text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction"];
const INTERACTIVE = new Set(KINDS.slice(2));
const TASK_ID = /^[0-9A-Za-z_@-]{1,128}$/;

/** @throws QyapiError 40058 that says which part of the template card the platform would refuse */
export function checkCard(card: JsonObject): JsonObject {
  const kind = String(card.card_type);
  if (!KINDS.includes(kind)) refuse("card_type");
  if (isInteractive(card) || card.action_menu !== undefined) {
    if (typeof card.task_id !== "string" || !TASK_ID.test(card.task_id)) refuse("task_id");
  }
  if (card.action_menu !== undefined) keys(list(part(card, "action_menu"), "action_list", 3), "action_list");
  if (card.horizontal_content_list !== undefined) list(card, "horizontal_content_list", 6).forEach(checkLine);
  if (card.jump_list !== undefined) for (const jump of list(card, "jump_list", 3)) words(jump, "title");
  if (kind === "text_notice") checkTextNotice(card);
  else words(part(card, "main_title"), "title");
  if (kind === "news_notice") checkNewsNotice(card);
  if (kind === "button_interaction") checkButtons(card);
  if (kind === "vote_interaction") {
    options(part(card, "checkbox"), 20);
  }
  if (kind === "multiple_interaction") {
    for (const select of list(card, "select_list", 3)) options(select, 10);
    words(part(card, "submit_button"), "key");
  }
  return card;
}

export function isInteractive(card: JsonObject): boolean {
  return INTERACTIVE.has(String(card.card_type));
}

/** Whether a tap on it is told to the app, so that a response_code is given. */
export function callsBack(card: JsonObject): boolean {
  return isInteractive(card) || card.action_menu !== undefined;
}

function checkTextNotice(card: JsonObject): void {
  action(part(card, "card_action"), [1, 2]);
  const title = isJsonObject(card.main_title) ? card.main_title.title : undefined;
  if (!isText(title) && !isText(card.sub_title_text)) refuse("main_title.title or sub_title_text");
}

function checkNewsNotice(card: JsonObject): void {
  action(part(card, "card_action"), [1, 2]);
  if (card.card_image === undefined && card.image_text_area === undefined) refuse("card_image or image_text_area");
  if (card.card_image !== undefined) words(part(card, "card_image"), "url");
  if (card.vertical_content_list !== undefined) {
    for (const item of list(card, "vertical_content_list", 4)) words(item, "title");
  }
}

function checkButtons(card: JsonObject): void {
  const buttons = list(card, "button_list", 6);
  for (const button of buttons) {
    words(button, "text");
    number(button, "style", [1, 2, 3, 4]);
    number(button, "type", [0, 1]);
    if (button.type === 1) words(button, "url");
  }
  keys(
    buttons.filter(({ type }) => type !== 1),
    "button_list",
  );
  if (card.button_selection !== undefined) options(part(card, "button_selection"), 10);
}

function checkLine(line: JsonObject): void {
  words(line, "keyname");
  number(line, "type", [0, 1, 2, 3]);
  if (line.type === 1) words(line, "url");
  if (line.type === 2) words(line, "media_id");
  if (line.type === 3) words(line, "userid");
}

function action(value: JsonObject, types: readonly number[]): void {
  if (!types.includes(value.type as number)) refuse("card_action.type");
  words(value, value.type === 1 ? "url" : "appid");
}

function options(field: JsonObject, most: number): void {
  words(field, "question_key");
  const all = list(field, "option_list", most);
  for (const option of all) {
    words(option, "text");
    if (Buffer.byteLength(words(option, "id")) > 128) refuse("option_list.id");
  }
  if (new Set(all.map(({ id }) => id)).size < all.length) refuse("option_list.id (twice)");
}

function keys(items: readonly JsonObject[], name: string): void {
  const all = items.map((item) => words(item, "key"));
  if (all.some((key) => Buffer.byteLength(key) > 1024)) refuse(`${name}.key`);
  if (new Set(all).size < all.length) refuse(`${name}.key (twice)`);
}

function list(of: JsonObject, name: string, most: number): readonly JsonObject[] {
  const value = of[name];
  if (!Array.isArray(value) || value.length === 0 || value.length > most || !value.every(isJsonObject)) refuse(name);
  return value as readonly JsonObject[];
}

function part(of: JsonObject, name: string): JsonObject {
  const value = of[name];
  return isJsonObject(value) ? value : refuse(name);
}

function words(of: JsonObject, name: string): string {
  const value = of[name];
  return isText(value) ? value : refuse(name);
}

/** Numbers as text are refused: the platform wants numbers. */
function number(of: JsonObject, name: string, allowed: readonly number[]): void {
  const value = of[name];
  if (value !== undefined && !(typeof value === "number" && allowed.includes(value))) refuse(name);
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === "string" && value !== "";
}

function refuse(name: string): never {
  throw new QyapiError(40058, `invalid parameter: template_card ${name}`);
}
