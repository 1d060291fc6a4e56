import { describe, expect, it } from "vitest";
import { botChannel, connected, HOOK_BOT, hookChannel, LONG_BOT, phoneOf, saved } from "./bots.ts";
import { startGateway, waitFor } from "./harness.ts";

/** Answers with what it was told of its earlier answers. */
const RATED_AGENT = `
  export default {
    async *respond(turn) {
      const content = turn.messages.flatMap((message) => message.content);
      const ratings = content.filter(({ kind }) => kind === "feedback");
      yield { kind: "text-delta", text: ratings.length === 0 ? "The sky is green." : JSON.stringify(ratings) };
    },
  };`;

interface Line {
  readonly id: string;
  readonly direction: string;
  readonly feedback?: unknown;
}

describe("a rating of a bot's answer", () => {
  it.each([
    ["on its long connection", LONG_BOT, "wecom-bot-ws"],
    ["on callbacks", HOOK_BOT, "wecom-bot-webhook"],
  ])("%s stands beside the answer and reaches the agent after a restart", async (_how, account, platform) => {
    const gateway = await startGateway({
      files: { "agent.mjs": RATED_AGENT },
      config: (sim) => ({
        agents: { own: { type: "module", path: "./agent.mjs" } },
        defaultAgent: "own",
        channels: { helper: botChannel(sim), hook: hookChannel(sim) },
      }),
    });
    await connected(gateway);
    await saved(gateway);
    const phone = phoneOf(gateway, account, "anna");
    await gateway.customerWrites("what colour is the sky?", "anna", account);
    const answer = await waitFor(() => phone.finished()[0]);

    await gateway.sim.act(platform, "feedback", {
      account,
      from: "anna",
      message: answer.id,
      type: 2,
      content: "it is blue",
      reasons: [3],
    });
    await waitFor(async () => (await ratedLines()).length > 0);
    await gateway.kill9();
    await gateway.restart();
    await connected(gateway);
    await gateway.customerWrites("once more", "anna", account);
    await waitFor(() => phone.finished().length === 2);

    expect(phone.answers()).toHaveLength(2);
    expect(JSON.parse(phone.texts()[1] ?? "")).toMatchObject([
      {
        kind: "feedback",
        by: "anna",
        score: "bad",
        reasons: ["wrong"],
        text: "it is blue",
        about: "The sky is green.",
      },
    ]);
    const [rated] = await ratedLines();
    expect(rated?.feedback).toMatchObject([{ by: "anna", score: "bad", text: "it is blue" }]);
    const { items } = await gateway.api<{ items: { what: string }[] }>(`/api/messages/${rated?.id}/timeline`);
    expect(items.map(({ what }) => what)).toContain("rated bad");

    async function ratedLines(): Promise<readonly Line[]> {
      const conversations = await gateway.api<{ items: { id: string }[] }>("/api/conversations?search=anna");
      const path = `/api/conversations/${conversations.items[0]?.id}/messages`;
      const lines = (await gateway.api<{ items: Line[] }>(path)).items;
      return lines.filter(({ feedback }) => feedback !== undefined);
    }
  });
});
