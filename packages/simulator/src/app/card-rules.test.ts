import { describe, expect, it } from "vitest";
import type { JsonObject } from "../json.ts";
import { checkCard } from "./card-rules.ts";
import { CARD, start } from "./client.fixture.ts";

const LONG = "k".repeat(1025);
const option_list = [
  { id: "a", text: "A" },
  { id: "b", text: "B" },
];
const card_action = { type: 1, url: "https://a.test" };
const main_title = { title: "Title" };
const NOTICE = { card_type: "text_notice", main_title, card_action };
const NEWS = { card_type: "news_notice", main_title, card_action, card_image: { url: "https://a.test/a.png" } };
const VOTE = {
  ...{ card_type: "vote_interaction", main_title, task_id: "vote" },
  checkbox: { question_key: "q", mode: 1, option_list },
  submit_button: { text: "Vote", key: "vote" },
};
const SELECTS = {
  ...{ card_type: "multiple_interaction", main_title, task_id: "selects" },
  select_list: ["q1", "q2"].map((question_key) => ({ question_key, title: "Which?", option_list })),
  submit_button: { text: "Send", key: "send" },
};
const checkbox = (more: object) => ({ ...VOTE, checkbox: { ...VOTE.checkbox, ...more } });

describe("a template card", () => {
  it.each([
    NOTICE,
    { ...NOTICE, source: { desc: "Shop", desc_color: 3 }, quote_area: { type: 0, quote_text: "words" } },
    { ...NOTICE, jump_list: [{ title: "No link" }, { type: 2, title: "Mini program", appid: "wx1" }] },
    { ...NOTICE, card_action: { type: 2, appid: "wx1" } },
    NEWS,
    { ...NEWS, card_image: { url: "https://a.test/a.png", aspect_ratio: 2.25 } },
    {
      ...NEWS,
      card_image: undefined,
      image_text_area: { type: 1, url: "https://a.test", image_url: "https://b.test" },
    },
    VOTE,
    { ...VOTE, submit_button: undefined },
    checkbox({ mode: undefined }),
    SELECTS,
    { ...CARD, button_selection: { question_key: "q", option_list } },
  ])("within the rules is taken: %j", (card) => {
    expect(checkCard(card as unknown as JsonObject)).toBe(card);
  });

  it.each([
    [checkbox({ mode: 2 }), "mode"],
    [checkbox({ mode: "1" }), "mode"],
    [checkbox({ question_key: LONG }), "question_key"],
    [{ ...VOTE, submit_button: { text: "Vote", key: LONG } }, "submit_button.key"],
    [{ ...VOTE, submit_button: {} }, "key"],
    [{ ...SELECTS, submit_button: { text: "Send", key: LONG } }, "submit_button.key"],
    [{ ...SELECTS, select_list: [SELECTS.select_list[0], SELECTS.select_list[0]] }, "select_list.question_key (twice)"],
    [{ ...SELECTS, select_list: [{ question_key: LONG, option_list }] }, "question_key"],
    [{ ...CARD, button_selection: { question_key: LONG, option_list } }, "question_key"],
    [{ ...NOTICE, source: { desc_color: 4 } }, "desc_color"],
    [{ ...NOTICE, source: { desc_color: "1" } }, "desc_color"],
    [{ ...NEWS, card_image: { url: "https://a.test/a.png", aspect_ratio: 1 } }, "aspect_ratio"],
    [{ ...NEWS, card_image: { url: "https://a.test/a.png", aspect_ratio: 2.3 } }, "aspect_ratio"],
    [{ ...NEWS, card_image: { url: "https://a.test/a.png", aspect_ratio: "2" } }, "aspect_ratio"],
    [{ ...NEWS, card_image: undefined, image_text_area: {} }, "image_url"],
    [{ ...NEWS, image_text_area: { type: 1, image_url: "https://b.test" } }, "image_text_area.url"],
    [{ ...NOTICE, jump_list: [{ type: 1, title: "Page" }] }, "jump_list.url"],
    [{ ...NOTICE, jump_list: [{ type: 2, title: "Mini program" }] }, "jump_list.appid"],
    [{ ...NOTICE, jump_list: [{ type: 3, title: "Question" }] }, "type"],
    [{ ...NOTICE, quote_area: { type: 1, title: "Quoted" } }, "quote_area.url"],
    [{ ...NOTICE, quote_area: { type: 2, title: "Quoted" } }, "quote_area.appid"],
    [{ ...NOTICE, card_action: { type: 0 } }, "card_action.type"],
    [{ ...NOTICE, card_action: { type: 2, url: "https://a.test" } }, "card_action.appid"],
    [{ ...VOTE, card_action: { type: 1 } }, "card_action.url"],
  ])("is refused with the reason: %j", (card, part) => {
    expect(() => checkCard(card as unknown as JsonObject)).toThrow(
      expect.objectContaining({ errcode: 40058, message: expect.stringContaining(part) }),
    );
  });

  it("needs a task id of its own, unless the platform takes the repeated request for one", async () => {
    const client = await start();
    const card = { msgtype: "template_card", template_card: CARD };

    const answers = [
      await client.send({ ...card, enable_duplicate_check: 1 }),
      await client.send({ ...card, enable_duplicate_check: 1 }),
      await client.send(card),
      await client.send({ ...card, template_card: { ...CARD, task_id: "task-2" } }),
    ];

    expect(answers).toMatchObject([
      { errcode: 0 },
      { errcode: 0 },
      { errcode: 40058, errmsg: expect.stringContaining("task_id (used before)") },
      { errcode: 0 },
    ]);
  });
});
