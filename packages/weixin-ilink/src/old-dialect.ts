import {
  type InboundContent,
  isObject,
  type JsonObject,
  numberField,
  objectField,
  type Sender,
  textField,
} from "@wxgate/core";

/* How an older client writes messages: `from_user`, `chat`, and one object with a type in words instead of items. */

export function oldSender(raw: JsonObject): Sender | undefined {
  const plain = textField(raw, "sender");
  if (plain !== undefined) return { id: plain };
  const person = objectField(raw, "from_user", "sender");
  const id = textField(person, "id", "wxid");
  const name = textField(person, "name", "nickname");
  return id === undefined ? undefined : { id, ...(name === undefined ? {} : { name }) };
}

export function oldGroup(raw: JsonObject): string | undefined {
  const chat = objectField(raw, "chat", "conversation");
  return chat.type === "group" ? (textField(chat, "id") ?? textField(raw, "conversation_id")) : undefined;
}

/** Nothing when there is no such object. */
export function oldContents(raw: JsonObject): readonly InboundContent[] {
  const content = [raw.content, raw.message].find((value) => value !== undefined && value !== null && value !== "");
  if (typeof content === "string") return [{ kind: "text", text: content }];
  return isObject(content) ? [oldContent(content)] : [];
}

function oldContent(content: JsonObject): InboundContent {
  const type = textField(content, "type") ?? "none";
  switch (type) {
    case "text":
      return { kind: "text", text: textField(content, "text", "content") ?? "" };
    case "image":
    case "video":
    case "file":
      return { kind: type, media: oldMedia(content, type) };
    case "voice":
    case "audio": {
      const transcript = textField(content, "text");
      return {
        kind: "voice",
        media: oldMedia(content, "voice"),
        ...(transcript === undefined ? {} : { transcript }),
      };
    }
    case "location": {
      const latitude = numberField(content, "latitude", "lat");
      const longitude = numberField(content, "longitude", "lng");
      if (latitude === undefined || longitude === undefined) break;
      const name = textField(content, "name", "label");
      const address = textField(content, "address");
      return {
        kind: "location",
        latitude,
        longitude,
        ...(name === undefined ? {} : { name }),
        ...(address === undefined ? {} : { address }),
      };
    }
  }
  return { kind: "unsupported", nativeType: type, raw: content };
}

function oldMedia(content: JsonObject, kind: "image" | "voice" | "video" | "file") {
  const url = textField(content, "url", "cdn_url", "full_url");
  const param = textField(content, "media_id", "encrypt_query_param");
  const key = textField(content, "aeskey", "aes_key");
  const filename = textField(content, "filename", "file_name");
  const named = filename === undefined ? {} : { filename };
  if (url === undefined && param === undefined) return { error: "the message names no file", ...named };
  const ref = {
    kind,
    ...(param === undefined ? {} : { param }),
    ...(url === undefined ? {} : { url }),
    ...(key === undefined ? {} : { key }),
  };
  return { ref, ...named };
}
