import {
  type ChannelPorts,
  type JsonObject,
  type OutboundContent,
  type OutboundMessage,
  ProtocolError,
  RejectedError,
  type SendReceipt,
} from "@wxgate/core";
import { expiredUpload, followUpId } from "@wxgate/wecom-api";
import type { AgentApi } from "./api.ts";
import type { ChatPace } from "./chat-pace.ts";
import type { AgentXmlConfig } from "./config.ts";
import type { MemberPace } from "./member-pace.ts";
import { membersOf, receiversOf } from "./receivers.ts";
import { render } from "./render.ts";
import { requestJson } from "./request-json.ts";
import type { CardSender } from "./send-card.ts";
import type { WireMessage } from "./wire.ts";

/** Longer than any message waits. */
const PARTS_MS = 7 * 24 * 3_600_000;

/** A message on its way, without its content. */
export type Outgoing = Pick<OutboundMessage, "to" | "id" | "attempt" | "answers">;
/** Sends one content as one message of the platform. */
export type Deliver = (outgoing: Outgoing, content: OutboundContent, signal: AbortSignal) => Promise<SendReceipt>;

/** Sends one prepared and staged piece: mostly one message, two for a file with a word about it. */
export type Send = (message: Outgoing & Pick<OutboundMessage, "piece">, signal: AbortSignal) => Promise<SendReceipt>;

interface SendOptions {
  readonly deliver: Deliver;
  readonly memberPace: MemberPace;
  readonly state: ChannelPorts["state"];
}

export function createSend({ deliver, memberPace, state }: SendOptions): Send {
  return async function send(message, signal) {
    const { to, id, piece } = message;
    const [first, ...rest] = piece.content;
    if (first === undefined) throw new ProtocolError("a piece is empty", { code: "wecom.not-prepared" });
    if (to.kind === "group" && rest.length > 0) return sendToChat(message, signal);
    // All or none: of one that waits half sent nobody would know.
    memberPace.count(membersOf(to), piece.content.length);
    const receipt = await deliver(message, first, signal);
    for (const [index, content] of rest.entries()) {
      await deliver({ ...message, id: followUpId(id, index + 2) }, content, signal);
    }
    return receipt;
  };

  /** Group chats have no duplicate check: what went before is not sent again by the next attempt. */
  async function sendToChat(message: Parameters<Send>[0], signal: AbortSignal): Promise<SendReceipt> {
    const key = `sent-parts/${message.id}`;
    // Also on a first attempt: one that waited for the operator, or was given up and sent again, counts as the first.
    const sent = Number((await state.get(key)) ?? 0);
    for (const [index, content] of message.piece.content.entries()) {
      if (index < sent) continue;
      await deliver(message, content, signal);
      await state.set(key, index + 1, { ttlMs: PARTS_MS });
    }
    return { unconfirmed: true };
  }
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

  async function post(outgoing: Outgoing, message: WireMessage, signal: AbortSignal) {
    const receivers = receiversOf(outgoing.to, allowBroadcast);
    const sent = await api.sendJson(
      requestJson(receivers, message, { agentId, id: outgoing.id, duplicateCheck }),
      signal,
    );
    if (sent.refused.length > 0) {
      ports.log.warn({ message: outgoing.id, refused: sent.refused }, "WeCom left some receivers out");
      refuseIfNobody(outgoing, sent.refused);
    }
    const receipt: SendReceipt = {
      ...(sent.msgId === undefined ? {} : { platformId: sent.msgId, handle: { msgId: sent.msgId } }),
      ...(sent.refused.length > 0 ? { refused: sent.refused } : {}),
    };
    return { receipt, responseCode: sent.responseCode };
  }

  async function postToChat({ to }: Outgoing, message: WireMessage, signal: AbortSignal): Promise<SendReceipt> {
    await pace.wait(to.peer, signal);
    await api.sendToChat(to.peer, message, signal);
    return { unconfirmed: true };
  }

  async function deliverContent(outgoing: Outgoing, content: OutboundContent, signal: AbortSignal) {
    if (outgoing.to.kind === "group") return postToChat(outgoing, render(content, { safe, group: true }), signal);
    if (content.kind === "card" || content.kind === "menu") {
      return sendCard(outgoing, content, signal, (card: JsonObject) =>
        post(outgoing, render(content, { safe, card }), signal),
      );
    }
    return (await post(outgoing, render(content, { safe }), signal)).receipt;
  }

  return async function deliver(outgoing, content, signal) {
    try {
      return await deliverContent(outgoing, content, signal);
    } catch (error) {
      throw expiredUpload(error, outgoing.attempt) ?? error;
    }
  };
}

/** The platform says "ok" also where the only receiver was left out: nothing was delivered then. */
function refuseIfNobody({ to }: Outgoing, refused: readonly string[]): void {
  if (to.kind !== "direct" || refused.length === 0) return;
  throw new RejectedError(`WeCom left the only receiver out: ${refused.join(", ")}`, {
    code: "wecom.receiver-refused",
    hint: "The member must be inside the app's visible range and have a licence for the basic API.",
  });
}
