import {
  hasMedia,
  type InboundContent,
  type Quote,
  type StoredMedia,
  type Turn,
  type TurnMessage,
  type TurnSkill,
} from "@wxgate/core";
import type { AgentPorts } from "../ports.ts";
import { describeContent } from "./describe.ts";

/** What was said in a turn, for a model: text, and files in between where they stood. */
export type Part = { readonly kind: "text"; readonly text: string } | FilePart;
export interface FilePart {
  readonly kind: "file";
  readonly as: "image" | "voice" | "video" | "file";
  readonly media: StoredMedia;
  /** The line that stands for it in text. */
  readonly described: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface PartOptions {
  readonly ports: Pick<AgentPorts, "openMedia" | "log">;
  /** Which files the back-end takes as bytes; the others become a line of text. */
  takes(media: StoredMedia, as: FilePart["as"]): boolean;
  /** Longest text file that is handed over as text; 0: none. */
  readonly textFileBytes: number;
  /** Larger files become a line of text. */
  readonly fileBytes: number;
}

/** Neighbouring texts come as one. A file that cannot be opened becomes a line that says so. */
export async function turnParts(turn: Turn, options: PartOptions, signal: AbortSignal): Promise<readonly Part[]> {
  const parts: Part[] = [];
  const add = (part: Part) => {
    const last = parts.at(-1);
    if (part.kind === "text" && last?.kind === "text") parts[parts.length - 1] = joined(last.text, part.text);
    else parts.push(part);
  };
  if (turn.skill !== undefined) add({ kind: "text", text: instructions(turn.skill) });
  for (const message of turn.messages) {
    const before = introduction(turn, message);
    if (before !== "") add({ kind: "text", text: before });
    for (const content of message.content) add(await partOf(content, options, signal));
  }
  return parts;
}

/** Text and descriptions, for a back-end that takes the files beside the text. */
export function partsText(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === "text" ? part.text : part.described)).join("\n");
}

/** In a group the speaker is named: the session is everybody's. */
export function speaker(turn: Turn, { id, name }: { readonly id: string; readonly name?: string }): string {
  return turn.conversation.kind === "direct" ? "" : `${(name ?? id).replace(/\s+/g, " ").slice(0, 64)}:`;
}

/** Beside what was said, not in the system prompt: some back-ends have none, and some keep theirs for the whole session. */
function instructions({ name, text }: TurnSkill): string {
  return `[instructions of the skill "${name}", for what follows]\n${text}\n[end of the instructions]`;
}

function introduction(turn: Turn, { quote }: TurnMessage): string {
  return [speaker(turn, turn.sender), quoted(quote)].filter((line) => line !== "").join("\n");
}

function quoted(quote: Quote | undefined): string {
  const text = quote?.content?.map(describeContent).join("\n") ?? "";
  return text === "" ? "" : text.replace(/^/gm, "> ");
}

function joined(before: string, after: string): Part {
  return { kind: "text", text: `${before}\n${after}` };
}

async function partOf(content: InboundContent, options: PartOptions, signal: AbortSignal): Promise<Part> {
  const described = { kind: "text" as const, text: describeContent(content) };
  if (!hasMedia(content) || !("id" in content.media)) return described;
  if (content.kind === "voice" && content.transcript !== undefined) return described;
  const { media, kind } = content;
  const asText = media.bytes <= options.textFileBytes && isText(media);
  const asFile = media.bytes <= options.fileBytes && options.takes(media, kind);
  if (!asText && !asFile) return described;
  try {
    const bytes = await readAll(await options.ports.openMedia(media.id, signal), options, signal);
    if (!asText) return { kind: "file", as: kind, media, described: described.text, bytes };
    return {
      kind: "text",
      text: `${described.text}\n${new TextDecoder().decode(bytes)}\n[end of ${media.filename ?? "file"}]`,
    };
  } catch (error) {
    signal.throwIfAborted();
    options.ports.log.warn({ media: media.id, err: error }, "a file could not be handed to the agent");
    return { kind: "text", text: `${described.text} (it could not be opened)` };
  }
}

async function readAll(
  { body }: { readonly body: AsyncIterable<Uint8Array> },
  { fileBytes, textFileBytes }: PartOptions,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const most = Math.max(fileBytes, textFileBytes);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    signal.throwIfAborted();
    bytes += chunk.byteLength;
    if (bytes > most) throw new RangeError(`the file is longer than the ${most} bytes it was said to have at most`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function isText({ mime }: StoredMedia): boolean {
  return /^text\/|^application\/(?:.+\+)?(?:json|xml|yaml|x-yaml|toml|javascript|x-ndjson|sql)$/.test(mime);
}
