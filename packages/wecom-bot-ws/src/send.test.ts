import { utf8Length } from "@wxgate/chunker";
import { RejectedError } from "@wxgate/core";
import { createTestPorts } from "@wxgate/testing";
import { botEnglish } from "@wxgate/wecom-bot-message";
import { describe, expect, it } from "vitest";
import { createWecomBotWsChannel } from "./index.ts";
import { bubbles, CONFIG, says, sends, startBot, TO } from "./test-support/fake-platform.ts";

const GROUP = { ...TO, kind: "group", peer: "wrGroupABC" } as const;
const text = (words: string) => ({ kind: "text", text: words }) as const;
const CARD = {
  card_type: "button_interaction",
  main_title: { title: "Approve?" },
  button_list: [{ text: "Yes", key: "yes", style: "1" }],
};
const source = (bytes: Uint8Array) => ({
  open: async () => ({
    body: (async function* () {
      yield bytes;
    })(),
    mime: "application/octet-stream",
    filename: "report.pdf",
  }),
});

describe("an answer", () => {
  it("is a bubble that is whole at once, and the same bubble when it is sent again", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");

    const first = await sends(bot, text("Hello!"), target);
    const second = await sends(bot, text("Hello!"), { ...target, attempt: 2 });

    expect(second.platformId).toBe(first.platformId);
    expect(bubbles(bot.platform)).toMatchObject([
      { id: first.platformId, content: "Hello!", finish: true, reqId: "CB-m-1" },
      { id: first.platformId },
    ]);
  });

  it("goes by aibot_send_msg when its message is older than 24 hours", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const old = target.handles.map((handle) => ({ ...handle, receivedAt: handle.receivedAt - 25 * 3_600_000 }));

    await sends(bot, text("late"), { ...target, handles: old });

    expect(bot.platform.of("aibot_send_msg")).toHaveLength(1);
  });

  it("of 60,000 bytes of Chinese arrives whole, in bubbles within the limit", async () => {
    const bot = await startBot();
    const target = await says(bot, "hi");
    const long = "天地玄黄宇宙洪荒。".repeat(2_230);
    const pieces = bot.channel.prepare([text(long)], { to: target.to, longReply: "continue" });

    for (const [index, piece] of pieces.entries()) {
      await bot.channel.send(
        { ...target, id: `d${index}`, replyId: "r", piece, attempt: 1 },
        new AbortController().signal,
      );
    }

    const contents = bubbles(bot.platform).map(({ content }) => content ?? "");
    expect(contents.join("")).toBe(long);
    for (const content of contents) expect(utf8Length(content)).toBeLessThanOrEqual(20_480);
  });

  it("carries an id by which it can be rated, unless that is switched off", async () => {
    const bot = await startBot();
    const receipt = await sends(bot, text("Hello!"), await says(bot, "hi"));
    const off = await startBot({ feedback: false });
    await sends(off, text("Hello!"), await says(off, "hi"));

    expect(bot.platform.of("aibot_respond_msg")[0]?.body).toMatchObject({
      stream: { feedback: { id: receipt.platformId } },
    });
    expect(JSON.stringify(off.platform.frames)).not.toContain("feedback");
  });
});

