import { describe, expect, it } from "vitest";
import { gettoken } from "../client.fixture.ts";
import { DEFAULT_CORPS, startSimulator } from "../index.ts";
import { AGENT_ID, APP, CARD, type Client, seal, start, text } from "./client.fixture.ts";

describe("an app's messages", () => {
  it("reach the member, with an id to take them back by", async () => {
    const client = await start();

    const sent = await client.send(text("你好"));
    await client.call("message/recall", { msgid: sent.msgid });

    expect(sent).toMatchObject({ errcode: 0, msgid: expect.any(String) });
    expect(client.screen("zhangsan")).toMatchObject([{ kind: "text", text: "你好", state: "recalled" }]);
  });

  it("are cut silently at 2048 bytes, between two characters, and both lengths are known", async () => {
    const client = await start();

    await client.send(text("字".repeat(700)));

    expect(client.screen("zhangsan")).toMatchObject([{ text: "字".repeat(682), cutBytes: 54 }]);
  });

  it("go to departments and tags; who is left out is named", async () => {
    const client = await start();

    const answer = await client.send({ ...text("hi"), touser: "WangWu|nobody", toparty: "2|9", totag: "1|Ops" });

    expect(answer).toMatchObject({
      errcode: 0,
      invaliduser: "nobody",
      unlicenseduser: "wangwu",
      invalidparty: "9",
      invalidtag: "Ops",
    });
    expect([client.screen("zhangsan").length, client.screen("lisi").length, client.screen("wangwu").length]).toEqual([
      1, 1, 0,
    ]);
  });

  it("are delivered once when the same request comes twice under a duplicate check", async () => {
    const client = await start();
    const request = { ...text("hi"), enable_duplicate_check: 1, duplicate_check_interval: 1800 };

    const first = await client.send(request);
    const again = await client.send(request);
    await client.send({ ...request, duplicate_check_interval: 1801 });
    await client.sim.advance(1_801_000);
    await client.send(request);

    expect(again.msgid).toBe(first.msgid);
    expect(client.screen("zhangsan")).toHaveLength(3);
  });

  it("are dropped silently beyond 30 a minute", async () => {
    const client = await start();

    const answers = await Promise.all(Array.from({ length: 32 }, (_, index) => client.send(text(`${index}`))));

    expect(answers.every(({ errcode }) => errcode === 0)).toBe(true);
    expect(client.screen("zhangsan").filter(({ state }) => state === "shown")).toHaveLength(30);
  });

  it.each([
    [{ agentid: 1 }, 40056],
    [{ touser: undefined }, 82001],
    [{ touser: "nobody" }, 81013],
    [{ msgtype: "song" }, 40008],
    [text(""), 44004],
    [{ toparty: Array.from({ length: 101 }, (_, id) => id).join("|") }, 82002],
    [{ msgtype: "image", image: { media_id: "no" } }, 40007],
    [{ msgtype: "news", news: { articles: Array(9).fill({ title: "t", url: "https://a.test" }) } }, 45008],
    [{ msgtype: "news", safe: 1, news: { articles: [{ title: "t", url: "https://a.test" }] } }, 40074],
    [{ ...text("hi"), safe: 2 }, 40058],
    [{ ...text("hi"), safe: "1" }, 40058],
    [{ msgtype: "news", safe: 2, news: { articles: [{ title: "t", url: "https://a.test" }] } }, 40074],
    [{ msgtype: "textcard", textcard: { title: "t", url: "https://a.test" } }, 41033],
    [{ msgtype: "template_card", template_card: { ...CARD, task_id: "not allowed!" } }, 40058],
    [
      { msgtype: "template_card", template_card: { ...CARD, button_list: [{ text: "A", key: "a", style: "1" }] } },
      40058,
    ],
  ])("with %j are refused with %d", async (more, errcode) => {
    const client = await start();

    expect(await client.send({ ...text("hi"), ...more })).toMatchObject({ errcode });
  });

  it("need the token of the app itself", async () => {
    const client = await start();
    const { access_token } = await gettoken(client.sim.url);

    const answer = await fetch(`${client.sim.url}/cgi-bin/message/send?access_token=${access_token}`, {
      method: "POST",
      body: JSON.stringify({ touser: "zhangsan", agentid: AGENT_ID, ...text("hi") }),
    });

    expect(await answer.json()).toMatchObject({ errcode: 48002 });
  });
});

