import { describe, expect, it, onTestFinished } from "vitest";
import { startSimulator } from "../index.ts";

/** As many as WeCom's tools have, by category. */
const COUNTS = { contact: 1, msg: 4, todo: 6, meeting: 5, schedule: 8, doc: 27 };

async function ask(origin: string, category: string, method: string, params?: object) {
  const response = await fetch(`${origin}/mcp/robot-${category}?apikey=sim-aibSimBot0000000000000001-${category}`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: "1", method, ...(params && { params }) }),
  });
  return (await response.json()) as {
    result?: { tools: { name: string }[]; content: { text: string }[] };
    error?: unknown;
  };
}

describe("the servers of a bot's tools", () => {
  it.each(Object.entries(COUNTS))("list every method of %s, and answer each", async (category, count) => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());

    const listed = await ask(sim.url, category, "tools/list");
    const names = (listed.result?.tools ?? []).map(({ name }) => name);
    const answers = await Promise.all(
      names.map((name) => ask(sim.url, category, "tools/call", { name, arguments: {} })),
    );

    expect(new Set(names).size).toBe(count);
    expect(answers.map(({ result }) => JSON.parse(result?.content[0]?.text ?? "{}").errcode)).toEqual(
      names.map(() => 0),
    );
  });
});
