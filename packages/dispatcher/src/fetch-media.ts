import {
  addressKey,
  type Channel,
  type ClaimedMessage,
  type Clock,
  hasMedia,
  type InboundContent,
  type Logger,
  type MediaContent,
  RejectedError,
} from "@wxgate/core";
import { describeError } from "./describe-error.ts";
import type { MediaKeeper } from "./settings.ts";
import type { Stoppable } from "./stop.ts";

export interface FetchMediaOptions {
  readonly channel: Channel;
  readonly keeper: MediaKeeper;
  readonly clock: Clock;
  readonly log: Logger;
  save(messageId: string, content: readonly InboundContent[]): Promise<void>;
}

const TRIES = 3;
const PAUSE_MS = 500;

/** Fetches what the messages of a turn refer to and stores the result with them: a file, or why there is none. */
export async function fetchMedia(
  messages: readonly ClaimedMessage[],
  options: FetchMediaOptions,
  stop: Stoppable,
): Promise<readonly ClaimedMessage[]> {
  return Promise.all(messages.map((claimed) => fetchOne(claimed, options, stop)));
}

async function fetchOne(claimed: ClaimedMessage, options: FetchMediaOptions, stop: Stoppable): Promise<ClaimedMessage> {
  const { message } = claimed;
  if (!message.content.some(isPending)) return claimed;
  const { signal } = stop;
  const context = { channel: message.from.channel, conversation: addressKey(message.from) };
  const content = await Promise.all(message.content.map((part) => fill(part, context, options, signal)));
  await options.save(claimed.id, content);
  return { ...claimed, message: { ...message, content } };
}

/** Whether it names a file that was not fetched yet. */
export function isPending(content: InboundContent): boolean {
  if (content.kind === "forwarded") return content.items.some((item) => isPending(item.content));
  return hasMedia(content) && "ref" in content.media;
}

async function fill(
  content: InboundContent,
  context: { channel: string; conversation: string },
  options: FetchMediaOptions,
  signal: AbortSignal,
): Promise<InboundContent> {
  if (content.kind === "forwarded") {
    const items = await Promise.all(
      content.items.map(async (item) => ({ ...item, content: await fill(item.content, context, options, signal) })),
    );
    return { ...content, items };
  }
  if (!hasMedia(content) || !("ref" in content.media)) return content;
  return fillMedia(content, context, options, signal);
}

async function fillMedia(
  content: MediaContent,
  context: { channel: string; conversation: string },
  { channel, keeper, clock, log }: FetchMediaOptions,
  signal: AbortSignal,
): Promise<InboundContent> {
  const { media } = content;
  if (!("ref" in media)) return content;
  const named = media.filename === undefined ? {} : { filename: media.filename };
  if (channel.openMedia === undefined)
    return { ...content, media: { error: "this channel cannot fetch files", ...named } };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const stream = await channel.openMedia(media.ref, signal);
      const kept = await keeper.keep({ ...stream, ...named }, context, signal);
      return { ...content, media: kept };
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ error: describeError(error), attempt }, "a file could not be fetched");
      if (error instanceof RejectedError || attempt >= TRIES) {
        return { ...content, media: { error: reasonOf(error), ...named } };
      }
      await clock.sleep(PAUSE_MS * attempt, signal);
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
