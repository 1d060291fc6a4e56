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
  /** The account's connection is here from now on: what waits came to an earlier process, or to another gateway. */
  resume(channel: string, account: string): Promise<void>;
  /** Resolves when nothing is shown any more. */
  close(): Promise<void>;
}

export interface WaitingSignsOptions {
  readonly ports: Pick<DispatcherPorts, "store" | "clock" | "log">;
  readonly pairing: Pick<Pairing, "isPaired">;
  channel(id: string): ChannelSettings | undefined;
  /** Is the account's connection here? */
  holds(channel: string, account: string): boolean;
}

/** Most turns begin, and take the answer to what they asked, within it: those show nothing twice. */
const PATIENCE_MS = 400;
const LOOK_EVERY_MS = 100;
/** Who wrote longer ago does not look at the phone any more. */
const RESUMED_MS = 3_600_000;

export function createWaitingSigns({ ports, pairing, channel, holds }: WaitingSignsOptions): WaitingSigns {
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
        if (dueAt > now) continue;
        await show(key, message).catch((error: unknown) => {
          log.warn({ message: message.id, error: describeError(error) }, "that a message waits could not be shown");
        });
        waiting.delete(key);
      }
    }
    looking = undefined;
  }

  async function show(key: string, message: InboundMessage): Promise<void> {
    const { id, from, sender, replyHandle } = message;
    const entry = channel(from.channel);
    if (entry?.channel.showWaiting === undefined || replyHandle === undefined) return;
    if (entry.channel.tied === true && !holds(from.channel, from.account)) return;
    const found = await store.find(from.channel, from.account, id);
    if (found?.unanswered !== "waiting") return;
    if (!(await admit(entry, from, sender, pairing)).allowed) return;
    // A quick turn may be over by now.
    if (!waiting.has(key)) return;
    const handle = { messageId: id, receivedAt: clock.now(), data: replyHandle };
    await entry.channel.showWaiting({ to: from, answers: [id], handles: [handle] });
  }

  function canShow(id: string): boolean {
    return channel(id)?.channel.showWaiting !== undefined;
  }

  function add(message: InboundMessage, graceMs: number): void {
    waiting.set(keyOf(message), { message, dueAt: clock.now() + graceMs + PATIENCE_MS });
    looking ??= look();
  }

  return {
    stored(message, graceMs) {
      if (canShow(message.from.channel)) add(message, graceMs);
    },
    async resume(id, account) {
      if (!canShow(id)) return;
      for (const { message } of await store.waitingMessages(id, clock.now() - RESUMED_MS)) {
        if (message.from.account === account) add(message, 0);
      }
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
