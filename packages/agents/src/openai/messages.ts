import type { HistoryEntry, Turn } from "@wxgate/core";
import type { AgentPorts } from "../ports.ts";
import { CHANNEL_GUIDE } from "../turn/guide.ts";
import { type FilePart, type Part, type PartOptions, speaker, turnParts } from "../turn/parts.ts";
import { rememberedHistory } from "../turn/recent-history.ts";
import type { ToolCall } from "./chat-stream.ts";

type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string } }
  | { readonly type: "input_audio"; readonly input_audio: { readonly data: string; readonly format: string } };

export type ChatMessage =
  | { readonly role: "system" | "user" | "assistant"; readonly content: string }
  | { readonly role: "user"; readonly content: readonly ContentPart[] }
  | { readonly role: "assistant"; readonly content: string | null; readonly tool_calls: readonly object[] }
  | { readonly role: "tool"; readonly tool_call_id: string; readonly content: string };

export interface MessageOptions {
  readonly systemPrompt?: string;
  readonly channelGuide: boolean;
  readonly tools: boolean;
  readonly historyTokens: number;
  readonly images: boolean;
  readonly audio: boolean;
  readonly textFileBytes: number;
  readonly fileBytes: number;
}

const AUDIO_FORMATS: Readonly<Record<string, string>> = {
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/mpeg": "mp3",
};

/** System prompt, what was said before, and the turn itself, in the order a model reads them. */
export async function chatMessages(
  turn: Turn,
  options: MessageOptions,
  ports: AgentPorts,
  signal: AbortSignal,
): Promise<readonly ChatMessage[]> {
  const { systemPrompt, channelGuide, tools, historyTokens, images, audio, textFileBytes, fileBytes } = options;
  const ofTools = tools ? ((await ports.tools?.prompt?.(turn)) ?? "") : "";
  const system = [systemPrompt ?? "", channelGuide ? CHANNEL_GUIDE : "", ofTools]
    .filter((text) => text !== "")
    .join("\n\n");
  const takes: PartOptions["takes"] = ({ mime }) =>
    (images && mime.startsWith("image/")) || (audio && AUDIO_FORMATS[mime] !== undefined);
  const parts = await turnParts(turn, { ports, takes, textFileBytes, fileBytes }, signal);
  return [
    ...(system === "" ? [] : [{ role: "system" as const, content: system }]),
    ...alternating(
      rememberedHistory(turn, historyTokens).map((entry) => remembered(turn, entry)),
      userContent(parts),
    ),
  ];
}

/** What the model asked for, as it must be shown to it again beside the results. */
export function toolRound(
  text: string,
  calls: readonly ToolCall[],
  results: readonly string[],
): readonly ChatMessage[] {
  return [
    {
      role: "assistant",
      content: text === "" ? null : text,
      tool_calls: calls.map(({ id, name, args }) => ({ id, type: "function", function: { name, arguments: args } })),
    },
    ...calls.map(({ id }, index) => ({ role: "tool" as const, tool_call_id: id, content: results[index] ?? "" })),
  ];
}

interface Remembered {
  readonly role: "user" | "assistant";
  readonly content: string;
}

function remembered(turn: Turn, { role, text, sender }: HistoryEntry): Remembered {
  if (role === "user") {
    const who = sender === undefined ? "" : speaker(turn, sender);
    return { role, content: who === "" ? text : `${who}\n${text}` };
  }
  return { role: "assistant", content: role === "operator" ? `[a human colleague wrote] ${text}` : text };
}

/** Many chat templates take user and assistant only in turns: neighbours of one role become one message. */
function alternating(before: readonly Remembered[], now: readonly ContentPart[]): ChatMessage[] {
  const messages: Remembered[] = [];
  for (const entry of before) {
    const last = messages.at(-1);
    if (last?.role === entry.role) {
      messages[messages.length - 1] = { role: entry.role, content: `${last.content}\n\n${entry.content}` };
    } else messages.push(entry);
  }
  const unanswered = messages.at(-1)?.role === "user" ? messages.pop() : undefined;
  const content = unanswered === undefined ? now : mergedText([{ type: "text", text: unanswered.content }, ...now]);
  const [only] = content;
  if (content.length === 1 && only?.type === "text") return [...messages, { role: "user", content: only.text }];
  return [...messages, { role: "user", content }];
}

function mergedText([first, second, ...rest]: readonly ContentPart[]): readonly ContentPart[] {
  if (first?.type !== "text" || second?.type !== "text")
    return [first, second, ...rest].filter((part) => part !== undefined);
  return [{ type: "text", text: `${first.text}\n\n${second.text}` }, ...rest];
}

function userContent(parts: readonly Part[]): readonly ContentPart[] {
  return parts.map((part) => (part.kind === "text" ? { type: "text", text: part.text } : fileContent(part)));
}

function fileContent({ media: { mime }, bytes }: FilePart): ContentPart {
  const data = Buffer.from(bytes).toString("base64");
  const format = AUDIO_FORMATS[mime];
  if (format !== undefined) return { type: "input_audio", input_audio: { data, format } };
  return { type: "image_url", image_url: { url: `data:${mime};base64,${data}` } };
}