describe("a template card", () => {
  it("tells the app of a tap, and is updated once by each code", async () => {
    const client = await start();
    const { response_code, msgid } = await client.send({ msgtype: "template_card", template_card: CARD });

    await client.sim.tap({ account: APP, user: "zhangsan", message: msgid, item: "yes" });
    await client.sim.idle();
    const code = /<ResponseCode><!\[CDATA\[(.*?)\]\]>/.exec(client.received[0] ?? "")?.[1];
    const update = (value: string | undefined) =>
      client.call("message/update_template_card", {
        ...{ userids: ["zhangsan"], agentid: AGENT_ID, response_code: value, button: { replace_name: "Done" } },
      });
    const answers = [await update(code), await update(code), await update(response_code)];

    expect(client.received[0]).toContain("<Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[yes]]>");
    expect(answers.map(({ errcode }) => errcode)).toEqual([0, 40058, 0]);
    expect(client.screen("zhangsan")[0].card).toMatchObject({ replace_text: "Done" });
  });

  it("shows what the answer to the callback puts in its place", async () => {
    const client = await start();
    const { msgid } = await client.send({ msgtype: "template_card", template_card: CARD });
    client.answer.body = seal(
      "<xml><MsgType><![CDATA[update_button]]></MsgType><Button><ReplaceName><![CDATA[已提交]]></ReplaceName></Button></xml>",
    );

    await client.sim.tap({ account: APP, user: "zhangsan", message: msgid, item: "no" });
    await client.sim.idle();

    const { card } = client.screen("zhangsan")[0];
    expect(card.button_list).toEqual([CARD.button_list[0], { ...CARD.button_list[1], replace_text: "已提交" }]);
    await expect(client.sim.tap({ account: APP, user: "zhangsan", message: msgid, item: "no" })).rejects.toThrow(
      "disabled",
    );
    await client.sim.tap({ account: APP, user: "zhangsan", message: msgid, item: "yes" });
  });

  it("tells of a button's answer where no button was clicked", async () => {
    const client = await start();
    const card = { ...CARD, action_menu: { desc: "More", action_list: [{ text: "Mute", key: "mute" }] } };
    const { msgid } = await client.send({ msgtype: "template_card", template_card: card });
    client.answer.body = seal(
      "<xml><MsgType>update_button</MsgType><Button><ReplaceName>Done</ReplaceName></Button></xml>",
    );

    await client.sim.tap({ account: APP, user: "zhangsan", message: msgid, item: "mute" });
    await client.sim.idle();

    expect(client.screen("zhangsan")[0]).toMatchObject({
      card,
      replyProblem: expect.stringContaining("update_button"),
    });
  });

  it("keeps a code good that was refused for its receivers", async () => {
    const client = await start();
    const { response_code } = await client.send({ msgtype: "template_card", template_card: CARD });
    const update = (userid: string) =>
      client.call("message/update_template_card", {
        ...{ userids: [userid], agentid: AGENT_ID, response_code, button: { replace_name: "Done" } },
      });

    const answers = [await update("nobody"), await update("zhangsan")];

    expect(answers.map(({ errcode }) => errcode)).toEqual([81013, 0]);
  });

  it("tells what was chosen", async () => {
    const client = await start();
    const option_list = [1, 2, 3].map((id) => ({ id: `o${id}`, text: `Option ${id}` }));
    const card = {
      ...{ card_type: "vote_interaction", main_title: { title: "Lunch" }, task_id: "vote-1" },
      checkbox: { question_key: "q", mode: 1, option_list },
      submit_button: { text: "Vote", key: "vote" },
    };
    const { msgid } = await client.send({ msgtype: "template_card", template_card: card });

    await client.sim.tap({
      account: APP,
      user: "zhangsan",
      message: msgid,
      item: "vote",
      selections: { q: ["o1", "o3"] },
    });
    await client.sim.idle();

    expect(client.received[0]).toContain(
      "<OptionIds><OptionId><![CDATA[o1]]></OptionId><OptionId><![CDATA[o3]]></OptionId></OptionIds>",
    );
  });
});

