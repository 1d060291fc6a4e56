import type { Accepted, InboundBatch, InboundEvent, InboundMessage, Inbox } from "@wxgate/core";

/** An inbox in memory that a test can read, hold up and break. */
export interface TestInbox extends Inbox {
  readonly messages: readonly InboundMessage[];
  readonly history: readonly InboundMessage[];
  readonly events: readonly InboundEvent[];
  readonly cursors: ReadonlyMap<string, string>;
  /** Every batch that was stored, duplicates too. */
  readonly batches: readonly InboundBatch[];
  /** Runs before each `accept`: wait in it to hold it up, throw in it to make it fail. */
  before(hook: (batch: InboundBatch) => Promise<void> | void): void;
}

export function createTestInbox(): TestInbox {
  const kept = {
    messages: [] as InboundMessage[],
    history: [] as InboundMessage[],
    events: [] as InboundEvent[],
    cursors: new Map<string, string>(),
    batches: [] as InboundBatch[],
  };
  const known = new Set<string>();
  let hook: (batch: InboundBatch) => Promise<void> | void = () => {};

  return {
    ...kept,
    before(next) {
      hook = next;
    },
    async accept(batch): Promise<Accepted> {
      await hook(batch);
      kept.batches.push(batch);
      const fresh = new Set<string>();
      let duplicates = 0;
      function take<T extends InboundMessage | InboundEvent>(items: readonly T[] | undefined, into: T[]): void {
        for (const item of items ?? []) {
          const key = JSON.stringify([item.from.channel, item.from.account, item.id]);
          if (known.has(key)) duplicates += 1;
          else {
            known.add(key);
            fresh.add(item.id);
            into.push(item);
          }
        }
      }
      take(batch.messages, kept.messages);
      take(batch.history, kept.history);
      take(batch.events, kept.events);
      const { cursor } = batch;
      if (
        cursor !== undefined &&
        (cursor.after === undefined || cursor.after === (kept.cursors.get(cursor.key) ?? ""))
      ) {
        kept.cursors.set(cursor.key, cursor.value);
      }
      return { accepted: fresh.size, duplicates, fresh };
    },
    cursor: async (key) => kept.cursors.get(key),
    async find(account, platformId) {
      const found = [...kept.messages, ...kept.history].find(
        ({ id, from }) => id === platformId && from.account === account,
      );
      if (found === undefined) return undefined;
      const { id, from, sender, sentAt, content } = found;
      return {
        id: `msg_${id}`,
        platformId: id,
        conversation: from,
        direction: "inbound",
        sender,
        at: sentAt.getTime(),
        content,
      };
    },
  };
}
