import {
  type Accepted,
  addressKey,
  type Channel,
  hasMedia,
  type InboundBatch,
  type InboundMessage,
  type Inbox,
  type RoutedMessage,
  type Routing,
  type Store,
} from "@wxgate/core";
import { isOverheard } from "./access.ts";
import { asksToContinue, type CommandWords, parseCommand } from "./commands.ts";
import type { ChannelSettings, Observation } from "./settings.ts";

export interface InboxOptions {
  readonly channel: string;
  readonly store: Store;
  /** Undefined while the channel is being taken away by a reload: its messages are kept all the same. */
  settings(): RoutingSettings | undefined;
  mediaGraceMs(): number;
  observe(observation: Observation): void;
}

type RoutingSettings = Pick<ChannelSettings, "session" | "groups" | "commands"> & {
  readonly channel: Pick<Channel, "handoffKeywords">;
};
const UNKNOWN: RoutingSettings = { session: "peer", groups: {}, commands: {}, channel: {} };

/** The store's `accept` for one channel: says for each message which lane it joins and who deals with it. */
export function createInbox(options: InboxOptions): Inbox {
  const { channel, store } = options;
  const keyOf = (key: string) => `${channel}|${key}`;

  async function accept(batch: InboundBatch): Promise<Accepted> {
    const settings = options.settings() ?? UNKNOWN;
    const { session } = settings;
    const graceMs = options.mediaGraceMs();
    const messages: RoutedMessage[] = batch.messages.map((message) => ({
      message,
      routing: route(message, settings, graceMs),
    }));
    for (const message of batch.history ?? []) {
      messages.push({ message, routing: { lane: laneOf(message, session), as: "history" } });
    }
    const result = await store.accept({
      messages,
      events: batch.events ?? [],
      ...(batch.cursor === undefined ? {} : { cursor: { ...batch.cursor, key: keyOf(batch.cursor.key) } }),
    });
    if (result.accepted > 0) options.observe({ kind: "messages-accepted", channel, count: result.accepted });
    return result;
  }

  return {
    accept,
    cursor: (key) => store.cursor(keyOf(key)),
    find: (account, platformId) => store.find(channel, account, platformId),
  };
}

/** What turns of this message are serialised by. */
export function laneOf(message: Pick<InboundMessage, "from" | "sender">, session: ChannelSettings["session"]): string {
  if (session === "channel") return `channel|${message.from.channel}`;
  const conversation = addressKey(message.from);
  return session === "sender" && message.from.kind === "group" ? `${conversation}#${message.sender.id}` : conversation;
}

function route(message: InboundMessage, settings: RoutingSettings, graceMs: number): Routing {
  const lane = laneOf(message, settings.session);
  if (isOverheard(settings, message)) return { lane, as: "history" };
  const only = message.content.length === 1 ? message.content[0] : undefined;
  if (only?.kind === "text") {
    if (parseCommand(only.text, commandWords(settings)) !== undefined) return { lane, as: "command" };
    if (asksToContinue(only.text)) return { lane, as: "resume" };
  }
  const onlyMedia =
    message.content.length > 0 && message.content.every((part) => hasMedia(part) && part.kind !== "voice");
  return onlyMedia ? { lane, as: "turn", graceMs } : { lane, as: "turn" };
}

/** What is a command on this channel. */
export function commandWords({ channel, commands }: Pick<RoutingSettings, "channel" | "commands">): CommandWords {
  const { custom } = commands;
  const { handoffKeywords } = channel;
  return { ...(custom && { custom }), ...(handoffKeywords && { handoffKeywords }) };
}
