import { outboundText } from "@wxgate/core";
import { channelContract } from "@wxgate/testing";
import { CONFIG, event, signed, textMessage, urlCheck } from "./fixtures/callbacks.ts";
import { createGateway } from "./fixtures/gateway.ts";
import { createAgentXmlChannel } from "./index.ts";

const to = { channel: "app", account: "1000017", kind: "direct", peer: "zhangsan" } as const;
const audience = { ...to, kind: "audience" } as const;
const CARD_PATTERN = /card|menu/;

channelContract("wecom-agent-xml", {
  create: ({ ports }) => createAgentXmlChannel("app", CONFIG, ports),
  platform() {
    const platform = createGateway();
    // The duplicate check answers a repeat with the message it knows.
    platform.on("message/send", { errcode: 0, errmsg: "ok", msgid: "msg-1" });
    return platform.ports().fetch;
  },
  secrets: [CONFIG.secret, CONFIG.token, CONFIG.encodingAESKey, "AT-canary-token"],
  webhook: {
    genuine: () => textMessage("hello"),
    acknowledges: "after-accept",
    whenNotStored: 503,
    forged: () => signed({ encrypt: "AAAA", timestamp: "1767225661", nonce: "1" }, "0".repeat(40)),
    foreign: () => event("kf_msg_or_event", "", { agentId: "" }),
    check: () => ({ request: urlCheck("4782190563312270981"), answer: "4782190563312270981" }),
    tooManyBytes: 1024 * 1024,
  },
  outbound: {
    to,
    problem({ content: [content, ...more] }) {
      if (content === undefined || more.length > 0) return "a piece holds one content before it is staged";
      if (content.kind !== "text") return undefined;
      if (content.text.trim() === "") return "blank text";
      return Buffer.byteLength(content.text) > 2048 ? "more than 2048 bytes" : undefined;
    },
    shownText: ({ content }) => content.map((one) => (CARD_PATTERN.test(one.kind) ? "" : outboundText(one))).join(""),
  },
  targets: {
    good: [
      { text: "zhangsan", address: to },
      { text: "wecom:user:Zhang.San", address: { ...to, peer: "Zhang.San" } },
      { text: "party:12", address: { ...audience, peer: "party:12" } },
      { text: "12", address: { ...audience, peer: "party:12" } },
      { text: "tag:3", address: { ...audience, peer: "tag:3" } },
      { text: "user:a|b", address: { ...audience, peer: "user:a|b" } },
      { text: "group:wr123abc", address: { ...to, kind: "group", peer: "wr123abc" } },
    ],
    bad: ["", "party:abc", "weixin:abc", "group:party:1"],
    forms: [/user:zhangsan/, /party:12/, /tag:3/],
  },
  media: { mediaId: "MEDIA-1" },
});
