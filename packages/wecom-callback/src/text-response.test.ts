import { describe, expect, it } from "vitest";
import { acknowledged, textResponse } from "./index.ts";

describe("the acknowledgement", () => {
  it("is a Response with the status 200", () => {
    const answer = acknowledged();

    expect(answer).toBeInstanceOf(Response);
    expect([answer.status, answer.ok, Object.prototype.toString.call(answer)]).toEqual([
      200,
      true,
      "[object Response]",
    ]);
  });

  it.each([
    ["text", async (answer: Response) => answer.text()],
    ["bytes", async (answer: Response) => Buffer.from(await answer.arrayBuffer()).toString()],
    ["a blob", async (answer: Response) => (await answer.blob()).text()],
    ["a copy", async (answer: Response) => answer.clone().text()],
    ["a stream", async (answer: Response) => new Response(answer.body).text()],
  ])("says success, read as %s", async (_how, read) => {
    expect(await read(acknowledged())).toBe("success");
  });

  it("can be read once, as any other", async () => {
    const answer = acknowledged();
    await answer.text();

    expect(answer.bodyUsed).toBe(true);
    await expect(answer.arrayBuffer()).rejects.toThrow(TypeError);
    expect(() => answer.clone()).toThrow(TypeError);
  });

  it("has the type it was given, in a copy too", async () => {
    const answer = textResponse("{}", "application/json");

    expect(answer.clone().headers.get("content-type")).toBe("application/json");
    expect([...answer.headers]).toEqual([["content-type", "application/json"]]);
    expect(await answer.json()).toEqual({});
  });
});