describe("a message of our own accord", () => {
  it("says what kind of chat it is for, and keeps the case of its id", async () => {
    const bot = await startBot();

    await sends(bot, text("hello"));
    await sends(bot, text("hello all"), { to: GROUP });

    expect(bot.platform.of("aibot_send_msg").map(({ body }) => body)).toMatchObject([
      { chatid: "wmUser1", chat_type: 1, msgtype: "markdown" },
      { chatid: "wrGroupABC", chat_type: 2, msgtype: "markdown" },
    ]);
  });

  it("is split at 4,000 bytes, and goes on behind what was taken when it is tried again", async () => {
    const bot = await startBot();
    const long = "第一行文字。\n".repeat(600);
    let left = 2;
    bot.platform.answer = ({ cmd }) => (cmd === "aibot_send_msg" && left-- <= 0 ? 45009 : 0);
    await expect(sends(bot, text(long))).rejects.toMatchObject({
      name: "TransientError",
      code: "wecom-bot.rate-limited",
    });
    bot.platform.answer = () => 0;

    await sends(bot, text(long), { attempt: 2 });

    const contents = bot.platform
      .of("aibot_send_msg")
      .map(({ body }) => (body.markdown as { content: string }).content);
    for (const content of contents) expect(utf8Length(content)).toBeLessThanOrEqual(4_000);
    const taken = contents.filter((_, index) => index !== 2).join("");
    expect(taken.replace(/\s/g, "")).toBe(long.replace(/\s/g, ""));
  });

  it("waits rather than meet the limit of 30 a minute, which each chat has for itself", async () => {
    const bot = await startBot();
    for (let sent = 0; sent < 30; sent += 1) await sends(bot, text("x"));

    await expect(sends(bot, text("31"))).rejects.toMatchObject({ code: "wecom-bot.paced", sent: "no" });
    await sends(bot, text("elsewhere"), { to: GROUP });
    await bot.test.clock.advance(61_000);
    await sends(bot, text("31"));

    expect(bot.platform.of("aibot_send_msg")).toHaveLength(32);
  });

  it.each(["party:12", "tag:3", "a|b"])("cannot be for %s, and says what can", async (target) => {
    const bot = await startBot();

    const find = async () => bot.channel.target(target);

    await expect(find()).rejects.toMatchObject({
      name: "RejectedError",
      code: "wecom-bot.no-audience",
      hint: expect.stringContaining("fallback"),
    });
  });

  it("that somebody addressed to a department all the same is refused before it leaves", async () => {
    const bot = await startBot();

    const sending = sends(bot, text("x"), { to: { ...TO, kind: "audience", peer: "party:12" } });

    await expect(sending).rejects.toBeInstanceOf(RejectedError);
    expect(bot.platform.of("aibot_send_msg")).toEqual([]);
  });

  it("of the bot's own JSON without a msgtype is refused in words", async () => {
    const bot = await startBot();

    const sending = sends(bot, { kind: "native", payload: { markdown: { content: "raw" } } });

    await expect(sending).rejects.toMatchObject({
      name: "RejectedError",
      code: "wecom-bot.native-without-msgtype",
      hint: expect.stringContaining('{ "msgtype": "markdown"'),
    });
    expect(bot.platform.of("aibot_send_msg")).toEqual([]);
  });

  it.each([
    [45009, "TransientError"],
    [93006, "RejectedError"],
    [40008, "RejectedError"],
    [853000, "AuthenticationError"],
    [-1, "TransientError"],
    [123456, "RejectedError"],
  ])("that is refused with %i is a %s", async (errcode, name) => {
    const bot = await startBot(
      {},
      { setUp: (p) => (p.answer = ({ cmd }) => (cmd === "aibot_send_msg" ? errcode : 0)) },
    );

    const error = await sends(bot, text("x")).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ name, platformCode: errcode });
    expect((error as Error).message).not.toContain("203.0.113.9");
  });
});

describe("a card", () => {
  it("is checked and completed, and changes when it is tapped, also while the chat is busy", async () => {
    const bot = await startBot();
    await sends(bot, { kind: "card", card: CARD }, { id: "card-1" });
    const card = bot.platform.of("aibot_send_msg")[0]?.body.template_card;
    expect(card).toMatchObject({ task_id: "card-1", button_list: [{ style: 1 }] });

    bot.platform.push({
      cmd: "aibot_event_callback",
      headers: { req_id: "EV-9" },
      body: {
        msgid: "e-1",
        aibotid: "aibEXAMPLE",
        from: { userid: "wmUser1" },
        msgtype: "event",
        event: {
          eventtype: "template_card_event",
          template_card_event: { card_type: "button_interaction", event_key: "yes", task_id: "card-1" },
        },
      },
    });
    await bot.test.clock.advance(1);

    expect(bot.platform.of("aibot_respond_update_msg")).toMatchObject([
      {
        reqId: "EV-9",
        body: {
          response_type: "update_template_card",
          userids: ["wmUser1"],
          template_card: { task_id: "card-1", button_list: [{ text: "已提交" }] },
        },
      },
    ]);
    expect(bot.test.inbox.messages).toMatchObject([{ content: [{ kind: "action", taskId: "card-1", key: "yes" }] }]);
  });

  it("with a form gets its button in the channel's language", async () => {
    const bot = await startBot({ notices: botEnglish.notices });
    const checkbox = { question_key: "q", option_list: [{ id: "a", text: "Rice" }] };

    await sends(bot, {
      kind: "card",
      card: { card_type: "vote_interaction", main_title: { title: "Lunch" }, checkbox },
    });

    expect(bot.platform.of("aibot_send_msg")[0]?.body).toMatchObject({
      template_card: { submit_button: { text: "Submit" } },
    });
  });

  it("that a model got wrong is said in words to whoever waits for an answer, and refused to anybody else", async () => {
    const wrong = {
      kind: "card",
      card: { card_type: "button_interaction", main_title: { title: "Approve?" } },
    } as const;
    const bot = await startBot();

    await sends(bot, wrong, await says(bot, "hi"));

    expect(bubbles(bot.platform)).toMatchObject([{ content: "Approve?", finish: true }]);
    const refusal = { code: "card.invalid", message: "card.button_list is missing" };
    await expect(sends(bot, wrong)).rejects.toMatchObject(refusal);
    expect(() => bot.channel.check?.(wrong)).toThrow(expect.objectContaining(refusal));
  });

  it("that greets is checked with the configuration", () => {
    const welcomeCard = { card_type: "text_notice", main_title: { title: "Hello" } };

    expect(() => createWecomBotWsChannel("helper", { ...CONFIG, welcomeCard }, createTestPorts().ports)).toThrow(
      "welcomeCard: card.card_action is missing",
    );
  });
});

