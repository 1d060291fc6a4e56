import {
  type Accepted,
  addressKey,
  type Channel,
  hasMedia,
  type InboundBatch,
  type InboundEvent,
  type InboundMessage,
  type Inbox,
  keyPart,
  type RoutedMessage,
  type Routing,
  type Store,
} from "@wxgate/core";
import { isOverheard } from "./access.ts";
import { bindingFor } from "./choose-agent.ts";
import { asksToContinue, type CommandWords, parseCommand } from "./commands.ts";
import { asideOf, isFeedback } from "./feedback.ts";
import { instanceFor } from "./instances.ts";
import type { createSameConversation } from "./known-person.ts";
import type { ChannelSettings, DispatcherSettings, Observation } from "./settings.ts";

export interface InboxOptions {
  readonly channel: string;
  readonly store: Pick<Store, "accept" | "cursor" | "find">;
  readonly inSameConversation: ReturnType<typeof createSameConversation>;
  /** Undefined while the channel is being taken away by a reload: its messages are kept all the same. */
  settings(): RoutingSettings | undefined;
  mediaGraceMs(): number;
  /** Nothing will be said to whoever wrote this. */
  isIgnored?(message: InboundMessage): Promise<boolean>;
  /** Of every new message that is to become a turn. */
  onStored?(message: InboundMessage, graceMs: number): void;
  observe(observation: Observation): void;
}

type RoutingSettings = Pick<ChannelSettings, "session" | "groups" | "commands" | "dynamicAgents"> &
  Pick<DispatcherSettings, "bindings"> & {
    readonly channel: Pick<
      Channel,
      "handoffKeywords" | "personKey" | "anyCase" | "mediaLivesMs" | "showWaiting" | "showsAtOnce"
    >;
  };
const UNKNOWN: RoutingSettings = { session: "peer", groups: {}, commands: {}, bindings: [], channel: {} };

/** The store's `accept` for one channel: says for each message which lane it joins and who deals with it. */
export function createInbox(options: InboxOptions): Inbox {
  const { channel, store, inSameConversation } = options;
  const keyOf = (key: string) => `${channel}|${key}`;

  async function accept(given: InboundBatch): Promise<Accepted> {
    const settings = options.settings() ?? UNKNOWN;
    const batch = settings.channel.anyCase === true ? await inSameConversation(settings.channel, given) : given;
    const graceMs = options.mediaGraceMs();
    const messages: RoutedMessage[] = batch.messages.map((message) => ({
      message,
      routing: route(message, settings, graceMs),
    }));
    for (const message of batch.history ?? []) {
      messages.push({ message, routing: { lane: laneOf(message, settings), as: "history" } });
    }
    const events = batch.events ?? [];
    const asides = events.some(isFeedback) ? await asidesOf(events) : [];
    for (const message of asides) messages.push({ message, routing: { lane: laneOf(message, settings), as: "aside" } });
    const silent = await unanswered(batch.messages, settings);
    const result = await store.accept({
      messages,
      events,
      ...(batch.cursor === undefined ? {} : { cursor: { ...batch.cursor, key: keyOf(batch.cursor.key) } }),
    });
    const count = result.accepted - asides.filter(({ id }) => result.fresh.has(id)).length;
    if (count > 0) options.observe({ kind: "messages-accepted", channel, count });
    if (options.onStored !== undefined && isFollowed(settings)) {
      for (const { message, routing } of messages) {
        if (routing.as === "turn" && result.fresh.has(message.id)) options.onStored(message, routing.graceMs ?? 0);
      }
    }
    return silent.size === 0 ? result : { ...result, overheard: silent };
  }

  /** Of interest where the platform's own answer shows something; elsewhere nothing is read for it. */
  async function unanswered(messages: readonly InboundMessage[], settings: RoutingSettings): Promise<Set<string>> {
    const silent = new Set<string>();
    if (settings.channel.showsAtOnce !== true) return silent;
    for (const message of messages) {
      if (isOverheard(settings, message) || (await options.isIgnored?.(message)) === true) silent.add(message.id);
    }
    return silent;
  }

  const asidesOf = (events: readonly InboundEvent[]) =>
    Promise.all(events.filter(isFeedback).map((event) => asideOf(event, store)));

  return {
    accept,
    cursor: (key) => store.cursor(keyOf(key)),
    find: (account, platformId) => store.find(channel, account, platformId),
  };
}

/** What turns of this message are serialised by, and what is remembered together. */
export function laneOf(
  { from, sender }: Pick<InboundMessage, "from" | "sender">,
  settings: Omit<RoutingSettings, "groups" | "commands">,
): string {
  const { session, channel } = settings;
  const isBound = settings.dynamicAgents?.enabled === true && bindingFor(settings, channel, from) !== undefined;
  const answeredBy = instanceFor(settings, isBound, from, sender);
  // An instance's memory is never the channel's.
  if (session === "channel" && answeredBy === "shared") return `channel|${from.channel}`;
  const conversation = addressKey(from);
  if (from.kind !== "group") return conversation;
  if (session === "sender") return `${conversation}|${keyPart(channel.personKey?.(sender.id) ?? sender.id)}`;
  // No person's id is empty: the part before the last one is.
  return answeredBy === "main" ? `${conversation}||main` : conversation;
}

function route(message: InboundMessage, settings: RoutingSettings, graceMs: number): Routing {
  const lane = laneOf(message, settings);
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

/** Is anything done about a message before its turn begins? */
function isFollowed({ channel }: RoutingSettings): boolean {
  return channel.mediaLivesMs !== undefined || channel.showWaiting !== undefined;
}

/** What is a command on this channel. */
export function commandWords({ channel, commands }: Pick<RoutingSettings, "channel" | "commands">): CommandWords {
  const { custom } = commands;
  const { handoffKeywords } = channel;
  return { ...(custom && { custom }), ...(handoffKeywords && { handoffKeywords }) };
}
