import { describe, expect, it } from "vitest";
import { chosenItem } from "./choose.ts";
import type { InboundContent } from "./content.ts";

const MENU = {
  kind: "menu",
  head: "May I?",
  items: [
    { id: "q7.allow", text: "Allow once 允许" },
    { id: "q7.reject", text: "Reject" },
  ],
} as const;
const said = (text: string): InboundContent[] => [{ kind: "text", text }];

describe("choosing from a menu", () => {
  it.each([
    ["its number", said("2")],
    ["its number in full-width digits", said("２。")],
    ["its words in any case", said(" reject! ")],
    ["its words, spoken", [{ kind: "voice", media: { ref: {} }, transcript: "Reject." } as const]],
    ["a tap on a menu", [{ kind: "choice", id: "q7.reject", text: "Reject" } as const]],
    [
      "a tap on a card",
      [{ kind: "action", taskId: "t", key: "q7.reject", cardType: "button_interaction", selections: [] } as const],
    ],
  ])("goes by %s", (_, content) => {
    expect(chosenItem(MENU, content)).toBe("q7.reject");
  });

  it.each([
    ["a number that is not there", said("3")],
    ["other words", said("what is this?")],
    ["nothing", []],
    ["two things at once", [...said("1"), ...said("2")]],
  ])("is not done by %s", (_, content) => {
    expect(chosenItem(MENU, content)).toBeUndefined();
  });

  it("is not done by a tap on an older menu with the same words", () => {
    expect(chosenItem(MENU, [{ kind: "choice", id: "q6.allow", text: "Allow once 允许" }])).toBeUndefined();
  });
});
