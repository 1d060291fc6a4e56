import { type OutboundContent, parseOutboundContent } from "@wxgate/core";

export interface ParsedReply {
  /** Text and what its blocks asked for, in order. */
  readonly content: readonly OutboundContent[];
  /** Why blocks could not be obeyed; they are left out. */
  readonly problems: readonly string[];
  /** What those blocks say, for a reader who would be left with nothing. */
  readonly unobeyed: readonly string[];
}

interface Block {
  readonly start: number;
  readonly end: number;
  readonly body: string;
  readonly closed: boolean;
}

/**
 * Takes the fenced `wxgate` blocks out of an agent's text. A block that repeats words of the person (`quoted`) is
 * theirs, not the agent's: it stays text and is not obeyed. So does one inside another fence or a quotation.
 */
export function parseReplyText(text: string, quoted: readonly string[]): ParsedReply {
  const content: OutboundContent[] = [];
  const problems: string[] = [];
  const unobeyed: string[] = [];
  let from = 0;
  let pending = "";
  const flush = () => {
    const visible = pending.replace(/^(?:[ \t]*\n)+|\s+$/g, "");
    if (visible !== "") content.push({ kind: "text", text: visible });
    pending = "";
  };
  for (const block of findBlocks(text)) {
    if (isQuoted(block.body, quoted)) continue;
    pending += text.slice(from, block.start);
    from = block.end;
    try {
      const parsed = parseOutboundContent(JSON.parse(block.body));
      flush();
      content.push(parsed);
    } catch (error) {
      problems.push(`a wxgate block is wrong: ${error instanceof Error ? error.message : String(error)}`);
      unobeyed.push(withoutPaths(block.body.trim()));
    }
  }
  pending += text.slice(from);
  flush();
  return { content, problems, unobeyed };
}

/** Paths stay inside: they are nothing for the reader. The JSON may be broken anywhere. */
function withoutPaths(body: string): string {
  return body.replace(/(\bpath\b["']?\s*[:=]).*/gi, "$1 …");
}

/** The same for text that an agent gave as a content of its own; without a block it stays as it is. */
export function parseContentText(text: TextContent, quoted: readonly string[]): ParsedReply {
  if (!text.text.includes("wxgate")) return { content: [text], problems: [], unobeyed: [] };
  const { content, ...wrong } = parseReplyText(text.text, quoted);
  return { content: content.map((part) => (part.kind === "text" ? { ...text, text: part.text } : part)), ...wrong };
}
type TextContent = Extract<OutboundContent, { kind: "text" }>;

/** The text so far as a stream may show it: without blocks, finished or just begun. */
export function visibleText(text: string): string {
  let shown = "";
  let from = 0;
  for (const block of findBlocks(text)) {
    shown += text.slice(from, block.start);
    from = block.end;
  }
  shown += text.slice(from);
  // A fence that is still being written may become a block.
  return shown.replace(/\n?`{3,}[a-z]{0,6}$/, "");
}

function* findBlocks(text: string): Generator<Block> {
  let at = 0;
  let fence: { mark: string; length: number; block: boolean; start: number; bodyStart: number } | undefined;
  while (at < text.length) {
    const newline = text.indexOf("\n", at);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(at, end);
    const next = newline === -1 ? text.length : newline + 1;
    const mark = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\n`]*)$/.exec(line.endsWith("\r") ? line.slice(0, -1) : line);
    if (mark !== null) {
      const [, run = "", info = ""] = mark;
      if (fence === undefined) {
        fence = {
          mark: run[0] ?? "`",
          length: run.length,
          block: info.trim() === "wxgate",
          start: at,
          bodyStart: next,
        };
      } else if (run[0] === fence.mark && run.length >= fence.length && info.trim() === "") {
        if (fence.block) yield { start: fence.start, end: next, body: text.slice(fence.bodyStart, at), closed: true };
        fence = undefined;
      }
    }
    at = next;
  }
  if (fence?.block) yield { start: fence.start, end: text.length, body: text.slice(fence.bodyStart), closed: false };
}

function isQuoted(body: string, quoted: readonly string[]): boolean {
  const wanted = squeeze(body);
  return wanted !== "" && quoted.some((text) => squeeze(text).includes(wanted));
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, "");
}
