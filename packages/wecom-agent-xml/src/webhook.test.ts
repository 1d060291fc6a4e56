import type { Channel } from "@wxgate/core";
import { describe, expect, it, vi } from "vitest";
import { CONFIG, callback, event, passiveReply, sealed, textMessage } from "./fixtures/callbacks.ts";
import { createGateway } from "./fixtures/gateway.ts";
import { say, start as startChannel } from "./fixtures/speaking.ts";
import { createAgentXmlChannel } from "./index.ts";

function start(...options: Parameters<typeof startChannel>) {
  const { gateway, channel } = startChannel(...options);
  return { gateway, channel, receive: (request: Request) => channel.webhook?.(request) as Promise<Response> };
}

describe("a member's message", () => {
  it("is stored under its 64-bit id, white space and all", async () => {
    const { gateway, receive } = start();

    const response = await receive(textMessage("  hi\n ", { id: "7023415566778899001" }));

    expect(response.status).toBe(200);
    expect(gateway.messages).toMatchObject([
      {
        id: "7023415566778899001",
        from: { channel: "app", account: "1000017", kind: "direct", peer: "chen.yu" },
        sender: { id: "chen.yu" },
        sentAt: new Date(1_767_225_660_000),
        content: [{ kind: "text", text: "  hi\n " }],
      },
    ]);
  });

  it.each([
    [
      "<MsgType><![CDATA[image]]></MsgType><PicUrl><![CDATA[https://x/0]]></PicUrl><MediaId><![CDATA[M1]]></MediaId>",
      { kind: "image", media: { ref: { mediaId: "M1", picUrl: "https://x/0" } } },
    ],
    [
      "<MsgType>voice</MsgType><MediaId>M2</MediaId><Format>amr</Format><Recognition><![CDATA[hello]]></Recognition>",
      { kind: "voice", media: { ref: { mediaId: "M2" } }, transcript: "hello" },
    ],
    ["<MsgType>voice</MsgType><MediaId>M2</MediaId>", { kind: "voice", media: { ref: { mediaId: "M2" } } }],
    [
      "<MsgType>video</MsgType><MediaId>M3</MediaId><ThumbMediaId>T</ThumbMediaId>",
      { kind: "video", media: { ref: { mediaId: "M3" } } },
    ],
    [
      "<MsgType>file</MsgType><MediaId>M4</MediaId><FileName><![CDATA[报告.pdf]]></FileName>",
      { kind: "file", media: { ref: { mediaId: "M4" }, filename: "报告.pdf" } },
    ],
    [
      "<MsgType>location</MsgType><Location_X>23.134</Location_X><Location_Y>113.358</Location_Y><Scale>20</Scale><Label><![CDATA[广州]]></Label>",
      { kind: "location", latitude: 23.134, longitude: 113.358, address: "广州" },
    ],
    [
      "<MsgType>link</MsgType><Title>T</Title><Description>D</Description><Url>https://a.test</Url><PicUrl>https://a.test/p</PicUrl>",
      { kind: "link", title: "T", description: "D", url: "https://a.test", imageUrl: "https://a.test/p" },
    ],
    [
      "<MsgType>sticker</MsgType><Face>smile</Face>",
      { kind: "unsupported", nativeType: "sticker", raw: { Face: "smile" } },
    ],
    ["<MsgType>image</MsgType>", { kind: "unsupported", nativeType: "image", raw: {} }],
  ])("%s is understood", async (elements, content) => {
    const { gateway, receive } = start();

    await receive(callback(`${elements}<MsgId>7023415566778899005</MsgId>`));

    expect(gateway.messages[0]?.content).toEqual([content]);
  });

  it("is read without CDATA, in any order, with unknown elements", async () => {
    const { gateway, receive } = start();

    await receive(
      sealed(
        "<xml><Odd><Deep>1</Deep></Odd><MsgId>9</MsgId><Content>a &lt; b</Content><AgentID>1000017</AgentID><MsgType>text</MsgType><CreateTime>1767225660</CreateTime><FromUserName>chen.yu</FromUserName></xml>",
      ),
    );

    expect(gateway.messages).toMatchObject([{ id: "9", content: [{ kind: "text", text: "a < b" }] }]);
  });

  it("is kept once however often it comes, also by another process", async () => {
    const { gateway, receive } = start();

    await receive(textMessage("hi"));
    await start(gateway).receive(textMessage("hi"));

    expect(gateway.messages).toHaveLength(1);
  });

  it("is answered 503 while it cannot be stored, so that WeCom sends it again", async () => {
    const { gateway, receive } = start();
    gateway.storeFails = true;

    expect((await receive(textMessage("hi"))).status).toBe(503);
  });

  it.each([
    [
      "from the platform itself",
      callback("<MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId>", { from: "sys" }),
    ],
    ["from nobody", callback("<MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId>", { from: "" })],
  ])("%s starts no conversation", async (_whose, request) => {
    const { gateway, receive } = start();

    const response = await receive(request);

    expect([response.status, gateway.messages]).toEqual([200, []]);
  });

  it("goes to the app it names where two share address, token and key", async () => {
    const gateway = createGateway();
    const one = start(gateway);
    const other = createAgentXmlChannel("other", { ...CONFIG, agentId: "1000018" }, gateway.ports());
    const request = textMessage("for the other", { agentId: "1000018" });

    await one.channel.webhook?.(request, () => other.webhook?.(request) as Promise<Response>);

    expect(gateway.messages).toMatchObject([{ from: { channel: "other", account: "1000018" } }]);
  });

  it("cannot come to an app without a token, which only sends", () => {
    const { token: _token, encodingAESKey: _key, ...sendOnly } = CONFIG;

    const channel = createAgentXmlChannel("app", sendOnly, createGateway().ports());

    expect(channel.webhook).toBeUndefined();
    expect(channel.health().state).toBe("ok");
  });
});

