import type { Channel, InboundEvent, OutboundContent } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { instantAnswer } from "./instant.ts";
import type { ChannelSettings } from "./settings.ts";
import { NO_NOTICES } from "./test-support/notices.ts";

const SETTINGS: ChannelSettings = {
  channel: { id: "support" } as Channel,
  dmPolicy: "open",
  allowFrom: [],
  groupPolicy: "open",
  groupAllowFrom: [],
  groups: {},
  commands: {},
  session: "peer",
  notices: NO_NOTICES,
};
const BASE = {
  id: "e1",
  at: new Date(0),
  from: { channel: "support", account: "wkA", kind: "direct", peer: "wmU" },
  sender: { id: "wmU", name: "小王" },
} as const;
const ENTERED: InboundEvent = { ...BASE, kind: "entered" };
const MENU: OutboundContent = { kind: "menu", head: "您好 {name}", items: [{ id: "1", text: "A" }] };

/** To somebody nobody paired. */
const answerTo = (event: InboundEvent, settings: ChannelSettings, configured?: OutboundContent) =>
  instantAnswer(event, settings, { isPaired: async () => false }, configured);

describe("the answer to an event that cannot wait", () => {
  it("is the welcome text, with names filled in", async () => {
    expect(await answerTo(ENTERED, { ...SETTINGS, welcomeText: "您好 {name} ({id}, {channel})" })).toEqual({
      kind: "text",
      text: "您好 小王 (wmU, support)",
      format: "plain",
    });
  });

  it("is what the channel's own configuration says, before the welcome text", async () => {
    const answer = await answerTo(ENTERED, { ...SETTINGS, welcomeText: "hi" }, MENU);

    expect(answer).toEqual({ ...MENU, head: "您好 小王" });
  });

  it("may be to another event than somebody's entering, but only from the channel", async () => {
    const ended: InboundEvent = { ...BASE, kind: "session-changed", servedBy: "bot" };

    expect(await answerTo(ended, { ...SETTINGS, welcomeText: "hi" })).toBeUndefined();
    expect(await answerTo(ended, SETTINGS, MENU)).toMatchObject({ kind: "menu" });
  });

  it("is held back from those who may not talk here", async () => {
    const settings: ChannelSettings = { ...SETTINGS, dmPolicy: "allowlist", allowFrom: ["wmX"], welcomeText: "hi" };

    expect(await answerTo(ENTERED, settings)).toBeUndefined();
    expect(await answerTo(ENTERED, settings, MENU)).toBeUndefined();
  });

  it("is given to a paired person", async () => {
    const settings: ChannelSettings = { ...SETTINGS, dmPolicy: "pairing", welcomeText: "hi" };
    const paired = { isPaired: async () => true };

    expect(await answerTo(ENTERED, settings)).toBeUndefined();
    expect(await instantAnswer(ENTERED, settings, paired)).toMatchObject({ text: "hi" });
  });
});
