import { describe, expect, it } from "vitest";
import { registry } from "../registry.ts";
import { parseConfig } from "./load.ts";

const KEYS: Readonly<Record<string, object>> = {
  kf: { corpId: "ww1", secret: "s", token: "t", encodingAESKey: "a".repeat(43) },
  "wecom-bot-ws": { botId: "aib1", secret: "s" },
  "wecom-bot-webhook": { token: "t", encodingAESKey: "a".repeat(43) },
  "wecom-agent-xml": { corpId: "ww1", secret: "s", agentId: 1 },
  "weixin-ilink": {},
};

async function keysOf(type: string, more: object) {
  const text = JSON.stringify({ channels: { it: { type, ...KEYS[type], ...more } } });
  const config = await parseConfig({ file: "wxgate.yaml", text, directory: "/", env: {} }, registry);
  return config.channels.it?.keys ?? {};
}

describe.each(Object.keys(registry.channels))("a channel of type %s", (type) => {
  it("has no Chinese words left where its language is English", async () => {
    expect(JSON.stringify(await keysOf(type, {}))).toMatch(/\p{Script=Han}/u);
    expect(JSON.stringify(await keysOf(type, { language: "en" }))).not.toMatch(/\p{Script=Han}/u);
  });

  it("keeps the operator's own words in any language", async () => {
    const { notices } = await keysOf(type, { language: "en", notices: { notAvailable: "没有文件" } });

    expect(notices).toMatchObject({ notAvailable: "没有文件", notSent: "(A file could not be sent: {reason})" });
  });
});
