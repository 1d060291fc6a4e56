import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { QyapiError } from "../qyapi/errors.ts";

const KINDS = ["text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction"];
const INTERACTIVE = new Set(KINDS.slice(2));
const TASK_ID = /^[0-9A-Za-z_@-]{1,128}$/;
const KEY_BYTES = 1024;
const OPTION_ID_BYTES = 128;
/** What a part of a card may lead to: nothing, a page, a mini program. */
const LINK_TYPES = [0, 1, 2];

/** @throws QyapiError 40058 that says which part of the template card the platform would refuse */
export function checkCard(card: JsonObject): JsonObject {
  const kind = String(card.card_type);
  if (!KINDS.includes(kind)) refuse("card_type");
  if (isInteractive(card) || card.action_menu !== undefined) {
    if (typeof card.task_id !== "string" || !TASK_ID.test(card.task_id)) refuse("task_id");
  }
  checkCommonParts(card);
  if (kind === "text_notice") checkTextNotice(card);
  else words(part(card, "main_title"), "title");
  if (kind === "news_notice") checkNewsNotice(card);
  if (kind === "button_interaction") checkButtons(card);
  if (kind === "vote_interaction") checkVote(card);
  if (kind === "multiple_interaction") checkSelects(card);
  return card;
}

export function isInteractive(card: JsonObject): boolean {
  return INTERACTIVE.has(String(card.card_type));
}

/** Whether a tap on it is told to the app, so that a response_code is given. */
export function callsBack(card: JsonObject): boolean {
  return isInteractive(card) || card.action_menu !== undefined;
}

function checkCommonParts(card: JsonObject): void {
  if (card.source !== undefined) number(part(card, "source"), "desc_color", [0, 1, 2, 3]);
  if (card.action_menu !== undefined) keys(list(part(card, "action_menu"), "action_list", 3), "action_list");
  if (card.quote_area !== undefined) leadsTo(part(card, "quote_area"), "quote_area");
  if (card.horizontal_content_list !== undefined) list(card, "horizontal_content_list", 6).forEach(checkLine);
  if (card.jump_list !== undefined) {
    for (const jump of list(card, "jump_list", 3)) {
      words(jump, "title");
      leadsTo(jump, "jump_list");
    }
  }
  if (card.card_action !== undefined) leadsTo(part(card, "card_action"), "card_action");
}

function checkTextNotice(card: JsonObject): void {
  opens(card);
  const title = isJsonObject(card.main_title) ? card.main_title.title : undefined;
  if (!isText(title) && !isText(card.sub_title_text)) refuse("main_title.title or sub_title_text");
}

function checkNewsNotice(card: JsonObject): void {
  opens(card);
  if (card.card_image === undefined && card.image_text_area === undefined) refuse("card_image or image_text_area");
  if (card.card_image !== undefined) checkImage(part(card, "card_image"));
  if (card.image_text_area !== undefined) {
    const area = part(card, "image_text_area");
    words(area, "image_url");
    leadsTo(area, "image_text_area");
  }
  if (card.vertical_content_list !== undefined) {
    for (const item of list(card, "vertical_content_list", 4)) words(item, "title");
  }
}

function checkImage(image: JsonObject): void {
  words(image, "url");
  const { aspect_ratio: ratio } = image;
  const fits = typeof ratio === "number" && ratio >= 1.3 && ratio <= 2.25;
  if (ratio !== undefined && !fits) refuse("card_image.aspect_ratio (1.3 to 2.25)");
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

/** Whether a vote needs its own submit_button is not sure; one that is there must be right. */
function checkVote(card: JsonObject): void {
  const checkbox = part(card, "checkbox");
  options(checkbox, 20);
  number(checkbox, "mode", [0, 1]);
  if (card.submit_button !== undefined) keys([part(card, "submit_button")], "submit_button");
}

function checkSelects(card: JsonObject): void {
  const selects = list(card, "select_list", 3);
  for (const select of selects) options(select, 10);
  differ(selects, "question_key", "select_list");
  keys([part(card, "submit_button")], "submit_button");
}

function checkLine(line: JsonObject): void {
  words(line, "keyname");
  number(line, "type", [0, 1, 2, 3]);
  if (line.type === 1) words(line, "url");
  if (line.type === 2) words(line, "media_id");
  if (line.type === 3) words(line, "userid");
}

/** A notice is tapped as a whole, so it must lead somewhere. */
function opens(card: JsonObject): void {
  const { type } = part(card, "card_action");
  if (type !== 1 && type !== 2) refuse("card_action.type");
}

function leadsTo(target: JsonObject, name: string): void {
  number(target, "type", LINK_TYPES);
  if (target.type === 1 && !isText(target.url)) refuse(`${name}.url`);
  if (target.type === 2 && !isText(target.appid)) refuse(`${name}.appid`);
}

function options(field: JsonObject, most: number): void {
  if (Buffer.byteLength(words(field, "question_key")) > KEY_BYTES) refuse("question_key");
  const all = list(field, "option_list", most);
  for (const option of all) {
    words(option, "text");
    if (Buffer.byteLength(words(option, "id")) > OPTION_ID_BYTES) refuse("option_list.id");
  }
  differ(all, "id", "option_list");
}

function keys(items: readonly JsonObject[], name: string): void {
  for (const item of items) if (Buffer.byteLength(words(item, "key")) > KEY_BYTES) refuse(`${name}.key`);
  differ(items, "key", name);
}

function differ(items: readonly JsonObject[], field: string, name: string): void {
  if (new Set(items.map((item) => item[field])).size < items.length) refuse(`${name}.${field} (twice)`);
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
