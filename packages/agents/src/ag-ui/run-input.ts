import { createHash } from "node:crypto";
import type { HistoryEntry, Turn } from "@wxgate/core";
import type { AgentPorts, AgentTool } from "../ports.ts";
import { CHANNEL_GUIDE } from "../turn/guide.ts";
import { type FilePart, type Part, speaker, turnParts } from "../turn/parts.ts";
import { rememberedHistory } from "../turn/recent-history.ts";
import type { RunCall } from "./read-run.ts";

export interface InputOptions {
  readonly historyTokens: number;
  readonly files: boolean;
  readonly textFileBytes: number;
  readonly fileBytes: number;
}

/** What was said before, and the turn as the last message. */
export async function runMessages(
  turn: Turn,
  { historyTokens, files, textFileBytes, fileBytes }: InputOptions,
  ports: AgentPorts,
  signal: AbortSignal,
): Promise<{ readonly before: readonly object[]; readonly now: object }> {
  const parts = await turnParts(turn, { ports, takes: () => files, textFileBytes, fileBytes }, signal);
  const [only] = parts;
  const content = parts.length === 1 && only?.kind === "text" ? only.text : parts.map(contentPart);
  return {
    before: rememberedHistory(turn, historyTokens).map((entry) => remembered(turn, entry)),
    now: { id: turn.id, role: "user", content, ...(turn.sender.name === undefined ? {} : { name: turn.sender.name }) },
  };
}

export function runContext(turn: Turn, channelGuide: boolean): readonly object[] {
  const { conversation, sender } = turn;
  const facts = { channel: conversation.channel, kind: conversation.kind, sender };
  return [
    { description: "Where the conversation takes place and who speaks", value: JSON.stringify(facts) },
    ...(channelGuide ? [{ description: "How to answer", value: CHANNEL_GUIDE }] : []),
  ];
}

export function runTools(tools: readonly AgentTool[]): readonly object[] {
  return tools.map(({ name, description, parameters }) => ({ name, description, parameters }));
}

/** The calls a run ended with and their results, for the run that goes on from there. */
export function callMessages(
  run: string,
  text: string,
  calls: readonly RunCall[],
  results: readonly string[],
): readonly object[] {
  const toolCalls = calls.map(({ id, name, args }) => ({ id, type: "function", function: { name, arguments: args } }));
  return [
    { id: `${run}-calls`, role: "assistant", toolCalls, ...(text === "" ? {} : { content: text }) },
    ...calls.map(({ id }, at) => ({ id: `${run}-${id}`, role: "tool", toolCallId: id, content: results[at] ?? "" })),
  ];
}

/** The same id every time, so that a server which remembers the thread knows the message again. */
function remembered(turn: Turn, { role, at, text, sender }: HistoryEntry): object {
  const id = createHash("sha256").update(`${role}|${at.getTime()}|${text}`).digest("hex").slice(0, 24);
  const who = role === "user" && sender !== undefined ? speaker(turn, sender) : "";
  if (role === "user") return { id, role, content: who === "" ? text : `${who}\n${text}` };
  return { id, role: "assistant", content: role === "operator" ? `[a human colleague wrote] ${text}` : text };
}

const PART_TYPES: Readonly<Record<FilePart["as"], string>> = {
  image: "image",
  voice: "audio",
  video: "video",
  file: "document",
};

function contentPart(part: Part): object {
  if (part.kind === "text") return { type: "text", text: part.text };
  const value = Buffer.from(part.bytes).toString("base64");
  return { type: PART_TYPES[part.as], source: { type: "data", value, mimeType: part.media.mime } };
}
