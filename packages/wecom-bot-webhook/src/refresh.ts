import type { ChannelPorts, Logger } from "@wxgate/core";
import { type BotBody, type StreamLook, streamBody, streamWithCardBody } from "@wxgate/wecom-bot-message";
import type { WecomBotWebhookConfig } from "./config.ts";
import type { Images } from "./images.ts";
import type { End, Records } from "./records.ts";
import { messageOfBubble } from "./stream-id.ts";

export interface RefreshOptions {
  readonly account: string;
  readonly config: Pick<WecomBotWebhookConfig, "notices" | "streamWindowSeconds" | "feedback">;
  readonly look: StreamLook;
  readonly records: Records;
  readonly images: Pick<Images, "find">;
  readonly ports: Pick<ChannelPorts, "inbox" | "clock">;
  readonly log: Logger;
  /** The end of a bubble left. */
  onTaken(streamId: string): void;
}

export interface Shown {
  readonly body: BotBody;
  /** The end of a bubble: hears whether the answer with it left. */
  readonly sent?: (left: boolean) => void;
}

/** What a bubble shows now, read from the state alone: any gateway can say it, also while an agent hangs. Never throws. */
export type Refresh = (streamId: string) => Promise<Shown>;

/** A message that is older has no bubble on anybody's phone any more. */
const FORGOTTEN_MS = 3_600_000;
/** What somebody asked for by "continue" comes into this bubble within that time, or goes another way. */
const RESUMED_MS = 15_000;

export function createRefresh(options: RefreshOptions): Refresh {
  const { account, config, look, records, images, ports, log } = options;
  const { notices } = config;

  return async function refresh(streamId) {
    try {
      const end = (await records.offer(streamId, ports.clock.now())) ?? (await grown(streamId));
      return typeof end === "string" ? { body: frame(streamId, end) } : await last(streamId, end);
    } catch (error) {
      // Asked again in a second; an end would be for good.
      log.error({ err: error, stream: streamId.slice(0, 64) }, "what a bubble shows could not be read");
      return { body: frame(streamId, look.placeholder) };
    }
  };

  /** The text so far, or an end. */
  async function grown(streamId: string): Promise<string | End> {
    const text = await records.text(streamId);
    // Of a message that waits for its turn there is no record yet, but the message itself.
    const messageId = text === undefined ? messageOfBubble(streamId) : text.message;
    const message = messageId === undefined ? undefined : await ports.inbox.find(account, messageId);
    const at = text?.at ?? message?.at;
    const age = at === undefined ? Number.POSITIVE_INFINITY : ports.clock.now() - at;
    if (age > FORGOTTEN_MS) return words(notices.lost);
    if (message?.unanswered === "dropped") return ended(streamId, notices.nothing, "dropped");
    if (message?.unanswered === "resume" && age > RESUMED_MS) return ended(streamId, notices.attachment, "resumed");
    if (age < config.streamWindowSeconds * 1000) return text?.content || look.placeholder;
    return ended(streamId, notices.continues, "window");
  }

  async function ended(streamId: string, content: string, by: string): Promise<End> {
    await records.end(streamId, { content, images: [], by });
    // Somebody else may have ended it meanwhile.
    return (await records.offer(streamId, ports.clock.now())) ?? words(content);
  }

  async function last(streamId: string, { content, images: keys, card, state }: End): Promise<Shown> {
    const found = await Promise.all(keys.map((key) => images.find(key)));
    const packet = {
      id: streamId,
      content,
      finish: true,
      images: found.filter((image) => image !== undefined),
      feedbackId: feedback(streamId),
    };
    const body = card === undefined ? streamBody(packet) : streamWithCardBody(packet, card);
    return state === "offered" ? { body, sent: (left) => void heard(streamId, left) } : { body };
  }

  async function heard(streamId: string, left: boolean): Promise<void> {
    try {
      await records.offered(streamId, left);
      if (left) options.onTaken(streamId);
    } catch (error) {
      // It counts as not fetched: a repeated end is better than a lost one.
      log.error({ err: error, stream: streamId.slice(0, 64) }, "that a bubble's end was fetched could not be noted");
    }
  }

  function frame(streamId: string, content: string): BotBody {
    return streamBody({ id: streamId, content, finish: false, feedbackId: feedback(streamId) });
  }

  function feedback(streamId: string): string | undefined {
    return config.feedback ? streamId : undefined;
  }
}

function words(content: string): End {
  return { content, images: [], by: "", state: "moved" };
}
