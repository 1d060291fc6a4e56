import type { Turn } from "@wxgate/core";
import type { AgentPorts } from "../ports.ts";
import { CHANNEL_GUIDE } from "../turn/guide.ts";
import { type FilePart, type Part, type PartOptions, speaker, turnParts } from "../turn/parts.ts";
import { rememberedHistory } from "../turn/recent-history.ts";

export interface InputOptions {
  readonly systemPrompt?: string;
  readonly channelGuide: boolean;
  readonly images: boolean;
  readonly documents: boolean;
  readonly textFileBytes: number;
  readonly fileBytes: number;
}

export function instructions({ systemPrompt = "", channelGuide }: InputOptions): string {
  return [systemPrompt, channelGuide ? CHANNEL_GUIDE : ""].filter((text) => text !== "").join("\n\n");
}

/** What was said before in the session, for a server that does not remember it. */
export function historyItems(turn: Turn, tokens: number): readonly object[] {
  return rememberedHistory(turn, tokens).map(({ role, text, sender }) => {
    const who = role === "user" && sender !== undefined ? speaker(turn, sender) : "";
    if (role === "user") return { role, content: who === "" ? text : `${who}\n${text}` };
    return { role: "assistant", content: role === "operator" ? `[a human colleague wrote] ${text}` : text };
  });
}

export async function userItem(
  turn: Turn,
  { images, documents, textFileBytes, fileBytes }: InputOptions,
  ports: AgentPorts,
  signal: AbortSignal,
): Promise<object> {
  const takes: PartOptions["takes"] = ({ mime }, as) =>
    mime.startsWith("image/") ? images : as === "file" && documents;
  const parts = await turnParts(turn, { ports, takes, textFileBytes, fileBytes }, signal);
  return { role: "user", content: parts.map(inputPart) };
}

function inputPart(part: Part): object {
  return part.kind === "text" ? { type: "input_text", text: part.text } : filePart(part);
}

function filePart({ media: { mime, filename = "file" }, bytes }: FilePart): object {
  const data = `data:${mime};base64,${Buffer.from(bytes).toString("base64")}`;
  if (mime.startsWith("image/")) return { type: "input_image", image_url: data };
  return { type: "input_file", filename, file_data: data };
}
