import { collectAnswer, sampleTurn } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agentTypes } from "./agent-types.ts";
import { testPorts } from "./fixtures/ports.ts";

describe("agent types", () => {
  it("are found by the type of their configuration", async () => {
    for (const [type, load] of Object.entries(agentTypes)) {
      const { type: own, schema } = await load();
      expect(own).toBe(type);
      expect(schema.safeParse({ type: `not-${type}` }).success).toBe(false);
      expect(z.toJSONSchema(schema, { io: "input" })).toMatchObject({ properties: { type: { const: type } } });
    }
  });

  it("make an agent of a configuration as it was written", async () => {
    const agent = await (await agentTypes.echo!()).create("parrot", { type: "echo", prefix: "" }, testPorts());

    const answer = await collectAnswer(agent.respond(sampleTurn({ text: "hi" }), new AbortController().signal));
    expect(answer.text).toBe("hi");
  });

  it.each(Object.keys(agentTypes))("refuse a misspelt key of %s", async (type) => {
    const { error } = (await agentTypes[type]!()).schema.safeParse({ type, modle: "x" });

    expect(error?.message).toContain("modle");
  });
});
