import type { InboundEvent, OutboundContent } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createEventBodies } from "./index.ts";

const FROM = { channel: "helper", account: "aib", kind: "direct", peer: "u" } as const;
const ENTERED: InboundEvent = { kind: "entered", id: "event:e-1", at: new Date(0), from: FROM, sender: { id: "u" } };

function bodies(said: OutboundContent | undefined) {
  return createEventBodies({
    config: { notices: { cardDone: "Done", submit: "Submit" } },
    cards: { find: async () => undefined },
    ports: { instant: async () => said },
    checkedContent: ({ card }, { taskId }) => ({ kind: "card", card: { ...card, task_id: taskId } }),
    contentAfterTap: () => undefined,
  });
}
const welcome = (said: OutboundContent | undefined) => bodies(said).welcome({ kind: "entered", event: ENTERED });

describe("a welcome", () => {
  it("is a text or a checked card, and nothing where nothing is said", async () => {
    expect(await welcome({ kind: "text", text: "Hi!" })).toEqual({ msgtype: "text", text: { content: "Hi!" } });
    expect(await welcome({ kind: "card", card: { card_type: "text_notice" } })).toEqual({
      msgtype: "template_card",
      template_card: { card_type: "text_notice", task_id: "event:e-1" },
    });
    expect(await welcome({ kind: "text", text: " " })).toBeUndefined();
    expect(await welcome(undefined)).toBeUndefined();
  });
});

describe("a tapped card", () => {
  it("changes for whoever tapped it, and only into a card", async () => {
    const tap = { taskId: "t", key: "yes", cardType: "button_interaction", selections: [] };
    const message = { id: "e-1", from: FROM, sender: { id: "u" }, sentAt: new Date(0), content: [] };
    const tapped = { kind: "card-tapped", event: ENTERED, message, tap } as const;

    expect(await bodies({ kind: "card", card: { task_id: "t" } }).cardUpdate(tapped)).toEqual({
      response_type: "update_template_card",
      userids: ["u"],
      template_card: { task_id: "t" },
    });
    expect(await bodies({ kind: "text", text: "Thanks" }).cardUpdate(tapped)).toBeUndefined();
  });
});
