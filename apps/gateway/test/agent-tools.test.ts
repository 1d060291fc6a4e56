import { describe, expect, it } from "vitest";
import { type GatewayUnderTest, type Json, kfChannel, startGateway, waitFor } from "./harness.ts";
import { startModel } from "./model.ts";

/** A model that calls one tool, then says "done". */
async function modelCalling(name: string, args: () => Json) {
  const { requests, url } = await startModel(({ messages }) => {
    const call = { id: "c1", type: "function", function: { name, arguments: JSON.stringify(args()) } };
    return messages.some(({ role }) => role === "tool") ? { content: "done" } : { content: null, tool_calls: [call] };
  });
  const result = (position = -1) =>
    requests
      .flatMap(({ messages }) => messages)
      .filter(({ role }) => role === "tool")
      .at(position)?.content ?? "";
  return { requests, result, url };
}

function startWith(url: string, more: Json = {}): Promise<GatewayUnderTest> {
  return startGateway({
    config: (sim) => ({
      agents: { assistant: { type: "openai", baseUrl: url, model: "m" } },
      channels: { support: kfChannel(sim) },
      ...more,
    }),
  });
}

async function conversationOf(gateway: GatewayUnderTest, name: string): Promise<string> {
  const { items } = await gateway.api<{ items: { id: string }[] }>(`/api/conversations?search=${name}`);
  return items[0]?.id ?? "";
}

describe("an agent with the built-in tool loop", () => {
  it("sends into its own conversation without being told where that is", async () => {
    const model = await modelCalling("send_message", () => ({ text: "by the way" }));
    const gateway = await startWith(model.url);

    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 2);

    expect([...gateway.repliesTo()].sort()).toEqual(["by the way", "done"]);
    expect(model.requests[0]?.tools?.map((tool) => tool.function.name)).toEqual(
      expect.arrayContaining(["send_message", "read_history", "hand_over", "create_schedule", "read_skill"]),
    );
  });

  it("cannot read what another customer said, and is told why", async () => {
    let other = "";
    const model = await modelCalling("read_history", () => (other === "" ? {} : { conversation: other }));
    const gateway = await startWith(model.url);
    await gateway.customerWrites("my secret is 1234", "ben");
    await waitFor(() => gateway.repliesTo("ben").length === 1);
    expect(model.result()).toContain("my secret is 1234");
    other = await conversationOf(gateway, "ben");

    await gateway.customerWrites("what did ben say?", "anna");
    await waitFor(() => gateway.repliesTo("anna").length === 1);

    expect(model.result()).toContain("only the conversation it answers");
    expect(model.requests.at(-1)?.tools?.map((tool) => tool.function.name)).not.toContain("list_conversations");
  });

  it("reaches everything when the operator says so", async () => {
    const model = await modelCalling("list_conversations", () => ({}));
    const gateway = await startWith(model.url, { tools: { everywhere: ["assistant"] } });

    await gateway.customerWrites("who wrote?");
    await waitFor(() => gateway.repliesTo().length === 1);

    expect(JSON.parse(model.result()).conversations).toMatchObject([{ channel: "support" }]);
  });

  it("makes a schedule for the person it talks with, and sees no others", async () => {
    const model = await modelCalling("create_schedule", () => ({ name: "standup", cron: "0 9 * * 1-5", text: "up!" }));
    const gateway = await startWith(model.url);

    await gateway.customerWrites("remind me", "anna");
    await waitFor(() => gateway.repliesTo("anna").length === 1);

    const made = JSON.parse(model.result());
    expect(made).toMatchObject({ name: "standup", action: { kind: "send", to: { channel: "support" } } });
    expect(made.createdBy).toContain("agent:assistant in support|");
  });
});
