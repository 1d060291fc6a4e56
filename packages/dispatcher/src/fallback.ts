import {
  type Address,
  AuthenticationError,
  type Channel,
  type ClaimedDelivery,
  type NewReply,
  type OutboundContent,
  outboundText,
  RejectedError,
  TransientError,
} from "@wxgate/core";
import { asKnown } from "./known-person.ts";
import { prepareReply, withoutThought } from "./prepare-reply.ts";
import type { ChannelSettings, DispatcherSettings } from "./settings.ts";
import { closeUnsent, type UnsentRun } from "./unsent.ts";

/**
 * Hands a delivery that was certainly not sent to the channel named in `fallback`. True when that channel has it now.
 *
 * The reply's id derives from the delivery's: after a crash between the two steps it is stored once all the same.
 */
export async function sendByFallback(delivery: ClaimedDelivery, error: unknown, run: UnsentRun): Promise<boolean> {
  const { ports, settings } = run;
  const other = fallbackOf(settings, delivery.conversation.channel);
  if (other === undefined || !certainlyUnsent(error)) return false;
  const text = targetText(delivery.conversation);
  if (text === undefined) return false;
  let reply: NewReply | undefined;
  let to: Address;
  try {
    to = await asKnown(ports.store, other.channel, await other.channel.target(text));
    reply = prepareReply(sendable(withoutThought(delivery.written.content), other.channel, delivery), {
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
  await closeUnsent(delivery, run);
  await ports.store.completeDelivery(delivery.claim, { handle: { sentBy: other.channel.id } });
  ports.log.info({ delivery: delivery.id, by: other.channel.id }, "sent by the fallback channel");
  return true;
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

/** A card that is right for one platform may be wrong for another: whoever waits for an answer gets its words. */
function sendable(
  content: readonly OutboundContent[],
  channel: Channel,
  { answers }: ClaimedDelivery,
): readonly OutboundContent[] {
  if (answers.length === 0) return content;
  return content.map((part) => {
    try {
      channel.check?.(part);
      return part;
    } catch (error) {
      const text = outboundText(part);
      if (!(error instanceof RejectedError) || text.trim() === "") throw error;
      return { kind: "text", text, format: "plain" };
    }
  });
}

/** A group of one channel is none of another's. */
function targetText({ kind, peer }: Address): string | undefined {
  if (kind === "group") return undefined;
  return kind === "direct" ? `user:${peer}` : peer;
}
