import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ACCOUNT, type GatewayUnderTest, startGateway, waitFor } from "./harness.ts";

const AGENT = fileURLToPath(new URL("../../../packages/agents/src/acp/fixtures/agent.mjs", import.meta.url));

/** A gateway whose agent is a child process that does what the script says. */
function startWithAcp(script: object, config: object = {}) {
  const coder = {
    type: "acp",
    command: process.execPath,
    args: [AGENT],
    cwd: "./work",
    channelGuide: false,
    env: { WXGATE_SCRIPT: JSON.stringify(script), WXGATE_TRACE: "../trace" },
    ...config,
  };
  return startGateway({ config: { agents: { coder }, defaultAgent: "coder" } });
}

/** What the agent's processes noted and were sent, in this gateway's life and those before. */
function traceOf({ dir }: GatewayUnderTest): { started?: number; method?: string }[] {
  const file = join(dir, "trace");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
const pidsOf = (gateway: GatewayUnderTest) => traceOf(gateway).flatMap(({ started }) => started ?? []);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Everything on Anna's phone that came from us: texts, and the heads of menus. */
function shown({ sim }: GatewayUnderTest) {
  return sim
    .screen({ account: ACCOUNT, user: "anna" })
    .items.filter(({ direction, by }) => direction === "outbound" && by === "api");
}

const ASKING = { kind: "permission" };

describe("a coding agent behind a chat", () => {
  it("asks the person for permission, who taps an answer, and goes on in the same turn", async () => {
    const gateway = await startWithAcp(ASKING, { permissions: "ask-person" });

    await gateway.customerWrites("clean up");
    const question = await waitFor(() => shown(gateway)[0]);
    expect(JSON.stringify(question)).toContain("rm -rf build");
    await gateway.sim.tap({ account: ACCOUNT, user: "anna", message: question.id, item: "Allow" });

    await waitFor(() => shown(gateway).length === 2);
    expect(shown(gateway)[1]?.text).toContain('"optionId":"yes"');
    expect(traceOf(gateway).filter(({ method }) => method === "session/prompt")).toHaveLength(1);
  }, 60_000);

  it.each([
    ["before", true],
    ["after", false],
  ])(
    "asks once and keeps the answer when the gateway is killed while it waits, answered %s the restart",
    async (_, early) => {
      const gateway = await startWithAcp(ASKING, { permissions: "ask-person" });
      await gateway.customerWrites("clean up");
      await waitFor(() => shown(gateway).length === 1);
      await gateway.kill9();

      if (early) await gateway.customerWrites("1");
      await gateway.restart();
      if (!early) {
        await waitFor(() => traceOf(gateway).filter(({ method }) => method === "session/prompt").length === 2);
        await gateway.customerWrites("1");
      }

      await waitFor(() => shown(gateway).length === 2);
      expect(shown(gateway)[1]?.text).toContain('"optionId":"yes"');
      await gateway.customerWrites("again");
      await waitFor(() => shown(gateway).length === 3);
      expect(JSON.stringify(shown(gateway)[2])).toContain("rm -rf build");
    },
    90_000,
  );

  it.each(["approve", "reject"])(
    "has the operator decide, who can %s it by its code",
    async (verb) => {
      const gateway = await startWithAcp(ASKING, { permissions: "ask-operator" });
      await gateway.customerWrites("clean up");
      const list = async () => (await gateway.cli("permissions", "list")).stdout;
      const listed = await waitFor(async () => (await list()).includes("rm -rf build") && (await list()));
      const code = /[A-Z2-9]{8}/.exec(listed)?.[0] ?? "";

      const decided = await gateway.cli("permissions", verb, code.toLowerCase());
      const again = await gateway.cli("permissions", verb, code);

      await waitFor(() => shown(gateway).length === 1);
      expect(shown(gateway)[0]?.text).toContain(verb === "approve" ? '"optionId":"yes"' : '"optionId":"no"');
      expect([decided.code, again.code]).toEqual([0, 1]);
      expect(await list()).toBe("No agent waits for a permission.\n");
      const { items } = await gateway.api<{ items: { action: string; subject?: string; detail: object }[] }>(
        "/api/audit",
      );
      expect(items).toContainEqual(
        expect.objectContaining({
          action: `permission.${verb}`,
          subject: "coder",
          detail: expect.objectContaining({ status: 200, action: "Remove the folder\nrm -rf build" }),
        }),
      );
    },
    60_000,
  );

  it("leaves no process behind when the gateway stops, or a reload changes the agent", async () => {
    const gateway = await startWithAcp({ kind: "echo" });
    await gateway.customerWrites("hello");
    await waitFor(() => shown(gateway).length === 1);
    expect(pidsOf(gateway).filter(isRunning)).toHaveLength(1);

    gateway.writeConfig({ agents: { echo: { type: "echo" } } });
    await gateway.cli("reload");
    await waitFor(() => pidsOf(gateway).filter(isRunning).length === 0);
  }, 60_000);

  it("is ended with the gateway, whose secrets it never saw", async () => {
    const gateway = await startWithAcp({ kind: "echo" });
    await gateway.customerWrites("hello");
    await waitFor(() => shown(gateway).length === 1);

    const exit = await gateway.stop();

    expect(exit).toEqual({ code: 0, signal: null });
    expect(pidsOf(gateway)).toHaveLength(1);
    expect(pidsOf(gateway).filter(isRunning)).toEqual([]);
  }, 60_000);
});
