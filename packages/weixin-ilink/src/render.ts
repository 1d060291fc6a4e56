import { type JsonObject, type OutboundContent, ProtocolError, RejectedError } from "@wxgate/core";
import { withNote } from "@wxgate/long-reply";
import { ITEM } from "./wire.ts";

/** `sendmessage`: UTF-8 bytes of a text item. */
export const TEXT_BYTES = 16_384;
/** Beside an uploaded item: when it was uploaded, in milliseconds since 1970. Never sent. */
export const UPLOADED_AT = "wxgate_uploaded_at";

/**
 * One staged content as an item.
 *
 * @param note goes under a text that has room for it
 * @throws ProtocolError for what `prepare` and `stage` should have replaced
 */
export function render(content: OutboundContent, note?: string): JsonObject {
  if (content.kind === "text")
    return { type: ITEM.text, text_item: { text: withNote(content.text, note, TEXT_BYTES) } };
  if (content.kind === "native") return renderNative(content.payload);
  throw new ProtocolError(`${content.kind} content was not prepared and staged before it was sent`, {
    code: "ilink.not-staged",
  });
}

function renderNative(payload: JsonObject): JsonObject {
  const { [UPLOADED_AT]: _uploadedAt, ...item } = payload;
  if (typeof item.type === "number") return item;
  throw new RejectedError("a native message of iLink is one item and needs a numeric type", {
    code: "ilink.native-without-type",
    hint: 'Give an item such as { "type": 1, "text_item": { "text": "…" } }.',
  });
}