describe("a group chat of an app", () => {
  it("is made, written to and changed by the app alone", async () => {
    const client = await start();

    const { chatid } = await client.call("appchat/create", { name: "Team", userlist: ["zhangsan", "lisi"] });
    const sent = await client.call("appchat/send", { chatid, ...text("hello all") });
    const { chat_info } = await client.call("appchat/get", undefined, { chatid });

    expect(sent).toEqual({ errcode: 0, errmsg: "ok" });
    expect(chat_info).toEqual({
      chatid,
      name: "Team",
      owner: "zhangsan",
      userlist: ["zhangsan", "lisi"],
      chat_type: 0,
    });
    expect(client.screen("lisi", chatid)).toMatchObject([{ text: "hello all" }]);
  });

  it("keeps at least two members and an owner among them; a refused change changes nothing", async () => {
    const client = await start();
    await client.sim.send({ account: APP, from: "anna", content: [{ kind: "text", text: "hi" }] });
    const { chatid } = await client.call("appchat/create", { name: "Team", userlist: ["zhangsan", "lisi"] });
    const update = (more: object) => client.call("appchat/update", { chatid, name: "Changed", ...more });

    const refused = [
      await update({ owner: "nobody" }),
      await update({ owner: "anna" }),
      await update({ del_user_list: ["zhangsan"], add_user_list: ["anna"] }),
      await update({ del_user_list: ["zhangsan", "lisi"] }),
      await update({ del_user_list: ["lisi"] }),
      await update({ add_user_list: ["nobody"] }),
    ];
    const { chat_info } = await client.call("appchat/get", undefined, { chatid });

    expect(refused.map(({ errcode }) => errcode)).toEqual([86005, 86005, 86005, 86006, 86006, 86007]);
    expect(chat_info).toMatchObject({ name: "Team", owner: "zhangsan", userlist: ["zhangsan", "lisi"] });
    expect(await update({ add_user_list: ["anna"], del_user_list: ["zhangsan"], owner: "anna" })).toMatchObject({
      errcode: 0,
    });
  });

  it("is listed with its members for the playground", async () => {
    const client = await start();
    const { chatid } = await client.call("appchat/create", { name: "Team", userlist: ["zhangsan", "lisi"] });

    expect(await client.sim.act("wecom-agent-xml", "groups", { account: APP })).toEqual({
      groups: [{ id: chatid, name: "Team", members: ["zhangsan", "lisi"] }],
    });
  });

  it.each([
    [{ msgtype: "text", text: { content: "hi" }, safe: 2 }, 40058],
    [{ chatid: "none", ...text("hi") }, 86003],
    [{ msgtype: "template_card", template_card: CARD }, 40008],
  ])("refuses %j with %d", async (more, errcode) => {
    const client = await start();
    const { chatid } = await client.call("appchat/create", { userlist: ["zhangsan", "lisi"] });

    expect(await client.call("appchat/send", { chatid, ...more })).toMatchObject({ errcode });
  });
});

describe("a member's message", () => {
  it("comes as encrypted XML with a 64-bit id", async () => {
    const client = await start();

    const { id } = await client.sim.send({ account: APP, from: "zhangsan", content: [{ kind: "text", text: " hi " }] });
    await client.sim.idle();

    expect(id).toMatch(/^7\d{18}$/);
    expect(client.received[0]).toContain(`<Content><![CDATA[ hi ]]></Content><MsgId><![CDATA[${id}]]></MsgId>`);
  });

  it("is delivered four times in all while the app does not take it", async () => {
    const client = await start();
    client.answer.status = 500;

    await client.sim.send({ account: APP, from: "zhangsan", content: [{ kind: "text", text: "hi" }] });
    for (let retry = 0; retry < 5; retry += 1) {
      await client.sim.idle();
      await client.sim.advance(4_000);
    }
    await client.sim.idle();

    expect(client.received).toHaveLength(4);
  });

  it("is delivered as often as the options say", async () => {
    const client = await start({ callbacks: { attempts: 2, retryDelaysMs: [0] } });
    client.answer.status = 500;

    await client.sim.send({ account: APP, from: "zhangsan", content: [{ kind: "text", text: "hi" }] });
    for (let retry = 0; retry < 5; retry += 1) {
      await client.sim.idle();
      await client.sim.advance(4_000);
    }

    expect(client.received).toHaveLength(2);
  });

  it("can come without CDATA, in another order, with unknown elements", async () => {
    const client = await start();
    const names = ["app.callback.no-cdata", "app.callback.shuffle", "app.callback.extra-elements"];
    client.sim.setFaults(names.map((name) => ({ name })));

    await client.sim.send({ account: APP, from: "zhangsan", content: [{ kind: "text", text: "a < b" }] });
    await client.sim.idle();

    expect(client.received[0]).toMatch(/^<xml><Unknown><Nested>x<\/Nested>.*<Content>a &lt; b<\/Content>/);
  });

  it("may be an event of any kind, also from the platform itself", async () => {
    const client = await start();

    await client.sim.send({ account: APP, from: "zhangsan", content: [{ kind: "event", event: "enter_agent" }] });
    await client.sim.act("wecom-agent-xml", "event", {
      account: APP,
      event: "change_contact",
      ChangeType: "create_user",
    });
    await client.sim.idle();

    expect(client.received.some((xml) => xml.includes("<Event><![CDATA[enter_agent]]></Event><EventKey>"))).toBe(true);
    expect(client.received.some((xml) => xml.includes("<FromUserName><![CDATA[sys]]></FromUserName>"))).toBe(true);
  });
});

