import type { JsonObject } from "@wxgate/core";
import type { CardKind } from "./card.ts";
import { type CardLimits, KEY_BYTES, MOST, OPTION_ID_BYTES, QUESTION_BYTES, TASK_ID_BYTES } from "./limits.ts";
import { allDiffer, between, type Fields, flag, list, object, oneOf, type Rule, text, wrong } from "./rules.ts";

const URL_TYPE = 1;
const MINIPROGRAM_TYPE = 2;
const ATTACHMENT_TYPE = 2;
const MEMBER_TYPE = 3;
const QUESTION_TYPE = 3;
const TASK_ID_FORM = /^[0-9A-Za-z_@-]+$/;

const anyText = text();
const keyText = text({ bytes: KEY_BYTES });

/** The fields of each kind, within the limits of one platform. */
export function cardShapes(limits: CardLimits): Readonly<Record<CardKind, Fields>> {
  const { shown } = limits;
  const mainTitle = object({
    optional: { title: text({ shown: shown.title }), desc: text({ shown: shown.titleDescription }) },
  });
  const titled = object({
    required: { title: text({ shown: shown.title }) },
    optional: { desc: text({ shown: shown.titleDescription }) },
  });
  const common: Readonly<Record<string, Rule>> = {
    card_type: anyText,
    source: object({
      optional: { icon_url: anyText, desc: text({ shown: shown.source }), desc_color: oneOf(0, 1, 2, 3) },
    }),
    task_id: text({ bytes: TASK_ID_BYTES, form: TASK_ID_FORM }),
    ...(limits.feedback ? { feedback: object({ required: { id: anyText } }) } : {}),
  };
  const notice: Readonly<Record<string, Rule>> = {
    ...common,
    action_menu: actionMenu,
    quote_area: quoteArea,
    horizontal_content_list: list(line(limits), MOST.lines),
    jump_list: list(jump(limits), MOST.jumps),
  };
  const form: Readonly<Record<string, Rule>> = {
    ...(limits.noticePartsInForms ? notice : common),
    replace_text: anyText,
  };
  const option = { id: text({ bytes: OPTION_ID_BYTES }), text: text({ shown: shown.option }) };
  const select = object({
    required: { question_key: keyText, option_list: list(object({ required: option }), MOST.options) },
    optional: { title: text({ shown: shown.selectTitle }), selected_id: anyText, disable: flag },
    also: checkSelect,
  });
  const submit = object({ required: { text: text({ shown: shown.button }), key: keyText } });

  return {
    text_notice: {
      required: { card_action: openingAction },
      optional: {
        ...notice,
        main_title: mainTitle,
        emphasis_content: object({
          optional: { title: text({ shown: shown.emphasis }), desc: text({ shown: shown.emphasisDescription }) },
        }),
        sub_title_text: text({ shown: shown.subTitle }),
      },
      also(card, at) {
        const title = (card.main_title as JsonObject | undefined)?.title;
        if (title === undefined && card.sub_title_text === undefined) {
          wrong(at, "needs main_title.title or sub_title_text");
        }
      },
    },
    news_notice: {
      required: { card_action: openingAction, main_title: titled },
      optional: {
        ...notice,
        card_image: object({ required: { url: anyText }, optional: { aspect_ratio: between(1.3, 2.25) } }),
        image_text_area: imageTextArea,
        vertical_content_list: list(
          object({
            required: { title: text({ shown: shown.paragraphTitle }) },
            optional: { desc: text({ shown: shown.paragraph }) },
          }),
          MOST.paragraphs,
        ),
      },
      also(card, at) {
        if (card.card_image === undefined && card.image_text_area === undefined) {
          wrong(at, "needs card_image or image_text_area");
        }
      },
    },
    button_interaction: {
      required: { main_title: titled, button_list: list(button(limits), MOST.buttons) },
      optional: {
        ...notice,
        replace_text: anyText,
        sub_title_text: text({ shown: shown.subTitle }),
        button_selection: select,
        card_action: action,
      },
      also: (card, at) => allDiffer(card.button_list, "key", `${at}.button_list`),
    },
    vote_interaction: {
      required: { main_title: titled, checkbox: checkbox(limits), submit_button: submit },
      optional: form,
    },
    multiple_interaction: {
      required: { main_title: titled, select_list: list(select, MOST.selects), submit_button: submit },
      optional: form,
      also: (card, at) => allDiffer(card.select_list, "question_key", `${at}.select_list`),
    },
  };
}

