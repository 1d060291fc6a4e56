import type { JsonObject } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { parseBotEvent, parseBotMessage } from "./index.ts";

const NOW = 1_700_000_000_000;
const CONTEXT = { channel: "helper", account: "aibEXAMPLE", receivedAt: NOW };
const single = { msgid: "m-1", aibotid: "aibEXAMPLE", chattype: "single", from: { userid: "wmUser1" } };
const group = { ...single, chatid: "wrGROUP1", chattype: "group" };
const parse = (body: JsonObject, botName?: string) => parseBotMessage(body, { ...CONTEXT, botName });

describe("a bot's message", () => {
  it("of a single chat is from the person, who is also the conversation", () => {
    const message = parseBotMessage({ ...single, msgtype: "text", text: { content: "hi @Helper" } }, CONTEXT, {
      reqId: "r1",
    });

    expect(message).toEqual({
      id: "m-1",
      from: { channel: "helper", account: "aibEXAMPLE", kind: "direct", peer: "wmUser1" },
      sender: { id: "wmUser1" },
      sentAt: new Date(NOW),
      content: [{ kind: "text", text: "hi @Helper" }],
      replyHandle: { reqId: "r1" },
    });
  });

  it("of a group is from the group, whose id keeps its case, and loses the mention", () => {
    const message = parse({ ...group, create_time: 1_700_000_100, msgtype: "text", text: { content: "@Helper hi" } });

    expect(message?.from).toEqual({ channel: "helper", account: "aibEXAMPLE", kind: "group", peer: "wrGROUP1" });
    expect(message?.content).toEqual([{ kind: "text", text: "hi" }]);
    expect(message?.sentAt).toEqual(new Date(1_700_000_100_000));
  });

  it.each([
    ["seconds as text", "1700000100", 1_700_000_100_000],
    ["milliseconds", 1_700_000_100_000, 1_700_000_100_000],
    ["more than any time", "99999999999999999999", NOW],
    ["less than any time", -5, NOW],
    ["no number", "yesterday", NOW],
  ])("was sent when create_time says so, in %s", (_what, create_time, sentAt) => {
    const message = parse({ ...single, create_time, msgtype: "text", text: { content: "hi" } });

    expect(message?.sentAt).toEqual(new Date(sentAt));
  });

  it.each(["image", "video", "file"] as const)("with a %s names the file for its fetching", (kind) => {
    const message = parse({ ...single, msgtype: kind, [kind]: { url: "https://cdn.example/1?sign=x", aeskey: "K" } });

    expect(message?.content).toEqual([
      { kind, media: { ref: { kind, url: "https://cdn.example/1?sign=x", aeskey: "K", receivedAt: NOW } } },
    ]);
  });

  it("of voice is its recognised text", () => {
    const message = parse({ ...single, msgtype: "voice", voice: { content: "recognised text" } });

    expect(message?.content).toMatchObject([{ kind: "voice", transcript: "recognised text" }]);
  });

  it("that mixes text and images has both, in their order, the mention taken out", () => {
    const message = parse({
      ...group,
      msgtype: "mixed",
      mixed: {
        msg_item: [
          { msgtype: "text", text: { content: "@Helper what is wrong here?" } },
          { msgtype: "image", image: { url: "https://cdn.example/2", aeskey: "K" } },
        ],
      },
    });

    expect(message?.content).toMatchObject([{ kind: "text", text: "what is wrong here?" }, { kind: "image" }]);
  });

  it("that quotes a text carries the quote", () => {
    const quote = { msgtype: "text", text: { content: "yesterday's numbers were fine" } };

    const message = parse({ ...group, msgtype: "text", text: { content: "@Helper summarise this" }, quote });

    expect(message?.content).toEqual([{ kind: "text", text: "summarise this" }]);
    expect(message?.quote).toEqual({ content: [{ kind: "text", text: "yesterday's numbers were fine" }] });
  });

  it.each(["image", "file", "video"])("that quotes a %s brings the file along, and no key in the quote", (kind) => {
    const quote = { msgtype: kind, [kind]: { url: "https://cdn.example/3", aeskey: "SECRETKEY" } };

    const message = parse({ ...group, msgtype: "text", text: { content: "@Helper what is it?" }, quote });

    expect(message?.content).toMatchObject([{ kind: "text" }, { kind, media: { ref: { aeskey: "SECRETKEY" } } }]);
    expect(message?.quote).toEqual({ content: [{ kind: "text", text: `[${kind}]` }] });
  });

  it.each([
    { msgtype: "voice", voice: { content: "spoken words" } },
    { msgtype: "text", text: { content: "written words" } },
    { msgtype: "mixed", mixed: { msg_item: [{ msgtype: "text", text: { content: "mixed words" } }] } },
  ])("that is a lone mention asks about what it quotes: $msgtype", (quote) => {
    const message = parse({ ...group, msgtype: "text", text: { content: "@Helper " }, quote });

    expect(JSON.stringify(message?.content)).toContain("words");
    expect(message?.quote?.content).toHaveLength(1);
  });

  it("that is a lone mention of nothing stands as it was written", () => {
    expect(parse({ ...group, msgtype: "text", text: { content: "@Helper" } })?.content).toEqual([
      { kind: "text", text: "@Helper" },
    ]);
  });

  it.each([
    [{ msgtype: "text", text: { content: "hello @Helper" } }, true],
    [{ msgtype: "text", text: { content: "hello everybody" } }, false],
    [{ msgtype: "mixed", mixed: { msg_item: [{ msgtype: "text", text: { content: "@Helper see" } }] } }, true],
    [{ msgtype: "image", image: { url: "https://cdn.example/4", aeskey: "K" } }, false],
  ])("of a group says whether it calls the bot by its name: %j", (body, mentioned) => {
    expect(parse({ ...group, ...body }, "Helper")).toMatchObject({ mentioned });
  });

  it("does not say so in a single chat, nor where it cannot be told", () => {
    const body = { msgtype: "text", text: { content: "hello" } };

    expect(parse({ ...single, ...body }, "Helper")).not.toHaveProperty("mentioned");
    expect(parse({ ...group, ...body })).not.toHaveProperty("mentioned");
  });

  it("is called by its own words, not by those it quotes", () => {
    const quote = { msgtype: "text", text: { content: "@Helper hi" } };

    expect(parse({ ...group, msgtype: "text", text: { content: "he asked" }, quote }, "Helper")?.mentioned).toBe(false);
  });

  it("of an unknown type is kept without what opens files", () => {
    const message = parse({ ...single, msgtype: "hologram", hologram: { depth: 3, url: "https://s", aeskey: "K" } });

    expect(message?.content).toEqual([{ kind: "unsupported", nativeType: "hologram", raw: { depth: 3 } }]);
  });

  it("has the same id whenever it comes again, also without one of the platform's", () => {
    const { msgid: _, ...without } = single;
    const body = { ...without, msgtype: "text", text: { content: "hi" } };

    expect(parse(body)?.id).toBe(parse({ ...body })?.id);
  });

  it("that names nobody is none", () => {
    expect(parse({ msgid: "m", msgtype: "text", text: { content: "hi" } })).toBeUndefined();
  });
});

