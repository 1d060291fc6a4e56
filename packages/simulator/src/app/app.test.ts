import { createDecipheriv } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { CORP_ID, gettoken, type Json } from "../client.fixture.ts";
import { encryptFrame, sign } from "../crypto.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../index.ts";

const APP = "1000002";
const AGENT_ID = 1000002;
const SECRET = "SimAppSecret000000000000000000000000000001";
const TOKEN = "SimAppCallbackToken1";
const KEY = Buffer.from("SimAppEncodingAESKey0000000000000000000000w=", "base64");

interface Client {
  readonly sim: Simulator;
  /** Plaintexts of the callbacks, and what the next ones are answered with. */
  readonly received: string[];
  answer: { status: number; body: string };
  call(path: string, body?: object, query?: Record<string, string>): Promise<Json>;
  send(more: object): Promise<Json>;
  screen(user: string, group?: string): readonly Json[];
}

async function start(options: SimulatorOptions = {}): Promise<Client> {
  const sim = await startSimulator(options);
  onTestFinished(() => sim.close());
  const received: string[] = [];
  const server = createServer(async (request, response) => {
    const query = new URL(request.url ?? "/", "http://receiver").searchParams;
    if (request.method === "GET") {
      response.end(open(query.get("echostr") ?? ""));
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push(open(/<Encrypt><!\[CDATA\[(.*?)\]\]>/.exec(body)?.[1] ?? ""));
    response.writeHead(client.answer.status).end(client.answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cb`;
  expect(await sim.registerCallback(APP, url)).toMatchObject({ ok: true });

  const client: Client = {
    sim,
    received,
    answer: { status: 200, body: "success" },
    async call(path, body, query = {}) {
      const { access_token } = await gettoken(sim.url, SECRET);
      const address = `${sim.url}/cgi-bin/${path}?${new URLSearchParams({ access_token, ...query })}`;
      return (await fetch(address, body ? { method: "POST", body: JSON.stringify(body) } : {})).json();
    },
    send: (more) => client.call("message/send", { touser: "zhangsan", agentid: AGENT_ID, ...more }),
    screen: (user, group) => sim.screen({ account: APP, user, ...(group ? { group } : {}) }).items,
  };
  return client;
}

function open(encrypt: string): string {
  const decipher = createDecipheriv("aes-256-cbc", KEY, KEY.subarray(0, 16)).setAutoPadding(false);
  const frame = Buffer.concat([decipher.update(Buffer.from(encrypt, "base64")), decipher.final()]);
  return frame.toString("utf8", 20, 20 + frame.readUInt32BE(16));
}

function seal(xml: string): string {
  const encrypt = encryptFrame(KEY, xml, CORP_ID);
  const signature = sign(TOKEN, "1700000000", "n1", encrypt);
  return `<xml><Encrypt><![CDATA[${encrypt}]]></Encrypt><MsgSignature><![CDATA[${signature}]]></MsgSignature><TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[n1]]></Nonce></xml>`;
}

const text = (content: string) => ({ msgtype: "text", text: { content } });
const CARD = {
  card_type: "button_interaction",
  main_title: { title: "Approve?" },
  task_id: "task-1",
  button_list: [
    { text: "Yes", key: "yes", style: 1 },
    { text: "No", key: "no" },
  ],
};

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

    expect(client.screen("zhangsan")[0].card).toMatchObject({ replace_text: "已提交" });
    await expect(client.sim.tap({ account: APP, user: "zhangsan", message: msgid, item: "no" })).rejects.toThrow(
      "disabled",
    );
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

  it.each([
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
