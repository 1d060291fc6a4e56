import { utf8Length } from "@wxgate/chunker";
import { outboundText } from "@wxgate/core";
import { channelContract } from "@wxgate/testing";
import { CONFIG, callbacksOf, RESPONSE_URL, TO } from "./fixtures/callbacks.ts";
import { createWecomBotWebhookChannel } from "./index.ts";

const platform = callbacksOf();
const sign = { timestamp: "1700000000", nonce: "1" };

channelContract("wecom-bot-webhook", {
  create({ ports, clock }) {
    const channel = createWecomBotWebhookChannel("hook", CONFIG, ports);
    // A bot on callbacks speaks only where somebody wrote: as the dispatcher does, the contract's sends name that message.
    const handles = [{ messageId: "c-1", receivedAt: clock.now(), data: { at: clock.now(), url: RESPONSE_URL } }];
    return { ...channel, send: (message, signal) => channel.send({ ...message, handles }, signal) };
  },
  platform: () => async () => Response.json({ errcode: 0, errmsg: "ok" }),
  secrets: [CONFIG.token, CONFIG.encodingAESKey],
  webhook: {
    genuine: () => platform.text("hello"),
    acknowledges: "after-accept",
    whenNotStored: 200,
    forged: () => platform.signed({ ...sign, encrypt: "AAAA" }, "0".repeat(40)),
    foreign: () => platform.text("hello", { aibotid: "aibOTHER" }),
    check: () => ({ request: platform.check("4782190563312270981"), answer: "4782190563312270981" }),
    tooManyBytes: 1024 * 1024,
  },
  outbound: {
    to: TO,
    problem({ content }) {
      const texts = content.filter(({ kind }) => kind === "text");
      const images = content.filter(({ kind }) => kind === "image");
      const others = content.filter(({ kind }) => kind === "card" || kind === "native");
      if (texts.length + images.length + others.length < content.length) return "something that has no way";
      if (texts.length > 1 || images.length > 10 || others.length > 1) return "more than a packet holds";
      for (const text of texts) {
        if (text.kind !== "text" || text.text.trim() === "") return "an empty text";
        if (utf8Length(text.text) > 20_480) return `${utf8Length(text.text)} bytes of text`;
      }
      return content.length === 0 ? "nothing" : undefined;
    },
    shownText: ({ content }) => content.map((one) => (one.kind === "card" ? "" : outboundText(one))).join(""),
  },
  targets: {
    good: [
      { text: "wmUser1", address: TO },
      { text: "user:Zhang.San", address: { ...TO, peer: "Zhang.San" } },
      { text: "wecom:group:wrGroupABC", address: { ...TO, kind: "group", peer: "wrGroupABC" } },
    ],
    bad: ["", "weixin:abc", "party:abc", "party:12", "tag:3", "@all", "a|b"],
    forms: [/user:zhangsan/],
  },
  media: { kind: "image", url: "https://a.qq.com/f" },
});
