import { type JsonObject, RejectedError } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { type ButtonCard, cardAfterTap, checkCard, type FormCard, menuCard, type VoteCard } from "./index.ts";

const check = (card: JsonObject, platform: "app" | "bot" = "app") => checkCard(card, { platform, taskId: "made-up" });
const option_list = [
  { id: "a", text: "Rice" },
  { id: "b", text: "Noodles" },
];
const ACTION = { type: 1, url: "https://a.test" };
const TEXT = { card_type: "text_notice", main_title: { title: "T" }, card_action: ACTION };
const NEWS = {
  card_type: "news_notice",
  main_title: { title: "T" },
  card_image: { url: "https://a.test/p.png" },
  card_action: ACTION,
};
const BUTTONS = {
  card_type: "button_interaction",
  main_title: { title: "T" },
  button_list: [
    { text: "Yes", key: "yes" },
    { text: "No", key: "no" },
  ],
};
const VOTE = {
  card_type: "vote_interaction",
  main_title: { title: "T" },
  checkbox: { question_key: "q", option_list },
};
const FORM = {
  card_type: "multiple_interaction",
  main_title: { title: "T" },
  select_list: [{ question_key: "q", title: "Lunch", option_list }],
};

describe("a card", () => {
  it.each([TEXT, NEWS, BUTTONS, VOTE, FORM])("of the kind $card_type is taken for both platforms", (card) => {
    expect(check(card, "app").card).toMatchObject(card);
    expect(check(card, "bot").card).toMatchObject(card);
  });

  it("gets the task id and the button that it needs", () => {
    expect(check(VOTE).card).toMatchObject({ task_id: "made-up", submit_button: { text: "提交", key: "submit" } });
    expect(checkCard(VOTE, { platform: "bot", taskId: "t", submit: "Submit" }).card).toMatchObject({
      submit_button: { text: "Submit", key: "submit" },
    });
    expect(check({ ...TEXT, action_menu: { action_list: [{ text: "A", key: "a" }] } }).card.task_id).toBe("made-up");
    expect(check(TEXT).card.task_id).toBeUndefined();
    expect(check({ ...BUTTONS, task_id: "mine" }).card.task_id).toBe("mine");
  });

  it("has its numbers and flags as such, however a model wrote them, and nothing that is null", () => {
    const { card } = check({
      ...VOTE,
      source: { desc: "HR", desc_color: "2", icon_url: null },
      checkbox: { question_key: "q", mode: "1", option_list: [{ id: 1, text: "Rice", is_checked: "true" }] },
    });

    expect(card).toMatchObject({
      source: { desc: "HR", desc_color: 2 },
      checkbox: { mode: 1, option_list: [{ id: "1", text: "Rice", is_checked: true }] },
    });
    expect(card.source).not.toHaveProperty("icon_url");
  });

  it.each<[JsonObject, string]>([
    [{}, "card.card_type must be one of text_notice, news_notice"],
    [{ ...TEXT, card_action: null }, "card.card_action is missing"],
    [{ ...TEXT, card_action: { type: 0 } }, 'card.card_action.type must be one of 1, 2, not "0"'],
    [{ ...TEXT, card_action: { type: 1 } }, "card.card_action.url is missing; type 1 opens it"],
    [{ ...TEXT, main_title: null }, "card needs main_title.title or sub_title_text"],
    [{ ...TEXT, title: "T" }, "card.title is unknown; known: card_action"],
    [{ ...TEXT, jump_list: Array(4).fill({ title: "x" }) }, "card.jump_list has 4 items; at most 3 are shown"],
    [{ ...TEXT, horizontal_content_list: [{ value: "x" }] }, "card.horizontal_content_list[0].keyname is missing"],
    [{ ...NEWS, card_image: null }, "card needs card_image or image_text_area"],
    [{ ...NEWS, card_image: { url: "u", aspect_ratio: 3 } }, "card.card_image.aspect_ratio must be a number from 1.3"],
    [{ ...BUTTONS, task_id: "not allowed!" }, "card.task_id may have only digits, letters"],
    [{ ...BUTTONS, button_list: [] }, "card.button_list must be a list with at least one item"],
    [{ ...BUTTONS, button_list: [{ text: "A" }] }, "card.button_list[0].key is missing; it comes back"],
    [
      { ...BUTTONS, button_list: [...BUTTONS.button_list, { text: "Again", key: "yes" }] },
      'card.button_list[2].key is "yes" as in an earlier item',
    ],
    [
      { ...BUTTONS, button_list: [{ text: "A", key: "k".repeat(1025) }] },
      "card.button_list[0].key has more than 1024 bytes",
    ],
    [
      { ...FORM, select_list: [{ question_key: "q", selected_id: "z", option_list }] },
      'card.select_list[0].selected_id is "z", which is no id of its options',
    ],
    [{ ...VOTE, checkbox: { question_key: "q", option_list: "a,b" } }, "card.checkbox.option_list must be a list"],
  ])("%j is refused by the name of the field", (card, words) => {
    expect(() => check(card)).toThrow(RejectedError);
    expect(() => check(card)).toThrow(words);
  });

  it("keeps to what each platform knows", () => {
    const attachment = { ...TEXT, horizontal_content_list: [{ keyname: "File", type: 2, media_id: "M" }] };
    const question = { ...TEXT, jump_list: [{ title: "Ask", type: 3, question: "How?" }] };
    const link = { ...BUTTONS, button_list: [{ text: "Open", type: 1, url: "https://a.test" }] };
    const rated = { ...TEXT, feedback: { id: "f" } };
    const accepted = (card: JsonObject) =>
      (["app", "bot"] as const).filter((platform) => {
        try {
          check(card, platform);
          return true;
        } catch {
          return false;
        }
      });

    expect([attachment, question, link, rated].map(accepted)).toEqual([["app"], ["bot"], ["app"], ["bot"]]);
  });

  it("tells which texts a phone may cut, by the limits of its platform", () => {
    const card = { ...TEXT, main_title: { title: "x".repeat(30) } };

    expect([check(card, "app").long, check(card, "bot").long]).toEqual([[], ["card.main_title.title"]]);
  });
});

