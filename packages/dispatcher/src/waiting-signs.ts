import type { InboundMessage } from "@wxgate/core";
import { admit } from "./access.ts";
import { describeError } from "./describe-error.ts";
import type { Pairing } from "./pairing.ts";
import type { ChannelSettings, DispatcherPorts } from "./settings.ts";

/** Has those told who wait for their turn that they were heard, where the channel can show it. */
export interface WaitingSigns {
  /** A message was stored that is to become a turn, after `graceMs` at the soonest. */
  stored(message: InboundMessage, graceMs: number): void;
  /** A turn has it and shows its own. */
  taken(message: InboundMessage): void;
  /** Resolves when nothing is shown any more. */
  close(): Promise<void>;
}

export interface WaitingSignsOptions {
  readonly ports: Pick<DispatcherPorts, "store" | "clock" | "log">;
  readonly pairing: Pick<Pairing, "isPaired">;
  channel(id: string): ChannelSettings | undefined;
}

/** Most turns begin, and take the answer to what they asked, within it: those show nothing twice. */
const PATIENCE_MS = 400;
const LOOK_EVERY_MS = 100;

export function createWaitingSigns({ ports, pairing, channel }: WaitingSignsOptions): WaitingSigns {
  const { store, clock, log } = ports;
  const closing = new AbortController();
  const waiting = new Map<string, { readonly message: InboundMessage; readonly dueAt: number }>();
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    while (waiting.size > 0 && !closing.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, closing.signal).catch(() => {
        // The gateway stops; the loop sees it.
      });
      const now = clock.now();
      for (const [key, { message, dueAt }] of waiting) {
        if (closing.signal.aborted) return;
        if (dueAt > now || !waiting.delete(key)) continue;
        await show(message).catch((error: unknown) => {
          log.warn({ message: message.id, error: describeError(error) }, "that a message waits could not be shown");
        });
      }
    }
    looking = undefined;
  }

  async function show(message: InboundMessage): Promise<void> {
    const { id, from, sender, replyHandle } = message;
    const entry = channel(from.channel);
    if (entry?.channel.showWaiting === undefined || replyHandle === undefined) return;
    const found = await store.find(from.channel, from.account, id);
    if (found?.unanswered !== "waiting") return;
    if (!(await admit(entry, from, sender, pairing)).allowed) return;
    const handle = { messageId: id, receivedAt: clock.now(), data: replyHandle };
    await entry.channel.showWaiting({ to: from, answers: [id], handles: [handle] });
  }

  return {
    stored(message, graceMs) {
      if (channel(message.from.channel)?.channel.showWaiting === undefined) return;
      waiting.set(keyOf(message), { message, dueAt: clock.now() + graceMs + PATIENCE_MS });
      looking ??= look();
    },
    taken(message) {
      waiting.delete(keyOf(message));
    },
    async close() {
      closing.abort();
      await looking;
    },
  };
}

function keyOf({ from, id }: InboundMessage): string {
  return `${from.channel}|${from.account}|${id}`;
}
