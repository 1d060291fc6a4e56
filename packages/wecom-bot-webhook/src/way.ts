import { type JsonObject, numberField, type ReplyTarget, textField } from "@wxgate/core";

/** How something can be said to people: by what one of their messages opened. Plain data, kept with the message. */
export interface Way {
  readonly messageId: string;
  /** When the message came, milliseconds since 1970; everything ends some time after it. */
  readonly at: number;
  /** Who wrote: in a group a bubble answers its own member. */
  readonly from?: string;
  /** A message has a bubble; the use of a card has none. */
  readonly bubble: boolean;
  /** `response_url`: takes one post. A secret. */
  readonly url?: string;
}

export function wayToJson({ at, from, bubble, url }: Omit<Way, "messageId">): JsonObject {
  return {
    at,
    ...(from === undefined ? {} : { from }),
    ...(bubble ? { bubble } : {}),
    ...(url === undefined ? {} : { url }),
  };
}

/** The conversation's, newest first. */
export function waysOf({ handles }: Pick<ReplyTarget, "handles">): readonly Way[] {
  return handles.map(({ messageId, receivedAt, data }) => {
    const url = textField(data, "url");
    const from = textField(data, "from");
    return {
      messageId,
      at: numberField(data, "at") ?? receivedAt,
      bubble: data.bubble === true,
      ...(from === undefined ? {} : { from }),
      ...(url === undefined ? {} : { url }),
    };
  });
}