describe("an event", () => {
  it.each([
    ["unsubscribe", "", { kind: "left" }],
    ["LOCATION", "<Latitude>23.1</Latitude>", { kind: "other", name: "LOCATION", data: { Latitude: "23.1" } }],
    ["view", "<EventKey>https://a.test</EventKey>", { kind: "other", name: "view" }],
    ["view_miniprogram", "<EventKey>pages/a</EventKey>", { kind: "other", name: "view_miniprogram" }],
    [
      "scancode_waitmsg",
      "<EventKey>k</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo>",
      { kind: "other", name: "scancode_waitmsg", data: { ScanCodeInfo: { ScanType: "qrcode", ScanResult: "1" } } },
    ],
    ["pic_sysphoto", "<SendPicsInfo><Count>1</Count></SendPicsInfo>", { kind: "other", name: "pic_sysphoto" }],
    ["location_select", "<EventKey>k</EventKey>", { kind: "other", name: "location_select" }],
    ["batch_job_result", "<BatchJob><JobId>J</JobId></BatchJob>", { kind: "other", name: "batch_job_result" }],
    ["sys_approval_change", "<ApprovalInfo><SpNo>1</SpNo></ApprovalInfo>", { kind: "other" }],
    ["taskcard_click", "<EventKey>k</EventKey><TaskId>T</TaskId>", { kind: "card-clicked", taskId: "T", key: "k" }],
    ["close_inactive_agent", "", { kind: "other", name: "close_inactive_agent" }],
  ])("%s is stored and starts no turn", async (name, elements, expected) => {
    const { gateway, receive } = start();

    await receive(event(name, elements));

    expect(gateway.messages).toEqual([]);
    expect(gateway.events).toMatchObject([expected]);
  });

  it("of the platform itself is the app's, nobody's conversation", async () => {
    const { gateway, receive } = start();

    await receive(
      event("change_contact", "<ChangeType>create_user</ChangeType><UserID>a</UserID>", { from: "sys", agentId: "" }),
    );

    expect(gateway.events).toMatchObject([
      { from: { kind: "audience", peer: "1000017" }, data: { ChangeType: "create_user", UserID: "a" } },
    ]);
  });

  it("is the same one on every delivery, and another when anything it is about differs", async () => {
    const { gateway, receive } = start();
    const changed = (user: string) =>
      event("change_contact", `<ChangeType>update_user</ChangeType><UserID>${user}</UserID>`, { from: "sys" });

    for (const request of [changed("a"), changed("a"), changed("b"), event("view"), event("enter_agent")]) {
      await receive(request);
    }

    expect(gateway.events).toHaveLength(4);
  });

  it.each([
    ["new", "/new"],
    ["/help", "/help"],
    ["orders", "Show my orders"],
  ])("click with the key %s says %s", async (key, text) => {
    const { gateway, receive } = start(undefined, { menu: { orders: "Show my orders" } });

    await receive(event("click", `<EventKey><![CDATA[${key}]]></EventKey>`));

    expect(gateway.messages).toMatchObject([{ sender: { id: "chen.yu" }, content: [{ kind: "text", text }] }]);
  });
});