describe("a bot's event", () => {
  const event = (eventtype: string, fields: JsonObject = {}, more: JsonObject = {}) =>
    parseBotEvent(
      {
        ...group,
        ...more,
        msgid: "e-1",
        create_time: 1_700_000_200,
        msgtype: "event",
        event: { eventtype, ...fields },
      },
      CONTEXT,
    );

  it("of entering can be answered for five seconds", () => {
    expect(event("enter_chat", {}, { chatid: undefined, chattype: undefined })).toMatchObject({
      kind: "entered",
      event: { kind: "entered", id: "event:e-1", from: { kind: "direct" }, answerBy: new Date(NOW + 5_000) },
    });
  });

  it.each([
    ["without its list", { selected_item: { question_key: "q1", option_ids: { option_id: "a" } } }, ["a"]],
    ["without its object", [{ question_key: "q1", option_ids: ["a", 7] }], ["a", "7"]],
  ])("of a vote tells what was chosen, also %s", (_what, selected_items, options) => {
    const fields = { template_card_event: { event_key: "go", task_id: "t", selected_items } };

    expect(event("template_card_event", fields)).toMatchObject({
      tap: { selections: [{ question: "q1", options }] },
    });
  });

  it("of a vote is also a message with what was chosen", () => {
    const fields = {
      template_card_event: {
        card_type: "vote_interaction",
        event_key: "submit_1",
        task_id: "task_42",
        selected_items: { selected_item: [{ question_key: "q1", option_ids: { option_id: ["a", "b"] } }] },
      },
    };

    expect(event("template_card_event", fields)).toMatchObject({
      kind: "card-tapped",
      event: {
        kind: "card-clicked",
        taskId: "task_42",
        key: "submit_1",
        data: { cardType: "vote_interaction", selections: [{ question: "q1", options: ["a", "b"] }] },
      },
      message: {
        id: "e-1",
        from: { kind: "group", peer: "wrGROUP1" },
        content: [
          {
            kind: "action",
            taskId: "task_42",
            key: "submit_1",
            cardType: "vote_interaction",
            selections: [{ question: "q1", options: ["a", "b"] }],
          },
        ],
      },
    });
  });

  it("of a plain button has no selections", () => {
    const fields = { template_card_event: { card_type: "button_interaction", event_key: "ok", task_id: "t" } };

    expect(event("template_card_event", fields)).toMatchObject({ tap: { key: "ok", selections: [] } });
  });

  it("of feedback says what was rated, how and why", () => {
    const fields = {
      feedback_event: { id: "fb-0001", type: 2, content: "more detail please", inaccurate_reason_list: [2, 4] },
    };

    expect(event("feedback_event", fields)).toMatchObject({
      kind: "feedback",
      event: {
        kind: "feedback",
        messageId: "fb-0001",
        score: "bad",
        text: "more detail please",
        reasons: ["incomplete", "data-analysis-error"],
      },
    });
  });

  it("of a lost connection needs no person", () => {
    const body = { msgid: "k", aibotid: "aibEXAMPLE", msgtype: "event", event: { eventtype: "disconnected_event" } };

    expect(parseBotEvent(body, CONTEXT)).toMatchObject({ kind: "disconnected", event: { kind: "kicked" } });
  });

  it("that nobody knows is harmless", () => {
    expect(event("enter_check_update")).toMatchObject({
      kind: "other",
      event: { kind: "other", name: "enter_check_update" },
    });
  });
});
