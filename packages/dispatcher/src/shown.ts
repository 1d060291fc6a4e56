import type { ClaimedTurn, ReplyStream, ReplyTarget } from "@wxgate/core";
import { describeError } from "./describe-error.ts";
import type { ChannelSettings, DispatcherPorts } from "./settings.ts";

/** How often the text a stream shows is stored, for a turn that is cut off. */
const SHOWN_EVERY_MS = 2_000;

interface GrowingOptions {
  readonly turn: ClaimedTurn;
  readonly entry: ChannelSettings;
  readonly ports: DispatcherPorts;
  readonly target: ReplyTarget;
}

export interface Growing {
  readonly stream: ReplyStream;
  show(text: string, thought: string): void;
}

/** A stream is opened only where its text will not overtake an earlier message. */
export async function openGrowing({ turn, entry, ports, target }: GrowingOptions): Promise<Growing | undefined> {
  const { store, clock, log } = ports;
  const { channel } = entry;
  if (channel.openStream === undefined || turn.quota.waiting > 0) return undefined;
  const stream = channel.openStream(target, turn.stream);
  await store.saveStream(turn.claim, stream.handle);
  // Only now: what is on the phone and in no store could not be closed after a crash.
  stream.update("");
  let savedAt = clock.now();
  return {
    stream,
    show(text, thought) {
      if (channel.withThought !== undefined) stream.update(channel.withThought(thought, text));
      else if (text !== "") stream.update(text);
      if (text === "" || clock.now() - savedAt < SHOWN_EVERY_MS) return;
      savedAt = clock.now();
      store.saveStream(turn.claim, stream.handle, text).catch((error: unknown) => {
        log.debug({ turn: turn.id, error: describeError(error) }, "the shown text could not be kept");
      });
    },
  };
}

/** What the person sees before the turn ends, and whether it was anything yet. */
export interface Shown {
  wasShown(): boolean;
  show(text: string, thought: string): void;
  /** The same function; once it was called, something was shown. */
  marking<A>(send: (what: A) => Promise<void>): (what: A) => Promise<void>;
}

export function createShown(turn: Pick<ClaimedTurn, "replied" | "asked">, growing: Growing | undefined): Shown {
  let isShown = turn.replied > 0 || turn.asked.length > 0;
  return {
    wasShown: () => isShown,
    show(text, thought) {
      if (growing === undefined) return;
      isShown ||= text !== "";
      growing.show(text, thought);
    },
    marking: (send) => (what) => {
      isShown = true;
      return send(what);
    },
  };
}