/** As long as a gateway runs until something is seen. */
async function runBriefly(channel: Channel, seen: () => void): Promise<void> {
  const stop = new AbortController();
  const running = channel.run?.(stop.signal);
  await vi.waitFor(seen);
  stop.abort();
  await running;
}

describe("the welcome", () => {
  const enter = (at: number, from = "chen.yu") => event("enter_agent", "<EventKey></EventKey>", { at, from });
  const welcomed = { welcomeText: "欢迎 **welcome**" };

  it("is said once in its period, also after a restart, whatever the case of the userid", async () => {
    const gateway = createGateway();
    await start(gateway, welcomed).receive(enter(1_767_225_660));
    await vi.waitFor(() => expect(gateway.sent("message/send")).toHaveLength(1));

    const restarted = start(gateway, welcomed);
    await restarted.receive(enter(1_767_225_700));
    await restarted.receive(event("subscribe", "", { at: 1_767_225_701, from: "Chen.Yu" }));
    await restarted.channel.close?.();

    expect(gateway.sent("message/send")).toHaveLength(1);
    expect(gateway.events).toMatchObject([
      { kind: "entered", scene: "enter_agent", sender: { id: "chen.yu" } },
      { kind: "entered", scene: "enter_agent" },
      { kind: "entered", scene: "subscribe" },
    ]);
  });

  it("counts as a message to the member", async () => {
    const { gateway, channel, receive } = start(createGateway(), welcomed);
    await receive(enter(1_767_225_660));
    await vi.waitFor(() => expect(gateway.sent("message/send")).toHaveLength(1));

    const words = [{ kind: "text", text: "hi" }] as const;
    for (let at = 0; at < 28; at += 1) await say(channel, words);

    await expect(say(channel, words)).rejects.toMatchObject({ code: "wecom.member-paced" });
  });

  it("waits until there is room for it", async () => {
    const { gateway, channel, receive } = start(createGateway(), welcomed);
    for (let at = 0; at < 29; at += 1) await say(channel, [{ kind: "text", text: "hi" }]);
    const before = gateway.nowMs;

    await receive(enter(1_767_225_660));

    await vi.waitFor(() => expect(gateway.sent("message/send")).toHaveLength(30));
    expect(gateway.nowMs - before).toBeGreaterThan(50_000);
  });

  it("that a crash broke off is made up for, once", async () => {
    const gateway = createGateway();
    gateway.on("message/send", () => new Promise<never>(() => {}));
    void start(gateway, welcomed).receive(enter(1_767_225_660));
    await vi.waitFor(() => expect(gateway.sent("message/send")).toHaveLength(1));

    gateway.on("message/send", { errcode: 0, errmsg: "ok", msgid: "m" });
    await runBriefly(start(gateway, welcomed).channel, () => expect(gateway.sent("message/send")).toHaveLength(2));
    await start(gateway, welcomed).receive(enter(1_767_225_700));
    await runBriefly(start(gateway, welcomed).channel, () => {});

    gateway.nowMs += 31 * 60_000;
    await start(gateway, welcomed).receive(enter(1_767_227_600));
    await start(gateway, welcomed).channel.close?.();

    expect([...gateway.state.keys()].filter((key) => key.startsWith("welcoming/"))).toEqual([]);
    const [first, second, ...more] = gateway.calls.filter(({ path }) => path === "message/send");
    expect([second?.text, more]).toEqual([first?.text, []]);
  });

  it("that a crash kept from beginning is made up for", async () => {
    const gateway = createGateway();
    gateway.storeFails = true;
    await start(gateway, welcomed).receive(enter(1_767_225_660));
    gateway.storeFails = false;

    await runBriefly(start(gateway, welcomed).channel, () => expect(gateway.sent("message/send")).toHaveLength(1));
  });

  it("is said again when the period is over", async () => {
    const { gateway, receive } = start(createGateway(), { ...welcomed, welcomeEveryHours: 2 });

    await receive(enter(1_767_225_660));
    await vi.waitFor(() => expect(gateway.sent("message/send")).toHaveLength(1));
    gateway.nowMs += 2 * 3_600_000 + 1;
    await receive(enter(1_767_232_900));

    await vi.waitFor(() => expect(gateway.sent("message/send")).toHaveLength(2));
  });

  it("is tried again the next time when it could not be said", async () => {
    const { gateway, receive } = start(createGateway(), welcomed);
    gateway.on("message/send", { errcode: 60020, errmsg: "not allow to access from your ip" });
    await receive(enter(1_767_225_660));
    await vi.waitFor(() => expect(gateway.logged.join()).toContain("could not be welcomed"));

    gateway.on("message/send", { errcode: 0, errmsg: "ok", msgid: "m" });
    await receive(enter(1_767_225_700));

    await vi.waitFor(() => expect(gateway.sent("message/send")).toHaveLength(2));
  });
});

