import { type JsonObject, RejectedError, textField } from "@wxgate/core";

/** The bodies that both transports send: the same JSON in a frame, a passive reply or a post to `response_url`. */
export type BotBody = { readonly msgtype: string } & JsonObject;

export interface StreamFrame {
  readonly id: string;
  /** The whole text so far, not what is new. */
  readonly content: string;
  readonly finish: boolean;
  /** Takes effect in the first frame of a stream only. */
  readonly feedbackId?: string | undefined;
  /** In the last frame of a callback's stream: at most 10, JPG or PNG. */
  readonly images?: readonly { readonly base64: string; readonly md5: string }[];
}

export function streamBody(frame: StreamFrame): BotBody {
  return { msgtype: "stream", stream: streamFields(frame) };
}

/** A stream and a card in one packet; callbacks only. */
export function streamWithCardBody(frame: StreamFrame, card: JsonObject): BotBody {
  return { msgtype: "stream_with_template_card", stream: streamFields(frame), template_card: card };
}

function streamFields({ id, content, finish, feedbackId, images = [] }: StreamFrame): JsonObject {
  return {
    id,
    finish,
    content,
    ...(feedbackId === undefined ? {} : { feedback: { id: feedbackId } }),
    ...(images.length === 0 ? {} : { msg_item: images.map((image) => ({ msgtype: "image", image: { ...image } })) }),
  };
}

export function markdownBody(content: string, feedbackId?: string): BotBody {
  return {
    msgtype: "markdown",
    markdown: { content, ...(feedbackId === undefined ? {} : { feedback: { id: feedbackId } }) },
  };
}

export function cardBody(card: JsonObject, feedbackId?: string): BotBody {
  const feedback = feedbackId === undefined || card.feedback !== undefined ? {} : { feedback: { id: feedbackId } };
  return { msgtype: "template_card", template_card: { ...card, ...feedback } };
}

export function mediaBody(kind: "image" | "voice" | "video" | "file", mediaId: string): BotBody {
  return { msgtype: kind, [kind]: { media_id: mediaId } };
}

/** The platform's own JSON, as it is. @throws RejectedError without a `msgtype` */
export function nativeBody(payload: JsonObject): BotBody {
  const msgtype = textField(payload, "msgtype");
  if (msgtype !== undefined) return { ...payload, msgtype };
  throw new RejectedError("a native message of an AI bot needs a msgtype", {
    code: "wecom-bot.native-without-msgtype",
    hint: 'Give a body such as { "msgtype": "markdown", "markdown": { "content": "…" } }.',
  });
}

/** `enter_chat` is the only callback that takes plain text. */
export function welcomeTextBody(content: string): BotBody {
  return { msgtype: "text", text: { content } };
}

/** Without `userIds` the card changes for everybody who got it. */
export function cardUpdateBody(card: JsonObject, userIds?: readonly string[]): JsonObject {
  return {
    response_type: "update_template_card",
    ...(userIds === undefined ? {} : { userids: [...userIds] }),
    template_card: card,
  };
}
