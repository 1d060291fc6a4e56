import type { Accepted, StoreBatch } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createInbox } from "./inbox.ts";
import { said } from "./test-support/gateway.ts";

/** An inbox of one channel, and what reaches the store. */
function openInbox(groups: Record<string, { requireMention?: boolean }>) {
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
    find: async () => undefined,
  };
  const inbox = createInbox({
    channel: "helper",
    store,
    settings: () => ({ session: "peer", groups, commands: {}, bindings: [], channel: {} }),
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
