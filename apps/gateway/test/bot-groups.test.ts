import { describe, expect, it } from "vitest";
import { botChannel, connected, HOOK_BOT, hookChannel, LONG_BOT, phoneOf, saved } from "./bots.ts";
import { type GatewayUnderTest, startGateway, waitFor } from "./harness.ts";

const STRICT = { botName: "Helper", groups: { "*": { requireMention: true } } };
const GROUP = "wrTeam";

/** A message callback as the platform could send it, with or without a mention. */
async function says(gateway: GatewayUnderTest, account: string, content: string): Promise<void> {
  const platform = account === LONG_BOT ? "wecom-bot-ws" : "wecom-bot-webhook";
  const body = { msgtype: "text", text: { content } };
  await gateway.sim.act(platform, "raw", { account, from: "anna", group: GROUP, body });
}

describe("a bot in a group that wants to be mentioned", () => {
  it.each([
    ["on its long connection", LONG_BOT],
    ["on callbacks", HOOK_BOT],
  ])("%s answers what calls it by name and keeps the rest for itself", async (_how, account) => {
    const gateway = await startGateway({
      config: (sim) => ({ channels: { helper: botChannel(sim, STRICT), hook: hookChannel(sim, STRICT) } }),
    });
    await connected(gateway);
    await saved(gateway);
    const phone = phoneOf(gateway, account, "anna", GROUP);

    await says(gateway, account, "who brings the cake? mail cake@Helper.com");
    await says(gateway, account, "you, @Helper ?");
    await waitFor(() => phone.finished().length > 0);

    expect(phone.texts()).toEqual([expect.stringContaining("you, ?")]);
    const conversations = await gateway.api<{ items: { id: string }[] }>(`/api/conversations?search=${GROUP}`);
    const { items } = await gateway.api<{ items: { direction: string }[] }>(
      `/api/conversations/${conversations.items[0]?.id}/messages`,
    );
    expect(items.filter(({ direction }) => direction === "inbound")).toHaveLength(2);
  });
});
