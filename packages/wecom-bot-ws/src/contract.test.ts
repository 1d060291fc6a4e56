import { utf8Length } from "@wxgate/chunker";
import { channelContract } from "@wxgate/testing";
import { type Connect, createWecomBotWsChannel } from "./index.ts";
import { CONFIG, SECRET, TO } from "./test-support/fake-platform.ts";

/** A socket whose every frame is a request, so that the contract can cut the line or let it hang. */
const overFetch =
  (fetch: (url: string, init: RequestInit) => Promise<Response>): Connect =>
  async (url, events, signal) => {
    let isOpen = true;
    const closed = (reason: string) => {
      if (!isOpen) return;
      isOpen = false;
      events.closed(reason);
    };
    return {
      send(body) {
        fetch(url.replace("wss:", "https:"), { method: "POST", body, signal })
          .then(async (response) => {
            if (isOpen) events.message(await response.text());
          })
          .catch(() => closed("connection reset"));
      },
      close: () => closed("closed by us"),
    };
  };

channelContract("wecom-bot-ws", {
  async create({ ports }) {
    const channel = createWecomBotWsChannel("helper", { ...CONFIG, connect: overFetch(ports.fetch) }, ports);
    void channel.run?.(new AbortController().signal);
    while (channel.health().state !== "ok") await new Promise((resolve) => setImmediate(resolve));
    return channel;
  },
  platform() {
    return async (_input, init) => {
      const { headers } = JSON.parse(String(init?.body)) as { headers: { req_id: string } };
      return Response.json({ headers, errcode: 0, errmsg: "ok" });
    };
  },
  secrets: [SECRET],
  outbound: {
    to: TO,
    problem({ content: [only, ...more] }) {
      if (only === undefined || more.length > 0) return "not exactly one content";
      if (only.kind === "text" && only.text.trim() === "") return "an empty text";
      if (only.kind === "text" && utf8Length(only.text) > 20_480) return `${utf8Length(only.text)} bytes of text`;
      return undefined;
    },
    shownText: ({ content }) => content.map((part) => (part.kind === "text" ? part.text : "")).join(""),
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
  media: { kind: "image", url: "https://a.qq.com/f", aeskey: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" },
});
