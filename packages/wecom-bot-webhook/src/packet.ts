import { joinMessages } from "@wxgate/chunker";
import { type JsonObject, type OutboundMedia, type OutboundMessage, ProtocolError } from "@wxgate/core";
import { checkedContent } from "@wxgate/wecom-card";
import type { WecomBotWebhookConfig } from "./config.ts";

/** One prepared and staged piece. */
export interface Packet {
  readonly text?: string;
  /** What the model thought before it. */
  readonly thought?: string;
  readonly images: readonly OutboundMedia[];
  readonly card?: JsonObject;
  readonly native?: JsonObject;
}

/** @param notices `moreWaits`: said where the rest waits for the member's next message */
export function packetOf(
  { piece, note, id }: OutboundMessage,
  { moreWaits, submit }: Pick<WecomBotWebhookConfig["notices"], "moreWaits" | "submit">,
): Packet {
  let packet: Packet = { images: [] };
  for (const content of piece.content) {
    switch (content.kind) {
      case "text":
        packet = {
          ...packet,
          text: packet.text === undefined ? content.text : joinMessages(packet.text, content.text),
          ...(content.thought === undefined ? {} : { thought: content.thought }),
        };
        break;
      case "image":
        packet = { ...packet, images: [...packet.images, content] };
        break;
      case "card":
        packet = { ...packet, card: checkedContent(content, { platform: "bot", taskId: id, submit }).card };
        break;
      case "native":
        packet = { ...packet, native: content.payload };
        break;
      default:
        throw new ProtocolError(`a piece holds "${content.kind}", which the bot cannot send as it is`, {
          code: "wecom-bot.not-prepared",
        });
    }
  }
  return note === "more-waits" ? { ...packet, text: withNote(packet.text, moreWaits) } : packet;
}

function withNote(text: string | undefined, note: string): string {
  return text === undefined ? note : joinMessages(text, note);
}
