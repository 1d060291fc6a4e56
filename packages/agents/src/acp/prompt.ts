import { hasMedia, outboundText, type StoredMedia, type Turn, textOf } from "@wxgate/core";
import type { AgentPorts } from "../ports.ts";
import { CHANNEL_GUIDE } from "../turn/guide.ts";
import { type FilePart, speaker, turnParts } from "../turn/parts.ts";
import { recentHistory } from "../turn/recent-history.ts";
import type { Capabilities } from "./connection.ts";

export interface PromptOptions {
  readonly systemPrompt?: string | undefined;
  readonly channelGuide: boolean;
  readonly historyTokens: number;
  readonly textFileBytes: number;
  readonly fileBytes: number;
}

export type Block = { readonly type: string; readonly [key: string]: unknown };

/** The turn as content blocks; in a session that begins, with what the agent must know first. */
export async function promptOf(
  turn: Turn,
  { isFresh, takes }: { readonly isFresh: boolean; readonly takes: Capabilities["prompt"] },
  options: PromptOptions,
  ports: AgentPorts,
  signal: AbortSignal,
): Promise<readonly Block[]> {
  const isTaken = (media: StoredMedia, as: FilePart["as"]) =>
    takes.files || (as === "image" ? takes.images && media.mime.startsWith("image/") : takes.audio && as === "voice");
  const parts = await turnParts(turn, { ...options, ports, takes: isTaken }, signal);
  const said = parts.map((part): Block => (part.kind === "text" ? text(part.text) : fileBlock(part, takes)));
  const links = turn.messages
    .flatMap(({ content }) => content.filter(hasMedia))
    .flatMap(({ kind, media }) => ("id" in media && !isTaken(media, kind) ? linkTo(media) : []));
  return [...(isFresh ? beginning(turn, options) : []), ...interrupted(turn), ...said, ...links];
}

export function text(words: string): Block {
  return { type: "text", text: words };
}

function beginning(turn: Turn, { systemPrompt = "", channelGuide, historyTokens }: PromptOptions): readonly Block[] {
  const before = recentHistory(turn.history, historyTokens).map((entry) => {
    const who = entry.role === "user" ? (entry.sender && speaker(turn, entry.sender)) || "Person:" : "You:";
    return `${who} ${entry.text}`;
  });
  const transcript = before.length === 0 ? "" : `What was said before:\n${before.join("\n")}\n[end of what was said]`;
  return [systemPrompt, channelGuide ? CHANNEL_GUIDE : "", transcript].filter((words) => words !== "").map(text);
}

/** What the agent asked in an attempt that was cut off. */
function interrupted({ asked = [] }: Turn): readonly Block[] {
  return asked.flatMap(({ content, answer }) =>
    answer === undefined
      ? []
      : [
          text(
            `[You were interrupted. Before, you asked: ${outboundText(content)}\nThe person answered: ${textOf(answer)}]`,
          ),
        ],
  );
}

function fileBlock({ as, media, bytes }: FilePart, takes: Capabilities["prompt"]): Block {
  const data = Buffer.from(bytes).toString("base64");
  if (as === "image" && takes.images) return { type: "image", mimeType: media.mime, data };
  if (as === "voice" && takes.audio) return { type: "audio", mimeType: media.mime, data };
  const name = encodeURIComponent(media.filename ?? as);
  return {
    type: "resource",
    resource: { uri: `wxgate:///${media.id}/${name}`, mimeType: media.mime, blob: data },
  };
}

/** Every agent takes links; the address is signed and good for a while. */
function linkTo({ id, url, filename, mime, bytes }: StoredMedia): readonly Block[] {
  if (url === undefined) return [];
  return [{ type: "resource_link", uri: url, name: filename ?? id, mimeType: mime, size: bytes }];
}
