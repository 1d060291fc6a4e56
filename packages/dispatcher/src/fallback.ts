import {
  type Address,
  AuthenticationError,
  type ClaimedDelivery,
  type NewReply,
  RejectedError,
  type ReplyTarget,
  TransientError,
} from "@wxgate/core";
import { describeError } from "./describe-error.ts";
import { asKnown } from "./known-person.ts";
import { prepareReply, withoutThought } from "./prepare-reply.ts";
import type { ChannelSettings, DispatcherPorts, DispatcherSettings } from "./settings.ts";

export interface FallbackRun {
  readonly ports: DispatcherPorts;
  readonly settings: DispatcherSettings;
}

/**
 * Hands a delivery that was certainly not sent to the channel named in `fallback`. True when that channel has it now.
 *
 * The reply's id derives from the delivery's: after a crash between the two steps it is stored once all the same.
 */
export async function sendByFallback(delivery: ClaimedDelivery, error: unknown, run: FallbackRun): Promise<boolean> {
  const { ports, settings } = run;
  const other = fallbackOf(settings, delivery.conversation.channel);
  if (other === undefined || !certainlyUnsent(error)) return false;
  const text = targetText(delivery.conversation);
  if (text === undefined) return false;
  let reply: NewReply | undefined;
  let to: Address;
  try {
    to = await asKnown(ports.store, other.channel, await other.channel.target(text));
    reply = prepareReply(withoutThought(delivery.written.content), {
      channel: other.channel,
      to,
      longReply: other.longReply ?? settings.longReply,
      quota: await ports.store.quota(to),
      random: ports.random,
    });
  } catch (refusal) {
    if (refusal instanceof RejectedError) return false;
    throw refusal;
  }
  if (reply === undefined) return false;
  await ports.store.enqueue(
    to,
    { ...reply, id: `rpl_f${delivery.id}` },
    { source: `fallback of ${delivery.conversation.channel}` },
  );
  await closeStream(delivery, run);
  await ports.store.completeDelivery(delivery.claim, { handle: { sentBy: other.channel.id } });
  ports.log.info({ delivery: delivery.id, by: other.channel.id }, "sent by the fallback channel");
  return true;
}

/** Where an answer grew on the phone that does not end there, what is open is closed. */
export async function closeStream(delivery: ClaimedDelivery, { ports, settings }: FallbackRun): Promise<void> {
  if (delivery.stream === undefined) return;
  const { channel } = delivery.conversation;
  try {
    await settings.channels.get(channel)?.channel.settle?.(deliveryTarget(delivery), delivery.stream);
  } catch (error) {
    ports.log.warn({ delivery: delivery.id, error: describeError(error) }, "a stream could not be closed");
  }
}

export function deliveryTarget({ conversation: to, answers, handles }: ClaimedDelivery): ReplyTarget {
  return { to, answers, handles };
}

export function fallbackOf(settings: DispatcherSettings, channel: string): ChannelSettings | undefined {
  const name = settings.channels.get(channel)?.fallback;
  return name === undefined ? undefined : settings.channels.get(name);
}

/** A limit of the platform, or a message that may have arrived, is no case for another channel. */
function certainlyUnsent(error: unknown): boolean {
  if (error instanceof AuthenticationError) return true;
  if (!(error instanceof TransientError) || error.sent !== "no") return false;
  return typeof error.until === "object" && error.until.at === undefined;
}

/** A group of one channel is none of another's. */
function targetText({ kind, peer }: Address): string | undefined {
  if (kind === "group") return undefined;
  return kind === "direct" ? `user:${peer}` : peer;
}
