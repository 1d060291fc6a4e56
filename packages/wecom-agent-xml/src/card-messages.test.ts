import type { Channel, OutboundMessage } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { event, passiveReply } from "./fixtures/callbacks.ts";
import { createGateway, refusal } from "./fixtures/gateway.ts";
import { MEMBER, OK, say, start } from "./fixtures/speaking.ts";

describe("a template card", () => {
  const CARD = {
    card_type: "button_interaction",
    main_title: { title: "Approve?" },
    button_list: [
      { text: "Yes", key: "yes", style: "1" },
      { text: "No", key: "no" },
    ],
  };
  const sendCard = async (channel: Channel, card: object = CARD, more: Partial<OutboundMessage> = {}) =>
    say(channel, [{ kind: "card", card: card as Record<string, never> }], more);
  const tap = (taskId: string, code = "CODE-TAP", key = "yes") =>
    event(
      "template_card_event",
      `<EventKey>${key}</EventKey><TaskId>${taskId}</TaskId><CardType>button_interaction</CardType><ResponseCode>${code}</ResponseCode>`,
    );

  /** A card that its member has, and whose update needs a code. */
  async function sent() {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    const { channel } = start(gateway);
    const card = { ...CARD, task_id: "task-1" };
    await sendCard(channel, card);
    return { gateway, channel, card };
  }

  it("is completed: a task id, numbers as numbers", async () => {
    const { gateway, channel } = start();

    await sendCard(channel);

    const [{ template_card: card }] = gateway.sent("message/send");
    expect(card.button_list[0].style).toBe(1);
    expect(card.task_id).toMatch(/^id-\d+$/);
  });

  it("shows its new state after a tap, also when the tap comes after a restart", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    await sendCard(start(gateway).channel, { ...CARD, task_id: "task-1" });

    const restarted = start(gateway, { cardDone: "Done" }).channel;
    const response = await restarted.webhook?.(tap("task-1"));

    const xml = await passiveReply(response as Response);
    expect(xml).toContain("<MsgType><![CDATA[update_template_card]]></MsgType><TemplateCard>");
    expect(xml).toContain("<ReplaceText><![CDATA[Done]]></ReplaceText>");
    expect(xml).toContain("<ButtonList><Text><![CDATA[Yes]]></Text><Key><![CDATA[yes]]></Key>");
    expect(gateway.messages).toMatchObject([{ content: [{ kind: "action", taskId: "task-1", key: "yes" }] }]);
  });

  it("of the same task id replaces the one that was tapped, each code once, else it is a new message", async () => {
    const { gateway, channel, card } = await sent();
    await channel.webhook?.(tap("task-1"));

    await sendCard(start(gateway).channel, card);
    await sendCard(channel, card);
    await sendCard(channel, card);

    expect(gateway.sent("message/update_template_card")).toMatchObject([
      { userids: ["chen.yu"], agentid: 1000017, response_code: "CODE-TAP", template_card: { task_id: "task-1" } },
      { userids: ["chen.yu"], response_code: "CODE-SENT" },
    ]);
    const ids = gateway.sent("message/send").map((body) => body.template_card.task_id);
    expect([ids.length, ids[0], ids[1] !== "task-1"]).toEqual([2, "task-1", true]);
    await channel.webhook?.(tap(ids[1]));
    expect(gateway.messages.at(-1)).toMatchObject({ content: [{ kind: "action", taskId: "task-1" }] });
  });

  it("is not updated with a code that was used, when its tap is delivered again", async () => {
    const { gateway, channel, card } = await sent();
    await channel.webhook?.(tap("task-1"));
    await sendCard(channel, card);

    await start(gateway).channel.webhook?.(tap("task-1"));
    await sendCard(channel, card);

    const codes = gateway.sent("message/update_template_card").map((body) => body.response_code);
    expect(codes).toEqual(["CODE-TAP", "CODE-SENT"]);
  });

  it("is updated with the same code when nobody knows whether it was used", async () => {
    const { gateway, channel, card } = await sent();
    await channel.webhook?.(tap("task-1"));
    gateway.on("message/update_template_card", refusal(-1, "system busy"));
    await expect(sendCard(channel, card, { id: "same" })).rejects.toMatchObject({ name: "TransientError" });

    gateway.on("message/update_template_card", OK);
    await sendCard(channel, card, { id: "same", attempt: 2 });

    expect(gateway.sent("message/update_template_card").at(-1)).toMatchObject({ response_code: "CODE-TAP" });
    expect(gateway.sent("message/send")).toHaveLength(1);
  });

  it("that was put in its place is not put there twice by a repeat", async () => {
    const { gateway, channel, card } = await sent();

    await sendCard(channel, card, { id: "same" });
    await sendCard(channel, card, { id: "same", attempt: 2 });

    expect(gateway.sent("message/update_template_card")).toHaveLength(1);
    expect(gateway.sent("message/send")).toHaveLength(1);
  });

  it("is each member's own, though an agent gives all of them one task id", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    const { channel } = start(gateway);
    const card = { ...CARD, task_id: "main-menu" };
    const to = (peer: string) => ({ to: { ...MEMBER, peer } });

    await Promise.all(["ann", "ben", "cui"].map((peer) => sendCard(channel, card, to(peer))));
    await sendCard(start(gateway).channel, card, to("Ben"));

    const sent = gateway.sent("message/send");
    const ids = sent.map((body) => body.template_card.task_id);
    const idOf = (member: string) => sent.find((body) => body.touser === member).template_card.task_id;
    expect([ids.includes("main-menu"), ids.length, new Set(ids).size]).toEqual([true, 3, 3]);
    expect(gateway.sent("message/update_template_card")).toMatchObject([
      { userids: ["Ben"], template_card: { task_id: idOf("ben") } },
    ]);
    await channel.webhook?.(tap(idOf("cui")));
    expect(gateway.messages.at(-1)).toMatchObject({ content: [{ kind: "action", taskId: "main-menu" }] });
  });

  it("sent to several stays as it is for the others when one of them gets another", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    const { channel } = start(gateway, { cardDone: "Done" });
    await sendCard(
      channel,
      { ...CARD, task_id: "task-1" },
      { to: { ...MEMBER, kind: "audience", peer: "user:ann|ben" } },
    );
    const tapOf = (from: string) =>
      event(
        "template_card_event",
        "<EventKey>no</EventKey><TaskId>task-1</TaskId><CardType>button_interaction</CardType><ResponseCode>R</ResponseCode>",
        { from },
      );
    await channel.webhook?.(tapOf("ben"));
    const other = {
      card_type: "text_notice",
      task_id: "task-1",
      main_title: { title: "Thanks" },
      card_action: { type: 1, url: "https://a.test" },
    };
    await sendCard(channel, other, { to: { ...MEMBER, peer: "ben" } });

    const response = await start(gateway, { cardDone: "Done" }).channel.webhook?.(tapOf("ann"));

    expect(gateway.sent("message/update_template_card")).toMatchObject([{ userids: ["ben"] }]);
    expect(await passiveReply(response as Response)).toContain("<ReplaceText><![CDATA[Done]]></ReplaceText>");
  });

  it("that everybody gets anew is what a tap of a member with another one changes", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    const { channel } = start(gateway, { cardDone: "Done" });
    const all = { to: { ...MEMBER, kind: "audience", peer: "user:ann|chen.yu" } } as const;
    const titled = (title: string) => ({ ...CARD, task_id: "task-1", main_title: { title } });
    await sendCard(channel, titled("one"), all);
    await channel.webhook?.(tap("task-1"));
    await sendCard(channel, titled("two"));
    await sendCard(channel, titled("three"), all);

    const response = await channel.webhook?.(tap("task-1", "CODE-2"));

    expect(await passiveReply(response as Response)).toContain("three");
  });

  it("sent anew to several is the one that the answer to a tap on it changes", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    const { channel } = start(gateway);
    const all = { to: { ...MEMBER, kind: "audience", peer: "user:ann|chen.yu" } } as const;
    const card = { ...CARD, task_id: "task-1" };
    await sendCard(channel, card, all);
    gateway.on("message/update_template_card", refusal(40058, "the code is over"));
    await sendCard(channel, card, all);
    gateway.on("message/update_template_card", OK);
    const second = gateway.sent("message/send")[1].template_card.task_id;

    await channel.webhook?.(tap(second, "CODE-OF-SECOND"));
    await sendCard(channel, card);

    expect(gateway.sent("message/update_template_card").at(-1)).toMatchObject({
      response_code: "CODE-OF-SECOND",
      template_card: { task_id: second },
    });
  });

  it("is sent anew where an update that the operator stood in the way of is refused in the end", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    gateway.on("message/update_template_card", refusal(60020, "not allow to access from your ip"));
    const { channel } = start(gateway);
    const card = { ...CARD, task_id: "task-1" };
    await sendCard(channel, card);
    await expect(sendCard(channel, card, { id: "same" })).rejects.toMatchObject({ name: "AuthenticationError" });
    gateway.on("message/update_template_card", refusal(40058, "the code is over"));

    await sendCard(channel, card, { id: "same" });

    expect(gateway.sent("message/send")).toHaveLength(2);
  });

  it("is not shown twice when the answer to an update was lost", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    gateway.on("message/update_template_card", new TypeError("fetch failed"));
    const card = { ...CARD, task_id: "task-1" };
    await sendCard(start(gateway).channel, card);
    await expect(sendCard(start(gateway).channel, card, { id: "same" })).rejects.toMatchObject({ sent: "unknown" });
    gateway.on("message/update_template_card", refusal(60020, "not allow to access from your ip"));
    await expect(sendCard(start(gateway).channel, card, { id: "same" })).rejects.toMatchObject({
      code: "wecom.ip-not-trusted",
    });
    gateway.on("message/update_template_card", refusal(40058, "response_code was used"));

    await sendCard(start(gateway).channel, card, { id: "same", attempt: 2 });

    expect(gateway.sent("message/send")).toHaveLength(1);
  });

  it("is sent anew to a member whom the update did not reach", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    gateway.on("message/update_template_card", { ...OK, invaliduser: ["chen.yu"] });
    const { channel } = start(gateway);

    await sendCard(channel, { ...CARD, task_id: "task-1" });
    await sendCard(channel, { ...CARD, task_id: "task-1" });

    expect(gateway.sent("message/send")).toHaveLength(2);
  });

  it("is sent anew when the platform refuses the update", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    gateway.on("message/update_template_card", refusal(40058, "invalid response_code"));
    const { channel } = start(gateway);

    await sendCard(channel, { ...CARD, task_id: "task-1" });
    await sendCard(channel, { ...CARD, task_id: "task-1" });

    expect(gateway.sent("message/send")).toHaveLength(2);
  });

  it("that is wrong names the field to whoever sent it, and is said in words where it is an agent's answer", async () => {
    const { gateway, channel } = start();
    const wrong = { ...CARD, button_list: [{ text: "Yes" }] };

    await expect(sendCard(channel, wrong, { answers: [] })).rejects.toThrow("card.button_list[0].key is missing");
    await sendCard(channel, wrong);

    expect(gateway.sent("message/send")).toMatchObject([{ msgtype: "text", text: { content: "Approve?\nYes" } }]);
  });

  it("is what a menu becomes, and a tap on it is a choice", async () => {
    const { gateway, channel } = start();

    await say(channel, [
      {
        kind: "menu",
        head: "Lunch?",
        items: [
          { id: "a", text: "Rice" },
          { id: "b", text: "Noodles" },
        ],
      },
    ]);
    const [{ template_card: card }] = gateway.sent("message/send");
    await channel.webhook?.(tap(card.task_id, "C", "b"));

    expect(card).toMatchObject({ main_title: { title: "Lunch?" }, button_list: [{ key: "a" }, { key: "b" }] });
    expect(gateway.messages).toMatchObject([{ content: [{ kind: "choice", id: "b", text: "Noodles" }] }]);
  });
});
