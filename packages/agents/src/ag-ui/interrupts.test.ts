import { describe, expect, it } from "vitest";
import { parseInterrupts, questionOf, resumeWith } from "./interrupts.ts";

const one = (fields: object) => parseInterrupts([{ id: "i-1", reason: "input_required", ...fields }]);
const payload = (fields: object, said: string) => resumeWith(one(fields), said, 0)[0];
const resolved = (value: unknown) => ({ interruptId: "i-1", status: "resolved", payload: value });
const CANCELLED = { interruptId: "i-1", status: "cancelled" };

describe("a question of an agent", () => {
  it("is asked in its words", () => {
    expect(questionOf(one({ message: "Which city?" })[0]!)).toEqual({ kind: "text", text: "Which city?" });
  });

  it("offers the answers that fit, where only some do", () => {
    const labels = (fields: object) => {
      const question = questionOf(one(fields)[0]!);
      return question.kind === "menu" ? question.items.map(({ text }) => text) : [];
    };

    expect(labels({ reason: "tool_call", message: "Delete it?" })).toEqual(["Yes", "No"]);
    expect(labels({ responseSchema: { type: "string", enum: ["red", "blue"] } })).toEqual(["red", "blue"]);
    expect(labels({ responseSchema: { type: "object", properties: { ok: { type: "boolean" } } } })).toEqual([
      "Yes",
      "No",
    ]);
  });

  it.each([
    ["words", {}, "Xi'an ", "Xi'an"],
    ["yes for something to be allowed", { reason: "tool_call" }, "Yes", { approved: true }],
    ["a Chinese no", { reason: "confirmation" }, "不行", { approved: false }],
    ["yes or no", { responseSchema: { type: "boolean" } }, "同意", true],
    ["one of some words", { responseSchema: { enum: ["red", "blue"] } }, "RED", "red"],
    ["a number", { responseSchema: { type: "number" } }, "42", 42],
    [
      "the required field of an object",
      {
        responseSchema: {
          type: "object",
          properties: { note: { type: "string" }, ok: { type: "boolean" } },
          required: ["ok"],
        },
      },
      "ok",
      { ok: true },
    ],
  ])("takes %s for the answer", (_, fields, said, answer) => {
    expect(payload(fields, said)).toEqual(resolved(answer));
  });

  it.each([
    ["something else than yes or no", { reason: "tool_call" }, "what is the weather?"],
    ["a word that was not offered", { responseSchema: { enum: ["red"] } }, "green"],
    ["nothing", {}, " "],
    ["an answer that comes too late", { expiresAt: "1969-12-31T23:59:59Z" }, "Xi'an"],
  ])("is dropped after %s", (_, fields, said) => {
    expect(payload(fields, said)).toEqual(CANCELLED);
  });
});
