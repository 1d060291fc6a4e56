import { channelContract } from "@wxgate/testing";
import { createKfChannel } from "./index.ts";
import { CONFIG, callback, innerXml, signed, urlCheck } from "./test-support/callbacks.ts";
import { fakeQyapi, ok } from "./test-support/fake-qyapi.ts";
import { byteLength, TEXT_BYTES } from "./text.ts";

const NOW = 1_700_000_010_000;
const TO = { channel: "support", account: "wkA", kind: "direct", peer: "wmCustomer" } as const;

channelContract("kf", {
  now: NOW,
  create: ({ ports }) => createKfChannel("support", CONFIG, ports),
  platform() {
    const qyapi = fakeQyapi();
    const item = { open_kfid: "wkA", external_userid: "wmCustomer", send_time: 1_700_000_001, origin: 3 };
    qyapi.on("kf/sync_msg", {
      ...ok,
      next_cursor: "c1",
      has_more: 0,
      msg_list: [{ ...item, msgid: "m1", msgtype: "text", text: { content: "hi" } }],
    });
    return qyapi.fetch;
  },
  secrets: [CONFIG.secret, CONFIG.token, CONFIG.encodingAESKey, "AT-canary-token"],
  webhook: {
    genuine: () => callback({ openKfId: "wkA", token: "ENCSIMTOKEN0001" }),
    acknowledges: "doorbell",
    whenNotStored: 200,
    forged: () => signed("AAAA", { timestamp: "1700000001", nonce: "1" }, "0".repeat(40)),
    foreign: () => callback(innerXml({ event: "enter_agent" })),
    check: () => ({ request: urlCheck(), answer: "5927782489442352469" }),
    tooManyBytes: 64 * 1024,
  },
  outbound: {
    to: TO,
    problem({ content: [only, ...more] }) {
      if (only === undefined || more.length > 0) return "not exactly one content";
      if (only.kind === "text" && only.text.trim() === "") return "an empty text";
      if (only.kind === "text" && byteLength(only.text) > TEXT_BYTES) return `${byteLength(only.text)} bytes of text`;
      if (only.kind === "menu" && only.items.length > 10) return `${only.items.length} items`;
      return undefined;
    },
    shownText: ({ content }) => content.map((part) => (part.kind === "text" ? part.text : "")).join(""),
  },
  targets: {
    good: [{ text: "wmCustomer@wkA", address: TO }],
    bad: ["", "wm customer", "a@b@c", "@all"],
    forms: [/external_userid/, /external_userid@open_kfid/],
  },
  media: { mediaId: "MEDIA1" },
});
