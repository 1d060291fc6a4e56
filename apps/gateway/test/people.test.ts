import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { kfChannel, startGateway, waitFor } from "./harness.ts";

/** Says which instance of which agent it is, where it works, and what it remembers. */
const TELLING = `export default ({ name }) => ({
  capabilities: { history: false },
  async *respond(turn) {
    const said = turn.history.filter(({ role }) => role === "user").map(({ text }) => text);
    yield { kind: "text-delta", text: JSON.stringify({ name, instance: turn.instance, folder: turn.folder, said }) };
  },
});
`;
const AGENTS = {
  main: { type: "module", path: "./telling.mjs" },
  ops: { type: "module", path: "./telling.mjs" },
};

async function start(channel: object, more: object = {}) {
  const gateway = await startGateway({
    files: { "telling.mjs": TELLING },
    config: (sim) => ({
      agents: AGENTS,
      defaultAgent: "main",
      channels: { support: kfChannel(sim, { ...channel }) },
      ...more,
    }),
  });
  return {
    ...gateway,
    async asks(text: string, from = "anna"): Promise<string> {
      const before = gateway.repliesTo(from).length;
      await gateway.customerWrites(text, from);
      await waitFor(() => gateway.repliesTo(from).length > before);
      return gateway.repliesTo(from).at(-1) ?? "";
    },
  };
}

describe("people and agents", () => {
  it("have an instance, a memory and a folder each, where the channel wants it", async () => {
    const { asks } = await start({ dynamicAgents: { enabled: true }, session: "channel" });

    await asks("anna's secret");
    const bella = JSON.parse(await asks("hello", "bella"));
    const anna = JSON.parse(await asks("and now?"));

    expect(bella.said).toEqual([]);
    expect(anna.said).toEqual(["anna's secret"]);
    expect(anna.instance).not.toBe(bella.instance);
    expect(anna.folder.endsWith(anna.instance)).toBe(true);
    expect([anna.folder, bella.folder].every((folder) => existsSync(folder))).toBe(true);
  });

  it("choose another agent by /agent, where it is offered, until /new", async () => {
    const { asks } = await start({ commands: { agents: ["main", "ops"] } });

    expect(JSON.parse(await asks("hi")).name).toBe("main");
    await asks("/agent ops");
    expect(JSON.parse(await asks("hi")).name).toBe("ops");
    await asks("/new");
    expect(JSON.parse(await asks("hi"))).toMatchObject({ name: "main", said: [] });
  });

  it("obey the operator's own commands and access groups, in the channel's language", async () => {
    const { asks } = await start(
      {
        language: "en",
        commands: {
          allowFrom: ["@admins"],
          custom: { "/price": { content: { kind: "text", text: "100" }, allowFrom: ["*"] } },
        },
      },
      { accessGroups: { admins: ["nobody"] } },
    );

    expect(await asks("/price")).toBe("100");
    expect(await asks("/status")).toBe("Sorry, you may not use this command.");
  });
});
