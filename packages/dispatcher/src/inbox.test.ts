import type { Accepted, StoreBatch, StoredMessage } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createInbox } from "./inbox.ts";
import { said } from "./test-support/gateway.ts";

/** An inbox of one channel, and what reaches the store. */
function openInbox(groups: Record<string, { requireMention?: boolean }>, answer?: string) {
  const batches: StoreBatch[] = [];
  const store = {
    async accept(batch: StoreBatch): Promise<Accepted> {
      batches.push(batch);
      return {
        accepted: batch.messages.length,
        duplicates: 0,
        fresh: new Set(batch.messages.map((m) => m.message.id)),
      };
    },
    cursor: async () => undefined,
    find: async (): Promise<StoredMessage | undefined> =>
      answer === undefined
        ? undefined
        : {
            id: "d",
            conversation: said("x").from,
            direction: "outbound",
            at: 0,
            content: [{ kind: "text", text: answer }],
          },
  };
  const inbox = createInbox({
    channel: "helper",
    store,
    inSameConversation: async (_channel, batch) => batch,
    settings: () => ({ session: "peer", groups, commands: {}, bindings: [], channel: { showsAtOnce: true } }),
    mediaGraceMs: () => 2_000,
    observe: () => undefined,
  });
  return { inbox, batches };
}

const inGroup = (text: string, mentioned?: boolean) => {
  const message = said(text);
  return {
    ...message,
    from: { ...message.from, kind: "group", peer: "wr1" },
    ...(mentioned === undefined ? {} : { mentioned }),
  } as const;
};

describe("a rating", () => {
  const rated = {
    kind: "feedback",
    id: "event:e-1",
    at: new Date(0),
    from: said("x").from,
    sender: { id: "Bob" },
    messageId: "s_1",
    score: "bad",
    text: "too short",
    reasons: ["incomplete"],
  } as const;

  it("goes to the agent with the conversation's next turn, and says which answer it is about", async () => {
    const { inbox, batches } = openInbox({}, "The long answer. ".repeat(20));

    await inbox.accept({ messages: [], events: [rated] });

    const [{ message, routing } = {}] = batches[0]?.messages ?? [];
    expect(routing?.as).toBe("aside");
    expect(message).toMatchObject({ id: "event:e-1", sender: { id: "Bob" } });
    expect(message?.content).toEqual([
      {
        kind: "feedback",
        by: "Bob",
        score: "bad",
        messageId: "s_1",
        reasons: ["incomplete"],
        text: "too short",
        about: expect.stringMatching(/^The long answer\..{180,190}…$/),
      },
    ]);
  });

  it("of an answer that is not known says what was said of it", async () => {
    const { inbox, batches } = openInbox({});

    await inbox.accept({ messages: [], events: [{ ...rated, messageId: "gone" }] });

    expect(batches[0]?.messages[0]?.message.content[0]).not.toHaveProperty("about");
  });
});

describe("what the inbox tells a channel about a group that wants a mention", () => {
  it("is which messages were not said to us: they are history, no turn", async () => {
    const { inbox, batches } = openInbox({ "*": { requireMention: true } });
    const [ours, others] = [inGroup("hi bot", true), inGroup("hi all", false)];

    const accepted = await inbox.accept({ messages: [ours, others] });

    expect(accepted.overheard).toEqual(new Set([others.id]));
    expect(batches[0]?.messages.map(({ routing }) => routing.as)).toEqual(["turn", "history"]);
  });

  it("is nothing where all were", async () => {
    const { inbox } = openInbox({});

    expect(await inbox.accept({ messages: [inGroup("hi all", false)] })).not.toHaveProperty("overheard");
  });
});