describe("a tap on a card", () => {
  const TAP =
    "<EventKey><![CDATA[yes]]></EventKey><TaskId><![CDATA[task-1]]></TaskId><CardType><![CDATA[vote_interaction]]></CardType><ResponseCode><![CDATA[CODE-1]]></ResponseCode><SelectedItems><SelectedItem><QuestionKey>q</QuestionKey><OptionIds><OptionId>a</OptionId><OptionId>b</OptionId></OptionIds></SelectedItem></SelectedItems>";

  it("is an action for the agent and an event to show", async () => {
    const { gateway, receive } = start();

    await receive(event("template_card_event", TAP));

    expect(gateway.messages).toMatchObject([
      {
        content: [
          {
            kind: "action",
            taskId: "task-1",
            key: "yes",
            cardType: "vote_interaction",
            selections: [{ question: "q", options: ["a", "b"] }],
          },
        ],
      },
    ]);
    expect(gateway.events).toMatchObject([{ kind: "card-clicked", taskId: "task-1", key: "yes" }]);
  });

  it("in the corner menu is one, too, and changes nothing on the card", async () => {
    const { gateway, receive } = start();

    const response = await receive(event("template_card_menu_event", TAP));

    expect(gateway.messages).toMatchObject([{ content: [{ kind: "action", key: "yes" }] }]);
    expect(await response.text()).toBe("success");
  });

  it("of somebody who may not talk shows nothing", async () => {
    const gateway = createGateway({ refuses: true });
    const { receive } = start(gateway);

    const response = await receive(event("template_card_event", TAP.replace("vote_", "button_")));

    expect([response.status, await response.text()]).toEqual([200, "success"]);
  });

  it("on a button of a card we do not know disables that button", async () => {
    const { receive } = start();

    const response = await receive(event("template_card_event", TAP.replace("vote_", "button_")));

    expect(await passiveReply(response)).toContain(
      "<MsgType><![CDATA[update_button]]></MsgType><Button><ReplaceName><![CDATA[已提交]]></ReplaceName></Button>",
    );
  });
});
