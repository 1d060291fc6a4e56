import { type JsonObject, numberField, type ReplyHandle, type ReplyTarget, textField } from "@wxgate/core";

/** Where an answer grows: a bubble that answers one message. Plain data, kept with the turn. */
export interface StreamPlace {
  /** The message that the bubbles' ids follow from. */
  readonly message: string;
  readonly reqId: string;
  /** Counts the bubbles of this answer. */
  readonly part: number;
  /** Milliseconds since 1970; before the first frame, when it was asked for. */
  readonly openedAt: number;
  /** Something is on the phone. */
  readonly shown: boolean;
  /** An earlier attempt ended without an answer: the phone shows nothing more before there are words. */
  readonly isQuiet?: boolean;
}

export function placeToJson(place: StreamPlace | undefined): JsonObject {
  return place === undefined ? {} : { ...place };
}

/** Undefined: the answer has no bubble. */
export function placeFromJson(handle: JsonObject | undefined): StreamPlace | undefined {
  if (handle === undefined) return undefined;
  const message = textField(handle, "message");
  const reqId = textField(handle, "reqId");
  const openedAt = numberField(handle, "openedAt");
  if (message === undefined || reqId === undefined || openedAt === undefined) return undefined;
  return {
    message,
    reqId,
    openedAt,
    part: numberField(handle, "part") ?? 0,
    shown: handle.shown === true,
    ...(handle.isQuiet === true ? { isQuiet: true } : {}),
  };
}

/** Messages can be answered for 24 hours; a little less, for the way. */
const ANSWERABLE_MS = 24 * 3_600_000 - 60_000;

/** The newest of the turn's messages that can still be answered by its `req_id`. */
export function answerable(
  { answers, handles }: ReplyTarget,
  now: number,
): (ReplyHandle & { reqId: string }) | undefined {
  for (const handle of handles) {
    const reqId = textField(handle.data, "reqId");
    const isOld = now - handle.receivedAt > ANSWERABLE_MS;
    if (reqId !== undefined && !isOld && answers.includes(handle.messageId)) return { ...handle, reqId };
  }
  return undefined;
}
