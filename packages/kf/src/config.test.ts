import { createTestPorts } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createKfChannel, type KfOptions, kfConfigSchema } from "./index.ts";
import { CONFIG } from "./test-support/callbacks.ts";

function problemsOf(change: object): string {
  try {
    createKfChannel("support", { ...CONFIG, ...change } as KfOptions, createTestPorts().ports);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

describe("the configuration", () => {
  it("needs no more than what the console shows", () => {
    const { corpId, token, encodingAESKey } = CONFIG;

    expect(kfConfigSchema.parse({ corpId, token, encodingAESKey })).toMatchObject({
      type: "kf",
      catchUpIntervalSeconds: 300,
      maxMessageAgeHours: 48,
      backfill: false,
      format: "unicode",
      replyWindow: { hours: 48, messages: 5 },
      takeBack: { from: "never" },
    });
  });

  it.each([
    [{ encodingAESKey: "short" }, /encodingAESKey: must be the 43 characters/],
    [{ token: "" }, /token: must be the Token/],
    [{ corpId: "" }, /corpId: is empty; copy it from/],
    [{ secret: "" }, /secret: is empty; leave the key out until/],
    [{ catchUpIntervalSeconds: 10 }, /catchUpIntervalSeconds: must be 60 or more/],
    [{ maxMessageAgeHours: 72 }, /maxMessageAgeHours: must be 48 or less/],
    [{ welcometext: "typo" }, /Unrecognized key: "welcometext"/],
    [{ welcomeText: 5 }, /welcomeText: must be a text, or a menu/],
    [{ welcomeText: { items: [] } }, /welcomeText\.items: needs at least one item/],
    [{ accounts: { allow: ["not an id!"] } }, /accounts\.allow\.0: must be an open_kfid/],
  ])("%j is refused with an instruction", (change, expected) => {
    expect(problemsOf(change)).toMatch(expected);
  });

  it("names all problems at once, and never a value", () => {
    const problems = problemsOf({ corpId: "", encodingAESKey: "canary-key-value", secret: 5 });

    expect(problems.split("\n")).toHaveLength(4);
    expect(problems).not.toContain("canary");
  });

  it("takes a key whose last character has spare bits", () => {
    expect(problemsOf({ encodingAESKey: "KZvg9ID0sEoFTy0S5k7Q2k8uHqMWjdxmC6Cd2h1IwPK" })).toBe("");
  });

  it("has a JSON Schema with a word on every key that needs one", () => {
    const schema = z.toJSONSchema(kfConfigSchema, { io: "input" });

    expect(schema.required).toEqual(["corpId", "token", "encodingAESKey"]);
    expect(JSON.stringify(schema)).toContain("May follow after the callback check");
  });
});
