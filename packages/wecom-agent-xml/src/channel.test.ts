import { serve } from "@wxgate/core";
import { describe, expect, it, vi } from "vitest";
import { CONFIG, textMessage } from "./fixtures/callbacks.ts";
import { createGateway } from "./fixtures/gateway.ts";
import { createAgentXmlChannel } from "./index.ts";

describe("an app channel in one's own application", () => {
  it("answers a member's message, from the encrypted callback to message/send", async () => {
    const platform = createGateway();
    const served = await serve(createAgentXmlChannel, CONFIG, (message) => message.reply(`you said ${message.text}`), {
      fetch: platform.ports().fetch,
    });

    const response = await served.webhook(textMessage("hi"));
    await vi.waitFor(() => expect(platform.sent("message/send")).toHaveLength(1));
    await served.close();

    expect([response.status, await response.text()]).toEqual([200, "success"]);
    expect(platform.sent("message/send")).toMatchObject([
      {
        touser: "chen.yu",
        agentid: 1000017,
        msgtype: "text",
        text: { content: "you said hi" },
        enable_duplicate_check: 1,
      },
    ]);
  });
});