describe("a file", () => {
  it("is uploaded in pieces that count from 0, with its checksum, and a refused piece is repeated alone", async () => {
    const bytes = new Uint8Array(1_048_581).fill(7);
    let refusals = 1;
    const bot = await startBot(
      {},
      {
        media: source(bytes),
        setUp: (p) =>
          (p.answer = ({ cmd, body }) => {
            if (cmd === "aibot_upload_media_init") return { body: { upload_id: "UP1" } };
            if (cmd === "aibot_upload_media_finish")
              return { body: { type: "file", media_id: "MID", created_at: "1700000300" } };
            return cmd === "aibot_upload_media_chunk" && body.chunk_index === 1 && refusals-- > 0 ? 40058 : 0;
          }),
      },
    );

    const sending = sends(bot, { kind: "file", url: "https://example.com/report.pdf" });
    let isDone = false;
    void sending.finally(() => {
      isDone = true;
    });
    // The file waits on a real disk, the pause before the repeat on the test's clock.
    while (!isDone) {
      await bot.test.clock.advance(20);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await sending;

    expect(bot.platform.of("aibot_upload_media_init")[0]?.body).toMatchObject({
      type: "file",
      filename: "report.pdf",
      total_size: 1_048_581,
      total_chunks: 3,
      md5: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    const indexes = bot.platform.of("aibot_upload_media_chunk").map(({ body }) => body.chunk_index);
    expect([...indexes].sort()).toEqual([0, 1, 1, 2]);
    expect(bot.platform.of("aibot_send_msg")[0]?.body).toMatchObject({ msgtype: "file", file: { media_id: "MID" } });
  });

  it("that is too large is refused in words, with its public address and no local path", async () => {
    const bot = await startBot({}, { media: source(new Uint8Array(21 * 1024 * 1024)) });

    await sends(bot, { kind: "file", url: "https://example.com/big.bin" });

    const body = bot.platform.of("aibot_send_msg")[0]?.body as { markdown: { content: string } };
    expect(body.markdown.content).toContain("https://example.com/big.bin");
    expect(body.markdown.content).toContain("20");
  });
});

describe("calls for tools", () => {
  it("give where the bot's tools are, and ask for an authorisation", async () => {
    const bot = await startBot(
      {},
      {
        setUp: (p) =>
          (p.answer = ({ cmd }) => (cmd === "aibot_get_mcp_config" ? { body: { url: "https://x/mcp?apikey=k" } } : 0)),
      },
    );

    const { url } = await bot.channel.bot.getMcpConfig({ bizType: "contact", pluginVersion: "1.0.0" });
    await bot.channel.bot.sendBizMessage({ bizType: 1, chat: { id: "wmUser1", kind: "direct" }, userId: "wmUser1" });

    expect(url).toBe("https://x/mcp?apikey=k");
    expect(bot.platform.of("aibot_get_mcp_config")[0]?.body).toEqual({ biz_type: "contact", plugin_version: "1.0.0" });
    expect(bot.platform.of("aibot_send_biz_msg")[0]?.body).toEqual({
      biz_type: 1,
      chat_id: "wmUser1",
      userid: "wmUser1",
      chat_type: 1,
    });
  });

  it("do not take a category that is switched off for a lost subscription", async () => {
    const bot = await startBot(
      {},
      { setUp: (p) => (p.answer = ({ cmd }) => (cmd === "aibot_get_mcp_config" ? 846609 : 0)) },
    );

    const asked = bot.channel.bot.getMcpConfig({ bizType: "contact", pluginVersion: "1.0.0" });

    await expect(asked).rejects.toMatchObject({ platformCode: 846609 });
    expect(bot.platform.of("aibot_subscribe")).toHaveLength(1);
  });
});
