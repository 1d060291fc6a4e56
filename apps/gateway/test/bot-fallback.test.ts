import { describe, expect, it } from "vitest";
import { APP, appChannel, botChannel, connected, LONG_BOT, phoneOf, tell, WAITS_TO_BE_TOLD } from "./bots.ts";
import { type GatewayUnderTest, startGateway, waitFor } from "./harness.ts";

/** A bot on its long connection, and the enterprise's app that sends when the bot cannot. */
async function startBoth(agent?: string): Promise<GatewayUnderTest> {
  const gateway = await startGateway({
    config: (sim) => ({
      ...(agent && { agents: { own: { type: "module", path: "./agent.mjs" } }, defaultAgent: "own" }),
      channels: {
        helper: botChannel(sim, { fallback: "app", mediaLocalRoots: ["."] }),
        app: appChannel(sim, { mediaLocalRoots: ["."] }),
      },
    }),
    files: { "report.txt": "the whole report", ...(agent && { "agent.mjs": agent }) },
  });
  await connected(gateway);
  return gateway;
}

/** The platform takes connections and answers no subscription any more. */
async function cutOff({ sim }: GatewayUnderTest): Promise<void> {
  sim.setFaults([{ name: "bot.subscribe.silent" }]);
  await sim.act("wecom-bot-ws", "disconnect", { account: LONG_BOT });
}

const send = (gateway: GatewayUnderTest, target: string, ...content: readonly object[]) =>
  gateway.api("/api/messages", { method: "POST", body: { channel: "helper", target, content } });

describe("a bot with the enterprise's app as its fallback", () => {
  it("has text and files sent by the app while its connection is down", async () => {
    const gateway = await startBoth();
    const phone = phoneOf(gateway, APP, "zhangsan");
    await cutOff(gateway);

    await send(gateway, "zhangsan", { kind: "text", text: "hello anyway" });
    await send(gateway, "zhangsan", { kind: "file", path: "./report.txt", filename: "report.txt" });
    await waitFor(() => phone.answers().length === 2);

    expect(phone.texts()[0]).toBe("hello anyway");
    expect(phone.answers()[1]).toMatchObject({ kind: "file", media: { filename: "report.txt" } });
    expect(phoneOf(gateway, LONG_BOT, "zhangsan").answers()).toEqual([]);
  });

  it("ends a bubble whose answer the app sent, once its connection is back", async () => {
    const gateway = await startBoth(`
      ${WAITS_TO_BE_TOLD}
      export default {
        async *respond() {
          yield { kind: "text-delta", text: "half of it" };
          await told();
          yield { kind: "text-delta", text: " and the rest" };
        },
      };`);
    const bubbles = () => phoneOf(gateway, LONG_BOT, "zhangsan").answers();
    await gateway.customerWrites("tell me", "zhangsan", LONG_BOT);
    await waitFor(() => bubbles().some(({ text }) => text === "half of it"));
    await cutOff(gateway);
    tell(gateway);
    await waitFor(() => phoneOf(gateway, APP, "zhangsan").texts().length === 1, { timeoutMs: 30_000 });

    gateway.sim.clearFaults();
    await waitFor(() => gateway.log().match(/the bot is connected/g)?.length === 2, { timeoutMs: 60_000 });
    await waitFor(() => bubbles().every(({ spinning }) => spinning === false));

    expect(phoneOf(gateway, APP, "zhangsan").texts()).toEqual(["half of it and the rest"]);
    expect(bubbles()).toMatchObject([{ finishes: 1, text: "half of it and the rest" }]);
  }, 120_000);

  it("has a file that the app cannot upload either told in words, without its path", async () => {
    const gateway = await startBoth();
    const phone = phoneOf(gateway, APP, "zhangsan");
    await cutOff(gateway);
    gateway.sim.setFaults([
      { name: "bot.subscribe.silent" },
      { name: "qyapi.errcode", target: "media/upload", value: 40009 },
    ]);

    await send(gateway, "zhangsan", { kind: "file", path: "./report.txt" });
    await waitFor(() => phone.answers().length === 1);

    expect(phone.texts()).toEqual(["（文件未能发送：企业微信拒绝了该文件（错误码 40009））"]);
  });

  it.each([
    ["party:2", "zhangsan"],
    ["tag:1", "zhangsan"],
  ])("leaves %s to the app", async (target, member) => {
    const gateway = await startBoth();
    const phone = phoneOf(gateway, APP, member);

    await send(gateway, target, { kind: "text", text: "to all of you" });
    await waitFor(() => phone.answers().length === 1);

    expect(phone.texts()).toEqual(["to all of you"]);
  });

  it("refuses an operator's wrong card at once, as the app does", async () => {
    const gateway = await startBoth();
    const content = [{ kind: "card", card: { card_type: "text_notice", main_title: { title: "Hello" } } }];

    for (const channel of ["helper", "app"]) {
      const body = { channel, target: "zhangsan", content };
      await expect(gateway.api("/api/messages", { method: "POST", body })).rejects.toThrow(
        /answered 422: .*card.card_action is missing.*"code":"card.invalid"/,
      );
    }

    expect(await gateway.api("/api/deliveries")).toMatchObject({ items: [] });
  });
});
