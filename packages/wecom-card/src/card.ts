import type { JsonObject } from "@wxgate/core";

/*
 * The JSON of template cards, with the platform's own names, since agents write it and the platform reads it.
 * Apps: https://developer.work.weixin.qq.com/document/path/90236 · AI bots: https://developer.work.weixin.qq.com/document/path/101032
 */

export type CardKind =
  | "text_notice"
  | "news_notice"
  | "button_interaction"
  | "vote_interaction"
  | "multiple_interaction";

export type CardTitle = { readonly title?: string; readonly desc?: string };
/** 1: a web page, by `url`. 2: a mini program, by `appid` and `pagepath`. */
export type CardAction = {
  readonly type: 0 | 1 | 2;
  readonly url?: string;
  readonly appid?: string;
  readonly pagepath?: string;
};
export type ActionMenu = {
  readonly desc?: string;
  readonly action_list: readonly { readonly text: string; readonly key: string }[];
};
/** 0: text. 1: a web page. 2: an attachment, apps only. 3: a member's details. */
export type CardLine = {
  readonly keyname: string;
  readonly value?: string;
  readonly type?: 0 | 1 | 2 | 3;
  readonly url?: string;
  readonly media_id?: string;
  readonly userid?: string;
};
/** 3: a question to the bot, bots only. */
export type JumpLine = {
  readonly title: string;
  readonly type?: 0 | 1 | 2 | 3;
  readonly url?: string;
  readonly appid?: string;
  readonly pagepath?: string;
  readonly question?: string;
};
/** `type` 1 opens `url`, apps only; otherwise the tap comes back with `key`. */
export type CardButton = {
  readonly text: string;
  readonly style?: 1 | 2 | 3 | 4;
  readonly key?: string;
  readonly type?: 0 | 1;
  readonly url?: string;
};
export type CardOption = { readonly id: string; readonly text: string; readonly is_checked?: boolean };
export type CardSelect = {
  readonly question_key: string;
  readonly title?: string;
  readonly selected_id?: string;
  /** In an update only. */
  readonly disable?: boolean;
  readonly option_list: readonly CardOption[];
};
export type CardCheckbox = {
  readonly question_key: string;
  readonly option_list: readonly CardOption[];
  readonly mode?: 0 | 1;
  /** In an update only. */
  readonly disable?: boolean;
};
export type SubmitButton = { readonly text: string; readonly key: string };

type Common = {
  readonly source?: { readonly icon_url?: string; readonly desc?: string; readonly desc_color?: 0 | 1 | 2 | 3 };
  readonly action_menu?: ActionMenu;
  readonly quote_area?: JsonObject;
  readonly horizontal_content_list?: readonly CardLine[];
  readonly jump_list?: readonly JumpLine[];
  /** Names the card in what comes back; the same in all updates of the card. */
  readonly task_id?: string;
  /** Bots only. */
  readonly feedback?: { readonly id: string };
};
type Interactive = Common & {
  readonly task_id: string;
  /** What stands on the disabled buttons; in an update of an app only. */
  readonly replace_text?: string;
};

export type TextCard = Common & {
  readonly card_type: "text_notice";
  readonly main_title?: CardTitle;
  readonly emphasis_content?: CardTitle;
  readonly sub_title_text?: string;
  readonly card_action: CardAction;
};
export type NewsCard = Common & {
  readonly card_type: "news_notice";
  readonly main_title: CardTitle;
  readonly card_image?: { readonly url: string; readonly aspect_ratio?: number };
  readonly image_text_area?: JsonObject;
  readonly vertical_content_list?: readonly { readonly title: string; readonly desc?: string }[];
  readonly card_action: CardAction;
};
export type ButtonCard = Interactive & {
  readonly card_type: "button_interaction";
  readonly main_title: CardTitle;
  readonly sub_title_text?: string;
  readonly button_selection?: CardSelect;
  readonly button_list: readonly CardButton[];
  readonly card_action?: CardAction;
};
export type VoteCard = Interactive & {
  readonly card_type: "vote_interaction";
  readonly main_title: CardTitle;
  readonly checkbox: CardCheckbox;
  readonly submit_button: SubmitButton;
};
export type FormCard = Interactive & {
  readonly card_type: "multiple_interaction";
  readonly main_title: CardTitle;
  readonly select_list: readonly CardSelect[];
  readonly submit_button: SubmitButton;
};

export type TemplateCard = TextCard | NewsCard | ButtonCard | VoteCard | FormCard;