describe("a card after a tap", () => {
  const yes = { key: "yes", selections: [] };

  it("of an app has its buttons disabled with the words", () => {
    const card = check(BUTTONS).card as ButtonCard;

    expect(cardAfterTap(card, yes, { platform: "app", done: "Done" })).toEqual({ ...card, replace_text: "Done" });
  });

  it("of a bot says it on the button", () => {
    const card = check(BUTTONS, "bot").card as ButtonCard;

    const after = cardAfterTap(card, yes, { platform: "bot", done: "Done" }) as ButtonCard;

    expect(after.button_list.map(({ text }) => text)).toEqual(["Done", "No"]);
  });

  it("keeps what was chosen, and lets nobody choose again", () => {
    const tap = { key: "submit", selections: [{ question: "q", options: ["b"] }] };
    const vote = cardAfterTap(check(VOTE).card, tap, { platform: "bot", done: "Voted" }) as VoteCard;
    const form = cardAfterTap(check(FORM).card, tap, { platform: "app", done: "Sent" }) as FormCard;

    expect(vote.checkbox).toMatchObject({ disable: true, option_list: [{ is_checked: false }, { is_checked: true }] });
    expect(vote.submit_button.text).toBe("Voted");
    expect(form).toMatchObject({ replace_text: "Sent", select_list: [{ selected_id: "b", disable: true }] });
  });

  it("stays as it is where the tap changes nothing", () => {
    const menu = { action_list: [{ text: "Mute", key: "mute" }] };
    const withMenu = check({ ...BUTTONS, action_menu: menu }).card;

    expect(cardAfterTap(check(TEXT).card, yes, { platform: "app", done: "x" })).toBeUndefined();
    expect(cardAfterTap(withMenu, { key: "mute", selections: [] }, { platform: "app", done: "x" })).toBeUndefined();
  });
});

describe("a menu", () => {
  it("becomes a card with buttons, its other words above them", () => {
    const items = [{ id: "a", text: "Rice" }, { url: "https://a.test", text: "Site" }, { text: "or write" }];

    const card = menuCard({ kind: "menu", head: "Lunch?", items, tail: "Thanks" }, "app", "Choose");

    expect(card).toEqual({
      card_type: "button_interaction",
      main_title: { title: "Lunch?" },
      sub_title_text: "or write\nThanks",
      button_list: [
        { text: "Rice", key: "a" },
        { type: 1, text: "Site", url: "https://a.test" },
      ],
    });
    expect(() => check(card as JsonObject)).not.toThrow();
  });

  it.each([
    ["too many items", Array.from({ length: 7 }, (_, id) => ({ id: String(id), text: "x" }))],
    ["a mini program", [{ appId: "wx1", path: "p", text: "x" }]],
    ["nothing to tap", [{ text: "x" }]],
    [
      "equal ids",
      [
        { id: "a", text: "x" },
        { id: "a", text: "y" },
      ],
    ],
    ["an empty label", [{ id: "a", text: "" }]],
  ])("with %s fits no card", (_what, items) => {
    expect(menuCard({ kind: "menu", items }, "app", "Choose")).toBeUndefined();
  });
});
