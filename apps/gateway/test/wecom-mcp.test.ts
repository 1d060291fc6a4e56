import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { describe, expect, it, onTestFinished } from "vitest";
import { LONG_BOT as BOT, botChannel, connected } from "./bots.ts";
import { type GatewayUnderTest, type Json, startGateway, TOKEN, waitFor } from "./harness.ts";
import { takePort } from "./in-process.ts";

const USER_HEADER = "x-openclaw-wecom-userid";

interface McpCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly message: { readonly method: string; readonly params?: { readonly arguments?: Json } };
}

async function toolCalls(gateway: GatewayUnderTest): Promise<readonly McpCall[]> {
  const { calls } = await gateway.sim.act("wecom-bot-ws", "mcp-calls", { account: BOT });
  return (calls as unknown as McpCall[]).filter(({ message }) => message.method === "tools/call");
}

/** The operator's tools over MCP. */
async function operator(gateway: GatewayUnderTest) {
  const client = new Client({ name: "test", version: "1.0.0" });
  const headers = { authorization: `Bearer ${TOKEN}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${gateway.adminUrl}/mcp`), { requestInit: { headers } }),
  );
  onTestFinished(() => client.close());
  return {
    client,
    async use(args: Json): Promise<string> {
      const { content } = await client.callTool({ name: "wecom_mcp", arguments: args });
      return (content as { text: string }[])[0]?.text ?? "";
    },
  };
}

/** A model that calls `wecom_mcp` once, then says "done". */
async function modelCalling(args: Json): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const call = { id: "c1", type: "function", function: { name: "wecom_mcp", arguments: JSON.stringify(args) } };
    const message = body.includes('"role":"tool"')
      ? { role: "assistant", content: "done" }
      : { role: "assistant", content: null, tool_calls: [call] };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ choices: [{ message, finish_reason: "stop" }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const GET_USERS = { action: "call", category: "contact", method: "get_userlist" };

const pageOf = (page_filepath: string): Json => ({
  action: "call",
  category: "doc",
  method: "smartpage_create",
  args: { title: "t", pages: [{ page_title: "p", content_type: 1, page_filepath }] },
});

describe("wecom_mcp through the gateway", () => {
  it.each([
    ["without sessions, as JSON", []],
    ["with sessions, as events", ["bot.mcp.stateful", "bot.mcp.events"]],
  ])("lists and calls WeCom's methods %s", async (_, faults) => {
    const gateway = await startGateway({ config: (sim) => ({ channels: { helper: botChannel(sim) } }) });
    await connected(gateway);
    gateway.sim.setFaults(faults.map((name) => ({ name, target: BOT })));
    const { use } = await operator(gateway);

    const listed = JSON.parse(await use({ action: "list", category: "contact" }));
    const called = await use(GET_USERS);

    expect(listed).toMatchObject({ count: 1, tools: [{ name: "get_userlist" }] });
    expect(JSON.stringify(listed)).not.toContain("$schema");
    expect(called).toContain("张三");
    const [sent] = await toolCalls(gateway);
    expect(sent?.headers[USER_HEADER]).toBeUndefined();
    expect(sent?.headers["mcp-session-id"] !== undefined).toBe(faults.length > 0);
    expect(gateway.log()).not.toContain("apikey");
  });

  it("names the person who wrote to the bot, not the one a model invents", async () => {
    const baseUrl = await modelCalling({ ...GET_USERS, args: { userid: "ceo", [USER_HEADER]: "ceo" } });
    const gateway = await startGateway({
      config: (sim) => ({
        agents: { assistant: { type: "openai", baseUrl, model: "m" } },
        channels: { helper: botChannel(sim) },
      }),
    });
    await connected(gateway);

    await gateway.customerWrites("who works here?", "zhangsan", BOT);

    const [call] = await waitFor(async () => {
      const calls = await toolCalls(gateway);
      return calls.length > 0 && calls;
    });
    expect(call?.headers[USER_HEADER]).toBe("zhangsan");
  });

  it("reads files below the channel's folders only", async () => {
    const gateway = await startGateway({
      config: (sim) => ({ channels: { helper: botChannel(sim, { mediaLocalRoots: ["./pages"] }) } }),
      files: { "outside.md": "secret" },
    });
    await connected(gateway);
    const { use } = await operator(gateway);

    const refused = [await use(pageOf("/etc/passwd")), await use(pageOf(join(gateway.dir, "outside.md")))];

    expect(refused.map((text) => JSON.parse(text))).toEqual([
      { error: expect.any(String) },
      { error: expect.any(String) },
    ]);
    expect(await toolCalls(gateway)).toEqual([]);
  });

  it("goes on with the channel that runs after a reload that failed", async () => {
    const { port } = await takePort();
    const gateway = await startGateway({
      config: (sim) => ({ channels: { helper: botChannel(sim, { mediaLocalRoots: ["./pages"] }) } }),
      files: { "outside.md": "secret" },
    });
    await connected(gateway);
    const { use } = await operator(gateway);

    gateway.writeConfig({
      server: { host: "127.0.0.1", port },
      channels: { helper: botChannel(gateway.sim, { mediaLocalRoots: ["."] }) },
    });
    const { stderr } = await gateway.cli("reload");
    const refused = await use(pageOf(join(gateway.dir, "outside.md")));
    const called = await use(GET_USERS);

    expect(stderr).toContain("another program uses that port");
    expect(JSON.parse(refused)).toEqual({ error: expect.any(String) });
    expect(called).toContain("张三");
  });

  it("is not offered without a bot, nor are the skills for it", async () => {
    const gateway = await startGateway();
    const { client } = await operator(gateway);

    const { tools } = await client.listTools();
    const { resources } = await client.listResources();

    expect(tools.map(({ name }) => name)).not.toContain("wecom_mcp");
    expect(resources.map(({ name }) => name)).toEqual(["send-media", "template-cards"]);
  });
});
