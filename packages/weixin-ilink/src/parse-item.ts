import { type InboundContent, type JsonObject, type Media, numberField, objectField, textField } from "@wxgate/core";
import { ITEM } from "./wire.ts";

/** One item of a message, or of a quoted one. */
export function parseItem(item: JsonObject): InboundContent {
  const type = numberField(item, "type");
  switch (type) {
    case ITEM.text: {
      const text = objectField(item, "text_item").text;
      return typeof text === "string" ? { kind: "text", text } : unsupported(item, "text");
    }
    case ITEM.image: {
      const payload = objectField(item, "image_item");
      return { kind: "image", media: mediaOf(payload, "image") };
    }
    case ITEM.voice: {
      const payload = objectField(item, "voice_item");
      const transcript = textField(payload, "text");
      return { kind: "voice", media: mediaOf(payload, "voice"), ...(transcript === undefined ? {} : { transcript }) };
    }
    case ITEM.file: {
      const payload = objectField(item, "file_item");
      return { kind: "file", media: mediaOf(payload, "file", textField(payload, "file_name", "filename")) };
    }
    case ITEM.video:
      return { kind: "video", media: mediaOf(objectField(item, "video_item"), "video") };
    case ITEM.toolStart:
      return unsupported(item, "tool_call_start");
    case ITEM.toolResult:
      return unsupported(item, "tool_call_result");
    default:
      return unsupported(item, String(type ?? "none"));
  }
}

function unsupported(item: JsonObject, nativeType: string): InboundContent {
  return { kind: "unsupported", nativeType, raw: item };
}

/** Pictures name their key beside the reference, all others in it; pictures may have none. */
function mediaOf(payload: JsonObject, kind: "image" | "voice" | "video" | "file", filename?: string): Media {
  const media = objectField(payload, "media");
  const param = textField(media, "encrypt_query_param");
  const url = textField(media, "full_url");
  const key = textField(payload, "aeskey") ?? textField(media, "aes_key");
  const named = filename === undefined ? {} : { filename };
  if (param === undefined && url === undefined) return { error: "the message names no file", ...named };
  const ref = {
    kind,
    ...(param === undefined ? {} : { param }),
    ...(url === undefined ? {} : { url }),
    ...(key === undefined ? {} : { key }),
  };
  return { ref, ...named };
}