const actionMenu = object({
  required: { action_list: list(object({ required: { text: anyText, key: keyText } }), MOST.actions) },
  optional: { desc: anyText },
  also: (menu, at) => allDiffer(menu.action_list, "key", `${at}.action_list`),
});

const LINK = { url: anyText, appid: anyText, pagepath: anyText };
const quoteArea = object({
  optional: { type: oneOf(0, 1, 2), ...LINK, title: anyText, quote_text: anyText },
  also: needsItsTarget,
});
const imageTextArea = object({
  required: { image_url: anyText },
  optional: { type: oneOf(0, 1, 2), ...LINK, title: anyText, desc: anyText },
  also: needsItsTarget,
});
const action = object({ required: { type: oneOf(0, 1, 2) }, optional: LINK, also: needsItsTarget });
/** A notice is tapped as a whole, so it must lead somewhere. */
const openingAction = object({ required: { type: oneOf(1, 2) }, optional: LINK, also: needsItsTarget });

function needsItsTarget(value: JsonObject, at: string): void {
  if (value.type === URL_TYPE && value.url === undefined) wrong(`${at}.url`, "is missing; type 1 opens it");
  if (value.type === MINIPROGRAM_TYPE && value.appid === undefined) {
    wrong(`${at}.appid`, "is missing; type 2 opens its mini program");
  }
}

function line({ shown, lineTypes }: CardLimits): Rule {
  return object({
    required: { keyname: text({ shown: shown.lineName }) },
    optional: {
      value: text({ shown: shown.lineValue }),
      type: oneOf(...lineTypes),
      ...{ url: anyText, media_id: anyText, userid: anyText },
    },
    also(value, at) {
      if (value.type === URL_TYPE && value.url === undefined) wrong(`${at}.url`, "is missing; type 1 opens it");
      if (value.type === ATTACHMENT_TYPE && value.media_id === undefined) {
        wrong(`${at}.media_id`, "is missing; type 2 is an attachment");
      }
      if (value.type === MEMBER_TYPE && value.userid === undefined) {
        wrong(`${at}.userid`, "is missing; type 3 shows a member");
      }
    },
  });
}

function jump({ shown, jumpTypes }: CardLimits): Rule {
  const asks = jumpTypes.includes(QUESTION_TYPE);
  return object({
    required: { title: text({ shown: shown.jump }) },
    optional: {
      type: oneOf(...jumpTypes),
      ...LINK,
      ...(asks ? { question: text({ bytes: QUESTION_BYTES }) } : {}),
    },
    also(value, at) {
      needsItsTarget(value, at);
      if (value.type === QUESTION_TYPE && value.question === undefined) {
        wrong(`${at}.question`, "is missing; type 3 asks it");
      }
    },
  });
}

function button({ shown, buttonsWithUrl }: CardLimits): Rule {
  return object({
    required: { text: text({ shown: shown.button }) },
    optional: {
      style: oneOf(1, 2, 3, 4),
      key: keyText,
      ...(buttonsWithUrl ? { type: oneOf(0, URL_TYPE), url: anyText } : {}),
    },
    also(value, at) {
      if (value.type === URL_TYPE) needsItsTarget(value, at);
      else if (value.key === undefined) wrong(`${at}.key`, "is missing; it comes back when the button is tapped");
    },
  });
}

function checkbox({ shown }: CardLimits): Rule {
  const option = object({
    required: { id: text({ bytes: OPTION_ID_BYTES }), text: text({ shown: shown.checkboxOption }) },
    optional: { is_checked: flag },
  });
  return object({
    required: { question_key: keyText, option_list: list(option, MOST.checkboxOptions) },
    optional: { mode: oneOf(0, 1), disable: flag },
    also: (value, at) => allDiffer(value.option_list, "id", `${at}.option_list`),
  });
}

function checkSelect(select: JsonObject, at: string): void {
  allDiffer(select.option_list, "id", `${at}.option_list`);
  const { selected_id: selected, option_list: options } = select;
  if (selected === undefined) return;
  const ids = (options as readonly JsonObject[]).map(({ id }) => id);
  if (!ids.includes(selected)) wrong(`${at}.selected_id`, `is "${String(selected)}", which is no id of its options`);
}
