import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { describe, expect, it, onTestFinished } from "vitest";
import { APP, appChannel } from "./bots.ts";
import { ACCOUNT, type GatewayUnderTest, type Json, kfChannel, startGateway, TOKEN, waitFor } from "./harness.ts";

async function connect(gateway: GatewayUnderTest, token: string = TOKEN): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" });
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${gateway.adminUrl}/mcp`), { requestInit: { headers } }),
  );
  onTestFinished(() => client.close());
  return client;
}

/** What the tool says, as JSON where it is JSON. */
async function use(client: Client, name: string, args: Json = {}) {
  const result = await client.callTool({ name, arguments: args });
  const [first] = result.content as { text: string }[];
  const text = first?.text ?? "";
  return { failed: result.isError === true, text, json: text.startsWith("{") ? JSON.parse(text) : undefined };
}

/** Where a customer is, as the platform names them. */
async function customer(gateway: GatewayUnderTest, name = "anna") {
  await gateway.customerWrites("hello", name);
  await waitFor(() => gateway.repliesTo(name).length === 1);
  const { items } = await gateway.api<{ items: { id: string; peer: string }[] }>(`/api/conversations?search=${name}`);
  return { conversation: items[0]?.id ?? "", target: items[0]?.peer ?? "" };
}

describe("MCP on the admin server", () => {
  it("is refused without the token", async () => {
    const gateway = await startGateway();

    await expect(connect(gateway, "wrong")).rejects.toThrow(/admin token|401/);
  });

  it("names its tools with their arguments, and which of them only look", async () => {
    const gateway = await startGateway();
    const client = await connect(gateway);

    const { tools } = await client.listTools();

    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["send_message", "recall_message", "hand_over", "read_history", "create_schedule"]),
    );
    expect(tools.find(({ name }) => name === "list_conversations")).toMatchObject({
      annotations: { readOnlyHint: true },
      inputSchema: { type: "object", properties: { search: { type: "string" } } },
    });
  });

  it("sends a text and a file to a customer", async () => {
    const gateway = await startGateway();
    const { target } = await customer(gateway);
    const client = await connect(gateway);

    const { json } = await use(client, "send_message", {
      channel: "support",
      target,
      content: [
        { kind: "text", text: "your table" },
        { kind: "file", text: "a,b\n1,2", filename: "table.csv" },
      ],
    });

    expect(json).toMatchObject({ to: { channel: "support", account: ACCOUNT, peer: target } });
    await waitFor(() => {
      const kinds = gateway.sim.screen({ account: ACCOUNT, user: "anna" }).items.map(({ kind }) => kind);
      return kinds.slice(-2).join() === "text,file";
    });
  });

  it("looks up who wrote and what was said", async () => {
    const gateway = await startGateway();
    await customer(gateway, "ben");
    const anna = await customer(gateway, "anna");
    const client = await connect(gateway);

    const found = await use(client, "list_conversations", { search: "anna" });
    const history = await use(client, "read_history", { conversation: anna.conversation });

    expect(found.json.conversations).toMatchObject([
      { id: anna.conversation, channel: "support", peer: anna.target, servedBy: "bot" },
    ]);
    expect(history.json.messages.map(({ direction }: { direction: string }) => direction)).toEqual([
      "outbound",
      "inbound",
    ]);
    expect(history.json.messages[1].content).toEqual([{ kind: "text", text: "hello" }]);
  });

  it("hands a customer over to a human", async () => {
    const gateway = await startGateway();
    const { conversation } = await customer(gateway);
    const client = await connect(gateway);

    await use(client, "hand_over", { conversation });

    await waitFor(async () => {
      const { json } = await use(client, "list_conversations", { search: "anna" });
      return json.conversations[0]?.servedBy === "human";
    });
  });

  it("takes a message back where the platform can, and says so where it cannot", async () => {
    const gateway = await startGateway({
      config: (sim) => ({ channels: { support: kfChannel(sim), app: appChannel(sim) } }),
    });
    const { target } = await customer(gateway);
    const client = await connect(gateway);
    const send = async (channel: string, target: string) => {
      const { json } = await use(client, "send_message", { channel, target, text: "oops" });
      const [id] = json.deliveries as string[];
      await waitFor(async () => {
        const { items } = await gateway.api<{ items: { id: string; state: string }[] }>("/api/deliveries");
        return items.some((row) => row.id === id && (row.state === "accepted" || row.state === "confirmed"));
      });
      return id;
    };

    const byApp = await use(client, "recall_message", { delivery: await send("app", "zhangsan") });
    const byKf = await use(client, "recall_message", { delivery: await send("support", target) });

    expect(byApp.json).toMatchObject({ state: "recalled" });
    expect(gateway.sim.screen({ account: APP, user: "zhangsan" }).items).toMatchObject([{ state: "recalled" }]);
    expect(byKf).toMatchObject({ failed: true, text: expect.stringContaining("takes no message back") });
  });

  it("manages schedules", async () => {
    const gateway = await startGateway();
    const { target } = await customer(gateway);
    const client = await connect(gateway);

    const made = await use(client, "create_schedule", {
      name: "greeting",
      cron: "0 9 1 1 *",
      text: "happy new year",
      channel: "support",
      target,
    });
    const { id } = made.json;
    await use(client, "run_schedule", { id });
    await waitFor(() => gateway.repliesTo().includes("happy new year"));
    const runs = await use(client, "list_schedule_runs", { id });
    const off = await use(client, "update_schedule", { id, enabled: false });
    await use(client, "delete_schedule", { id });
    const left = await use(client, "list_schedules");

    expect(made.json).toMatchObject({
      name: "greeting",
      enabled: true,
      nextAt: expect.stringMatching(/-12-31T|-01-01T/),
    });
    expect(runs.json.runs).toMatchObject([{ reason: "manual" }]);
    expect(off.json).toMatchObject({ enabled: false });
    expect(left.json).toEqual({ schedules: [] });
  });

  it("leaves a schedule what an update does not name: its hour when the zone moves, its zone when the hour moves", async () => {
    const gateway = await startGateway();
    const { target } = await customer(gateway);
    const client = await connect(gateway);
    const made = await use(client, "create_schedule", {
      name: "morning",
      cron: "0 9 * * *",
      timeZone: "America/New_York",
      text: "hi",
      channel: "support",
      target,
    });
    const { id } = made.json;

    const later = await use(client, "update_schedule", { id, cron: "0 10 * * *" });
    const moved = await use(client, "update_schedule", { id, timeZone: "Europe/Berlin" });

    expect(later.json.timing).toEqual({ kind: "cron", expression: "0 10 * * *", timeZone: "America/New_York" });
    expect(moved.json.timing).toEqual({ kind: "cron", expression: "0 10 * * *", timeZone: "Europe/Berlin" });
  });

  it("changes what a schedule sends or asks, and where that goes", async () => {
    const gateway = await startGateway();
    const { target } = await customer(gateway);
    const client = await connect(gateway);
    const made = await use(client, "create_schedule", {
      name: "morning",
      cron: "0 9 * * *",
      text: "hi",
      channel: "support",
      target,
    });
    const { id } = made.json;
    const change = async (changes: Json) => (await use(client, "update_schedule", { id, ...changes })).json.action;
    const to = { channel: "support", target };

    expect(await change({ text: "good morning" })).toEqual({
      kind: "send",
      to,
      content: [{ kind: "text", text: "good morning" }],
    });
    expect(await change({ prompt: "What is new?", agent: "echo" })).toEqual({
      kind: "ask",
      prompt: "What is new?",
      agent: "echo",
      to,
    });
    expect(await change({ prompt: "What else?" })).toMatchObject({ prompt: "What else?", agent: "echo", to });
    const { target: other } = await customer(gateway, "bella");
    expect(await change({ channel: "support", target: other })).toMatchObject({
      prompt: "What else?",
      to: { channel: "support", target: other },
    });

    const wrong = [
      await use(client, "update_schedule", { id, text: "a", prompt: "b" }),
      await use(client, "update_schedule", { id, target: other }),
      await use(client, "update_schedule", { id, prompt: "b", agent: "nobody" }),
    ];

    expect(wrong.map(({ text }) => text)).toEqual([
      expect.stringContaining("write one of text, content and prompt"),
      expect.stringContaining("say where it goes"),
      expect.stringContaining("nobody"),
    ]);
  });

  it("serves the skills as resources, and by tools", async () => {
    const gateway = await startGateway();
    const client = await connect(gateway);

    const { resources } = await client.listResources();
    const { contents } = await client.readResource({ uri: resources[0]?.uri ?? "" });
    const listed = await use(client, "list_skills");
    const read = await use(client, "read_skill", { name: resources[0]?.name });

    expect(resources.map(({ name }) => name)).toContain("send-media");
    expect(listed.json.skills).toEqual(resources.map(({ name, description }) => ({ name, description })));
    expect(contents).toMatchObject([{ mimeType: "text/markdown", text: read.json.text }]);
  });

  it("tells in words what was asked wrongly, and keeps the connection", async () => {
    const gateway = await startGateway();
    const client = await connect(gateway);

    const wrong = [
      await use(client, "send_message", { channel: "suport", target: "anna", text: "hi" }),
      await use(client, "send_message", { text: "hi" }),
      await use(client, "send_message", { chanel: "support" }),
      await use(client, "dance"),
    ];

    expect(wrong.every(({ failed }) => failed)).toBe(true);
    expect(wrong.map(({ text }) => text)).toEqual([
      expect.stringContaining("the channels are support"),
      expect.stringContaining("say where"),
      expect.stringContaining("chanel"),
      expect.stringContaining('no tool "dance"'),
    ]);
  });

  it("leaves each call in the audit", async () => {
    const gateway = await startGateway();
    const client = await connect(gateway);

    await use(client, "list_channels");

    const { items } = await gateway.api<{ items: Json[] }>("/api/audit");
    expect(items).toContainEqual(expect.objectContaining({ action: "mcp", subject: "tools/call list_channels" }));
  });
});