describe("a passive reply", () => {
  const reply = async (client: Client, xml: string) => {
    client.answer.body = seal(`<xml>${xml}</xml>`);
    await client.sim.send({ account: APP, from: "zhangsan", content: [{ kind: "text", text: "hi" }] });
    await client.sim.idle();
    return client.screen("zhangsan").at(-1);
  };

  it("of text is cut at 2048 bytes", async () => {
    const client = await start();

    const item = await reply(client, `<MsgType>text</MsgType><Content><![CDATA[${"字".repeat(700)}]]></Content>`);

    expect(item).toMatchObject({ direction: "outbound", text: "字".repeat(682), cutBytes: 54 });
  });

  it("of news shows its articles", async () => {
    const client = await start();
    const article =
      "<item><Title>One</Title><Description>d</Description><PicUrl>https://p.test</PicUrl><Url>https://a.test</Url></item>";

    const one = await reply(
      client,
      `<MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles>${article}</Articles>`,
    );
    const two = await reply(
      client,
      `<MsgType>news</MsgType><ArticleCount>2</ArticleCount><Articles>${article}${article}</Articles>`,
    );

    const shown = { title: "One", description: "d", url: "https://a.test", imageUrl: "https://p.test" };
    expect(one).toMatchObject({ direction: "outbound", kind: "news", articles: [shown] });
    expect(two).toMatchObject({ articles: [shown, shown] });
  });

  it.each([
    ["image", "Image"],
    ["video", "Video"],
    ["voice", "Voice"],
  ] as const)("with %s shows the file", async (kind, element) => {
    const client = await start();
    await client.sim.send({ account: APP, from: "lisi", content: [{ kind }] });
    const { media } = client.screen("lisi")[0];

    const item = await reply(
      client,
      `<MsgType>${kind}</MsgType><${element}><MediaId>${media.id}</MediaId><Title>T</Title></${element}>`,
    );

    expect(item).toMatchObject({ direction: "outbound", kind, media: { id: media.id } });
  });

  it.each([
    ["<MsgType>image</MsgType><Image><MediaId>none</MediaId></Image>", "invalid media_id"],
    ["<MsgType>news</MsgType><ArticleCount>2</ArticleCount><Articles><item/></Articles>", "ArticleCount"],
    ["<MsgType>song</MsgType>", "song"],
    ["<MsgType>update_button</MsgType><Button><ReplaceName>x</ReplaceName></Button>", "no card was tapped"],
  ])("that shows nothing leaves a notice: %s", async (xml, reason) => {
    const client = await start();

    const item = await reply(client, xml);

    expect(item).toMatchObject({ direction: "notice", text: expect.stringContaining(reason) });
  });
});

describe("other calls of an app", () => {
  it("take only pictures for articles", async () => {
    const client = await start();

    expect(await client.upload("media/uploadimg", "no picture at all")).toMatchObject({ errcode: 40004 });
    expect(await client.upload("media/uploadimg", Buffer.from("89504e470d0a1a0a", "hex"))).toMatchObject({
      errcode: 0,
      url: expect.any(String),
    });
  });

  it("tell the platform's addresses", async () => {
    const client = await start();

    expect(await client.call("get_api_domain_ip")).toMatchObject({ errcode: 0, ip_list: ["127.0.0.1"] });
  });
});

it("two apps of one agent id are refused at the start, also in two corps", async () => {
  const apps = DEFAULT_CORPS[0]?.apps?.map((app) => ({ ...app, secret: "another" })) ?? [];

  await expect(startSimulator({ corps: [...DEFAULT_CORPS, { corpId: "ww2", apps }] })).rejects.toThrow(
    "Two apps have the agent id 1000002",
  );
});
