import type { AgentEvent, OutboundContent } from "@wxgate/core";
import { type Fields, fieldsOf, listIn, textIn } from "../json.ts";

/** What the person is shown of the parts of a message or artifact, in either dialect. */
export function partEvents(parts: unknown): readonly AgentEvent[] {
  return (listIn(parts) ?? []).flatMap((part) => partEvent(fieldsOf(part) ?? {}));
}

function partEvent(part: Fields): AgentEvent[] {
  const text = textIn(part.text);
  if (text !== undefined) return text === "" ? [] : [{ kind: "text-delta", text }];
  if (part.data !== undefined) {
    return [{ kind: "text-delta", text: `\`\`\`json\n${JSON.stringify(part.data, null, 2)}\n\`\`\`` }];
  }
  const file = fieldsOf(part.file) ?? part;
  const filename = textIn(file.filename) ?? textIn(file.name);
  const mime = textIn(file.mediaType) ?? textIn(file.mimeType) ?? "";
  const content = fileContent(file, mime, filename);
  if (content === undefined) return [{ kind: "text-delta", text: `[${filename ?? (mime || "file")}]` }];
  return [{ kind: "content", content }];
}

/** By address, or by what it says where it is text; other bytes cannot be sent on and are named. */
function fileContent(file: Fields, mime: string, filename: string | undefined): OutboundContent | undefined {
  const named = filename === undefined ? {} : { filename };
  const url = textIn(file.url) ?? textIn(file.uri);
  if (url !== undefined && /^https?:\/\//i.test(url)) return { kind: kindOf(mime), url, ...named };
  const bytes = textIn(file.raw) ?? textIn(file.bytes);
  if (bytes === undefined || !/^text\/|json$|xml$/.test(mime)) return undefined;
  return { kind: "file", text: Buffer.from(bytes, "base64").toString("utf8"), filename: filename ?? "file.txt" };
}

function kindOf(mime: string): "image" | "voice" | "video" | "file" {
  if (mime.startsWith("image/")) return "image";
  if (mime.startsWith("video/")) return "video";
  return mime.startsWith("audio/") ? "voice" : "file";
}
