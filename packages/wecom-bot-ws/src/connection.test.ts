import { createTestPorts, settled } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import type { Connect } from "./index.ts";
import { fakePlatform, says, sends, startBot } from "./test-support/fake-platform.ts";

const KICK = {
  cmd: "aibot_event_callback",
  headers: { req_id: "KICK-1" },
  body: { msgid: "evt-kick-1", aibotid: "aibEXAMPLE", msgtype: "event", event: { eventtype: "disconnected_event" } },
};

describe("the connection", () => {
  it("subscribes with the bot's credentials and is then healthy", async () => {
    const { platform, channel } = await startBot();

    expect(platform.of("aibot_subscribe")).toMatchObject([{ body: { bot_id: "aibEXAMPLE", secret: "S3CR3T-canary" } }]);
    expect(channel.health()).toMatchObject({ state: "ok", accounts: [{ account: "aibEXAMPLE", state: "ok" }] });
  });

  it("is given up when the subscription is not answered within 10 seconds", async () => {
    const { platform, test } = await startBot({}, { setUp: (p) => (p.answer = () => "silence") });

    await test.clock.advance(10_500);
    expect(platform.connections).toBe(1);
    await test.clock.advance(1_500);

    expect(platform.connections).toBe(2);
  });

  it("is given up when it is not open within 15 seconds", async () => {
    const test = createTestPorts();
    const tried: number[] = [];
    const connect: Connect = (_url, _events, signal) => {
      tried.push(test.clock.now());
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    };
    await startBot({ connect }, { test });

    await test.clock.advance(16_500);

    expect(tried.slice(1).map((at) => at - (tried[0] ?? 0))).toEqual([16_000]);
  });

  it("pings every 30 seconds", async () => {
    const { platform, test } = await startBot();

    await test.clock.advance(91_000);

    expect(platform.of("ping")).toHaveLength(3);
    expect(platform.connections).toBe(1);
  });

  it("is made anew when nobody is at the other end any more, within three heartbeats", async () => {
    const { platform, test } = await startBot();
    platform.pongs = false;

    await test.clock.advance(93_000);

    expect(platform.connections).toBe(2);
  });

  it("is tried again after 1, 2, 4 … 30 seconds, for ever, and quickly again once it worked", async () => {
    const { platform, test } = await startBot();
    platform.open = false;
    platform.drop();
    await test.clock.advance(10 * 60_000);
    platform.open = true;
    await test.clock.advance(36_000);
    expect(platform.connections).toBe(2);

    platform.drop();
    await test.clock.advance(1_300);

    expect(platform.connections).toBe(3);
  });

  it("is tried ever more rarely while its subscriptions are refused, and quickly again only after one was taken", async () => {
    let isRefusing = false;
    const { platform, test } = await startBot(
      {},
      { setUp: (p) => (p.answer = ({ cmd }) => (cmd === "aibot_subscribe" && isRefusing ? 40058 : 0)) },
    );
    isRefusing = true;
    platform.drop();
    await test.clock.advance(3 * 60_000);
    isRefusing = false;
    await test.clock.advance(40_000);
    const before = platform.of("aibot_subscribe");
    platform.drop();
    await test.clock.advance(1_300);

    const tries = before.slice(1).map(({ at }) => at);
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    for (const [index, pause] of pauses.entries()) {
      const planned = Math.min(2 ** (index + 1), 30) * 1_000;
      expect(pause).toBeGreaterThanOrEqual(planned * 0.8);
      expect(pause).toBeLessThanOrEqual(planned * 1.2 + 100);
    }
    expect(pauses.length).toBeGreaterThanOrEqual(7);
    expect(platform.of("aibot_subscribe")).toHaveLength(before.length + 1);
  });

  it("is tried no more than maxReconnectAttempts times when that is set", async () => {
    const { platform, test, channel } = await startBot({ maxReconnectAttempts: 2 });
    platform.open = false;
    platform.drop();
    await test.clock.advance(60_000);
    platform.open = true;

    await test.clock.advance(3_600_000);

    expect(platform.connections).toBe(1);
    expect(channel.health()).toMatchObject({ state: "stopped" });
  });

  it("stops after five refusals of the secret, and tells the operator", async () => {
    const { platform, test, channel } = await startBot({}, { setUp: (p) => (p.answer = () => 853000) });

    await test.clock.advance(3_600_000);

    expect(platform.connections).toBe(5);
    expect(channel.health()).toMatchObject({ state: "stopped", hint: expect.stringContaining("Secret") });
    expect(test.logs.some(({ level }) => level === "error")).toBe(true);
    await expect(
      sends({ platform, test, channel, stop: async () => {} }, { kind: "text", text: "x" }),
    ).rejects.toMatchObject({
      name: "AuthenticationError",
    });
  });

  it("rests for minutes after 45009, across restarts too", async () => {
    const first = await startBot(
      {},
      { setUp: (p) => (p.answer = ({ cmd }) => (cmd === "aibot_subscribe" ? 45009 : 0)) },
    );
    await first.test.clock.advance(60_000);
    await first.stop();

    const platform = fakePlatform(() => first.test.clock.now());
    await startBot({}, { test: first.test, platform });
    await first.test.clock.advance(60_000);
    expect(platform.connections).toBe(0);
    await first.test.clock.advance(5 * 60_000);

    expect(platform.connections).toBe(1);
  });

  it("subscribes anew after 846609 and repeats the frame, once", async () => {
    let refusals = 1;
    const bot = await startBot(
      {},
      {
        setUp: (p) => (p.answer = ({ cmd }) => (cmd === "aibot_send_msg" && refusals-- > 0 ? 846609 : 0)),
      },
    );

    await sends(bot, { kind: "text", text: "hello" });

    expect(bot.platform.of("aibot_subscribe")).toHaveLength(2);
    expect(bot.platform.of("aibot_send_msg")).toHaveLength(2);
    expect(bot.platform.connections).toBe(1);
  });

  it("is not asked for ever by 846609: the message waits for its next attempt", async () => {
    const bot = await startBot({}, { setUp: (p) => (p.answer = ({ cmd }) => (cmd === "aibot_send_msg" ? 846609 : 0)) });

    await expect(sends(bot, { kind: "text", text: "hello" })).rejects.toMatchObject({
      name: "TransientError",
      sent: "no",
    });

    expect(bot.platform.of("aibot_send_msg")).toHaveLength(2);
  });

  it("tells who sends without it that nothing was sent", async () => {
    const bot = await startBot({}, { setUp: (p) => (p.open = false) });
    const sending = sends(bot, { kind: "text", text: "x" });
    sending.catch(() => {});
    await bot.test.clock.advance(6_000);

    await expect(sending).rejects.toMatchObject({ code: "wecom-bot.not-connected", sent: "no" });
  });

  it("that breaks while a frame is under way leaves the outcome open", async () => {
    const bot = await startBot({}, { setUp: (p) => (p.answer = ({ cmd }) => (cmd === "aibot_send_msg" ? "drop" : 0)) });

    await expect(sends(bot, { kind: "text", text: "x" })).rejects.toMatchObject({
      name: "TransientError",
      sent: "unknown",
    });
  });

  it("stands with a server whose answers to subscription and pings name nothing", async () => {
    const { platform, test, channel } = await startBot({}, { setUp: (p) => (p.answer = () => ({ headers: {} })) });
    expect(channel.health()).toMatchObject({ state: "ok" });
    platform.pongs = false;

    for (let minute = 0; minute < 10; minute += 1) {
      await test.clock.advance(60_000);
      platform.push({ errcode: "0", errmsg: "ok" });
    }

    expect(platform.connections).toBe(1);
  });

  it("survives frames that are no JSON, unknown commands, acknowledgements of nothing and control bytes", async () => {
    const bot = await startBot();
    bot.platform.push({ cmd: "aibot_something_new", headers: { req_id: "x" }, body: {} });
    bot.platform.push({ headers: { req_id: "nobody" }, errcode: 0 });

    await says(bot, "fine \u0001 still");

    expect(bot.test.inbox.messages).toHaveLength(1);
    expect(bot.platform.connections).toBe(1);
  });
});

