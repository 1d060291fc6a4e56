import { createHash } from "node:crypto";
import {
  type Channel,
  type ChannelPorts,
  type JsonObject,
  type OutboundContent,
  type OutboundMessage,
  ProtocolError,
  RejectedError,
  type SendReceipt,
} from "@wxgate/core";
import { expiredUpload } from "@wxgate/wecom-api";
import type { AgentApi } from "./api.ts";
import type { ChatPace } from "./chat-pace.ts";
import type { AgentXmlConfig } from "./config.ts";
import type { MemberPace } from "./member-pace.ts";
import { membersOf, receiversOf } from "./receivers.ts";
import { render } from "./render.ts";
import { requestJson } from "./request-json.ts";
import type { CardSender } from "./send-card.ts";
import type { WireMessage } from "./wire.ts";

/** A message on its way, without its content. */
export type Envelope = Pick<OutboundMessage, "to" | "id" | "attempt" | "answers">;
/** Sends one content as one message of the platform. */
export type Deliver = (envelope: Envelope, content: OutboundContent, signal: AbortSignal) => Promise<SendReceipt>;

/** Sends one prepared and staged piece: mostly one message, two for a file with a word about it. */
export function createSend(deliver: Deliver, memberPace: MemberPace): Channel["send"] {
  return async function send(message, signal) {
    const [first, ...rest] = message.piece.content;
    if (first === undefined) throw new ProtocolError("a piece is empty", { code: "wecom.not-prepared" });
    // All or none: of one that waits half sent nobody would know.
    memberPace.count(membersOf(message.to), message.piece.content.length);
    const receipt = await deliver(message, first, signal);
    for (const [index, content] of rest.entries()) {
      await deliver({ ...message, id: derivedId(message.id, index + 2) }, content, signal);
    }
    return receipt;
  };
}

interface DeliverOptions {
  readonly config: Pick<AgentXmlConfig, "safe" | "allowBroadcast" | "duplicateCheck">;
  readonly agentId: number;
  readonly api: Pick<AgentApi, "sendJson" | "sendToChat">;
  readonly pace: ChatPace;
  readonly sendCard: CardSender;
  readonly ports: Pick<ChannelPorts, "log">;
}

export function createDeliver({ config, agentId, api, pace, sendCard, ports }: DeliverOptions): Deliver {
  const { safe, allowBroadcast, duplicateCheck } = config;

  async function post(envelope: Envelope, message: WireMessage, signal: AbortSignal) {
    const receivers = receiversOf(envelope.to, allowBroadcast);
    const sent = await api.sendJson(
      requestJson(receivers, message, { agentId, id: envelope.id, duplicateCheck }),
      signal,
    );
    if (sent.refused.length > 0) {
      ports.log.warn({ message: envelope.id, refused: sent.refused }, "WeCom left some receivers out");
      refuseIfNobody(envelope, sent.refused);
    }
    const receipt: SendReceipt = {
      ...(sent.msgId === undefined ? {} : { platformId: sent.msgId, handle: { msgId: sent.msgId } }),
      ...(sent.refused.length > 0 ? { refused: sent.refused } : {}),
    };
    return { receipt, responseCode: sent.responseCode };
  }

  async function postToChat({ to }: Envelope, message: WireMessage, signal: AbortSignal): Promise<SendReceipt> {
    await pace.wait(to.peer, signal);
    await api.sendToChat(to.peer, message, signal);
    return { unconfirmed: true };
  }

  async function deliverContent(envelope: Envelope, content: OutboundContent, signal: AbortSignal) {
    if (envelope.to.kind === "group") return postToChat(envelope, render(content, { safe }), signal);
    if (content.kind === "card" || content.kind === "menu") {
      return sendCard(envelope, content, signal, (card: JsonObject) =>
        post(envelope, render(content, { safe, card }), signal),
      );
    }
    return (await post(envelope, render(content, { safe }), signal)).receipt;
  }

  return async function deliver(envelope, content, signal) {
    try {
      return await deliverContent(envelope, content, signal);
    } catch (error) {
      throw expiredUpload(error, envelope.attempt) ?? error;
    }
  };
}

/** The platform says "ok" also where the only receiver was left out: nothing was delivered then. */
function refuseIfNobody({ to }: Envelope, refused: readonly string[]): void {
  if (to.kind !== "direct" || refused.length === 0) return;
  throw new RejectedError(`WeCom left the only receiver out: ${refused.join(", ")}`, {
    code: "wecom.receiver-refused",
    hint: "The member must be inside the app's visible range and have a licence for the basic API.",
  });
}

/** Stable over attempts, like the id it comes from. */
function derivedId(id: string, part: number): string {
  return createHash("sha256").update(`${id}/${part}`).digest("base64url").slice(0, 32);
}
