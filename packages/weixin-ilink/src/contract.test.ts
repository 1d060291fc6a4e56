import { channelContract } from "@wxgate/testing";
import { createWeixinIlinkChannel } from "./index.ts";
import { CDN, fakeIlink } from "./test-support/fake-ilink.ts";
import { CONFIG, PERSON, said, TO, TOKEN } from "./test-support/start-ilink.ts";

channelContract("weixin-ilink", {
  create: ({ ports }) => createWeixinIlinkChannel("me", CONFIG, ports),
  platform() {
    const ilink = fakeIlink();
    ilink.once("getupdates", { ret: 0, msgs: [said("hi")], get_updates_buf: "c1" });
    return ilink.fetch;
  },
  secrets: [TOKEN, TOKEN.split(":")[1] as string],
  outbound: {
    to: TO,
    problem({ content: [only, ...more] }) {
      if (only === undefined || more.length > 0) return "not exactly one item";
      if (only.kind !== "text") return undefined;
      if (only.text.trim() === "") return "an empty text";
      return Buffer.byteLength(only.text) > 15_000 ? `${Buffer.byteLength(only.text)} bytes of text` : undefined;
    },
    shownText: ({ content }) => content.map((part) => (part.kind === "text" ? part.text : "")).join(""),
    // There is no human to hand over to.
    silentKinds: ["handoff"],
  },
  targets: {
    good: [
      { text: PERSON, address: TO },
      { text: `user:${PERSON.toLowerCase()}`, address: TO },
      { text: `${PERSON}/${PERSON}`, address: TO },
    ],
    bad: ["", "zhangsan", "a@b@c", "@all", "o9other@im.wechat", `nobody@im.bot/${PERSON}`],
    forms: [/@im\.wechat/, /<account>\/<person>/],
  },
  media: { kind: "file", url: `${CDN}/download?encrypted_query_param=x`, key: "00112233445566778899aabbccddeeff" },
});
