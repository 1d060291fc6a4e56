import { serve } from "@wxgate/core";
import { describe, expect, it, vi } from "vitest";
import { createKfChannel } from "./index.ts";
import { CONFIG, callback, urlCheck } from "./test-support/callbacks.ts";
import { fakeQyapi, ok, refusal } from "./test-support/fake-qyapi.ts";

describe("a KF channel in one's own application", () => {
  it("answers a customer's message, from the encrypted callback to send_msg", async () => {
    const qyapi = fakeQyapi();
    qyapi.once("kf/sync_msg", {
      ...ok,
      next_cursor: "c1",
      has_more: 0,
      msg_list: [
        {
          msgid: "m1",
          open_kfid: "wkA",
          external_userid: "wmU",
          send_time: Math.floor(Date.now() / 1000),
          origin: 3,
          msgtype: "text",
          text: { content: "hi" },
        },
      ],
    });
    const served = await serve(createKfChannel, CONFIG, (message) => message.reply(`you said ${message.text}`), {
      fetch: qyapi.fetch,
    });

    const response = await served.webhook(
      callback({ openKfId: "wkA", token: "T1", createTime: Math.floor(Date.now() / 1000) }),
    );
    await vi.waitFor(() => expect(qyapi.sent("kf/send_msg")).toHaveLength(1));
    await served.close();

    expect([response.status, await response.text()]).toEqual([200, "success"]);
    expect(qyapi.sent("kf/sync_msg")[0]).toEqual({ open_kfid: "wkA", token: "T1", limit: 1000, voice_format: 0 });
    expect(qyapi.sent("kf/send_msg")).toMatchObject([
      { touser: "wmU", open_kfid: "wkA", msgtype: "text", msgid: expect.stringMatching(/^[0-9A-Za-z_-]{1,32}$/) },
    ]);
  });

  it("keeps a reply while a human serves the customer, and sends it with the next one", async () => {
    const qyapi = fakeQyapi();
    const seconds = Math.floor(Date.now() / 1000);
    const said = (content: string) => ({
      ...ok,
      next_cursor: content,
      has_more: 0,
      msg_list: [
        {
          msgid: content,
          open_kfid: "wkA",
          external_userid: "wmU",
          send_time: seconds,
          origin: 3,
          msgtype: "text",
          text: { content },
        },
      ],
    });
    qyapi.once("kf/sync_msg", said("one"));
    qyapi.once("kf/sync_msg", said("two"));
    qyapi.once("kf/send_msg", refusal(95018));
    qyapi.on("kf/service_state/get", { ...ok, service_state: 3 });
    const served = await serve(createKfChannel, CONFIG, (message) => message.reply(`re: ${message.text}`), {
      fetch: qyapi.fetch,
    });

    for (const calls of [1, 3]) {
      await served.webhook(callback({ openKfId: "wkA", token: "T", createTime: seconds }));
      await vi.waitFor(() => expect(qyapi.sent("kf/send_msg")).toHaveLength(calls), { timeout: 5_000 });
    }
    await served.close();

    expect(qyapi.sent("kf/send_msg").map(({ text }) => text.content)).toEqual(["re: one", "re: one", "re: two"]);
  });

  it("passes the console's URL check before a secret is configured", async () => {
    const { secret: _secret, ...withoutSecret } = CONFIG;
    const served = await serve(createKfChannel, withoutSecret, () => {}, { fetch: fakeQyapi().fetch });

    const response = await served.webhook(urlCheck());

    expect([response.status, await response.text()]).toEqual([200, "5927782489442352469"]);
    expect(served.channel.health()).toMatchObject({ state: "paused", reason: expect.stringContaining("no secret") });
    await served.close();
  });
});
