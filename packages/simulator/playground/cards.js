import { anchor, element } from "./dom.js";

/** A template card as a phone shows it, with everything on it that can be tapped. */
export function renderCard({ id, card }, actions) {
  const chosen = {};
  const done = card.replace_text;
  return [
    line(card.source?.desc, "note"),
    line(card.main_title?.title, "card-title"),
    line(card.main_title?.desc),
    line(join(card.emphasis_content?.title, card.emphasis_content?.desc), "card-title"),
    line(join(card.quote_area?.title, card.quote_area?.quote_text), "note"),
    line(card.sub_title_text),
    ...(card.vertical_content_list ?? []).map((one) => line(join(one.title, one.desc))),
    ...(card.horizontal_content_list ?? []).map((one) => line(`${one.keyname}: ${one.value ?? one.url ?? ""}`)),
    ...forms(card).map((form) => renderForm(form, chosen)),
    ...buttons(card).map((button) => renderButton(button, { id, done, chosen }, actions)),
    ...(card.action_menu?.action_list ?? []).map((one) => renderButton(one, { id, chosen }, actions)),
    ...(card.jump_list ?? []).map((one) => link(one.url, one.title)),
    link(card.card_action?.url, card.card_action?.url),
  ].filter(Boolean);
}

const join = (...words) => words.filter(Boolean).join(" ");
const line = (text, className = "") => (text ? element("div", { className }, text) : undefined);
const link = (url, text) => (url ? element("div", {}, anchor(url, text)) : undefined);
const buttons = (card) => card.button_list ?? (card.submit_button ? [card.submit_button] : []);
const forms = (card) => [card.button_selection, card.checkbox, ...(card.select_list ?? [])].filter(Boolean);

function renderForm(form, chosen) {
  const several = form.mode === 1;
  const options = form.option_list.map(({ id, text, is_checked: checked }) =>
    element("option", { value: id, selected: checked === true || id === form.selected_id }, text),
  );
  const select = element("select", { multiple: several, disabled: form.disable === true }, ...options);
  const read = () => {
    chosen[form.question_key] = [...select.selectedOptions].map(({ value }) => value);
  };
  select.addEventListener("change", read);
  read();
  return element("label", {}, element("span", {}, form.title ?? form.question_key), select);
}

function renderButton(button, { id, done, chosen }, actions) {
  if (button.type === 1) return link(button.url, button.text);
  // A whole card is answered by an update, one button by the reply to its click.
  const answered = done ?? button.replace_text;
  const disabled = answered !== undefined;
  const onclick = () => actions.tap(id, button.key, chosen);
  return element("button", { type: "button", disabled, onclick }, answered ?? button.text);
}
