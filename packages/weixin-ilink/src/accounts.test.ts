import { describe, expect, it } from "vitest";
import { createWeixinIlinkChannel } from "./channel.ts";
import { BASE } from "./test-support/fake-ilink.ts";
import { CONFIG, PERSON, said, startIlink } from "./test-support/start-ilink.ts";

const signal = new AbortController().signal;
const unsigned = { token: undefined, userId: undefined };
const stored = { token: "b1@im.bot:canary-stored", botId: "b1@im.bot", baseUrl: BASE, savedAt: 1 };

describe("an account", () => {
  it("that was signed in at another gateway is polled here within seconds", async () => {
    const h = startIlink({ config: unsigned });
    const work = h.run();
    await h.clock.advance(1_000);
    await h.ports.state.set(`account|${PERSON}`, stored, { sealed: true });
    h.brings(said("hello"));

    await h.clock.advance(6_000);
    await work.stop();

    expect(h.ilink.named("getupdates")[0]?.headers.get("authorization")).toBe(`Bearer ${stored.token}`);
    expect(h.inbox.messages).toHaveLength(1);
  });

  it("whose login another gateway saw refused is not sent to from here", async () => {
    const h = startIlink();
    const other = createWeixinIlinkChannel("me", CONFIG, h.ports);
    h.ilink.on("sendmessage", { ret: -14 });
    const piece = { content: [{ kind: "text", text: "x" } as const] };
    const message = { id: "a", replyId: "r", answers: [], handles: [], attempt: 1, piece };
    const to = { channel: "me", account: PERSON, kind: "direct", peer: PERSON } as const;
    await expect(other.send({ ...message, to }, signal)).rejects.toMatchObject({ code: "ilink.login-expired" });

    const work = h.run();
    await h.clock.advance(100);

    await expect(h.channel.send({ ...message, to }, signal)).rejects.toMatchObject({ code: "ilink.login-expired" });
    await work.stop();
    expect(h.ilink.named("sendmessage")).toHaveLength(1);
  });

  it("that cannot be read is left out, and said", async () => {
    const h = startIlink({ config: unsigned });
    await h.ports.state.set("account|o9x@im.wechat", { token: 5 }, { sealed: true });
    const work = h.run();
    await h.clock.advance(100);
    await work.stop();

    expect(h.channel.health().accounts).toEqual([]);
    expect(h.logs.map(({ message }) => message)).toContain("a stored login cannot be read");
  });
});

describe("a live check", () => {
  it("tells at once what the platform says to each login", async () => {
    const h = startIlink();
    const good = await h.channel.probe?.(signal);
    h.ilink.on("msg/notifystart", { ret: -14 });

    const refused = await h.channel.probe?.(signal);

    expect(good).toMatchObject({ state: "ok" });
    expect(refused).toMatchObject({ state: "needs-login", accounts: [{ account: PERSON, state: "needs-login" }] });
  });

  it("tells what keeps it from knowing", async () => {
    const h = startIlink();
    h.ilink.on("msg/notifystart", new Response("", { status: 502 }));

    expect(await h.channel.probe?.(signal)).toMatchObject({
      state: "degraded",
      reason: expect.stringContaining("502"),
    });
  });
});