describe("a connection that somebody else takes", () => {
  it("is closed at once and not made again before a minute has passed", async () => {
    const { platform, test, channel } = await startBot();

    platform.push(KICK);
    await test.clock.advance(59_000);
    expect(platform.connections).toBe(1);
    expect(channel.health().state).toBe("displaced");
    await test.clock.advance(60_000);

    expect(platform.connections).toBe(2);
    expect(test.inbox.events).toMatchObject([{ kind: "kicked" }]);
    expect(test.logs.some(({ level }) => level === "error")).toBe(true);
  });

  it("is left alone where the policy says so", async () => {
    const { platform, test } = await startBot({ kicked: { policy: "stop" } });

    platform.push(KICK);
    await test.clock.advance(24 * 3_600_000);

    expect(platform.connections).toBe(1);
  });

  it("is given up without an alarm when our own gateway took it over", async () => {
    const test = createTestPorts();
    const lease = new AbortController();
    const own = (_account: string, work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal) =>
      work(AbortSignal.any([signal, lease.signal]));
    const platform = fakePlatform(() => test.clock.now());
    await startBot({}, { test: { ...test, ports: { ...test.ports, own } }, platform });

    platform.push(KICK);
    await test.clock.advance(3_000);
    lease.abort();
    await test.clock.advance(3_600_000);

    expect(platform.connections).toBe(1);
    expect(test.logs.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("comes to rest between two gateways that know nothing of each other", async () => {
    const clockOwner = createTestPorts();
    const parties = [clockOwner, createTestPorts()].map((test) => ({
      ...test,
      clock: clockOwner.clock,
      ports: { ...test.ports, clock: clockOwner.clock },
    }));
    const platforms = parties.map(() => fakePlatform(() => clockOwner.clock.now()));
    let kicks = 0;
    for (const [index, platform] of platforms.entries()) {
      platform.answer = ({ cmd }) => {
        if (cmd !== "aibot_subscribe") return 0;
        kicks += 1;
        platforms[1 - index]?.push({ ...KICK, body: { ...KICK.body, msgid: `kick-${kicks}` } });
        return 0;
      };
    }
    for (const [index, test] of parties.entries()) {
      await startBot({}, { test, platform: platforms[index] as ReturnType<typeof fakePlatform> });
    }

    await clockOwner.clock.advance(6 * 3_600_000);
    const settledAt = kicks;
    await clockOwner.clock.advance(12 * 3_600_000);

    expect(kicks).toBe(settledAt);
    expect(kicks).toBeLessThanOrEqual(6);
    await settled();
  });
});
