import type { AgentEvent, OutboundContent } from "@wxgate/core";
import { type ParsedReply, parseContentText, parseReplyText, visibleText } from "./blocks.ts";

/** Gathers one turn's answer from the agent's events. */
export interface ReplyBuilder {
  add(event: AgentEvent): void;
  /** What a stream may show now. */
  visible(): string;
  /** What the model thought on the way; no part of the reply. */
  thought(): string;
  /** One content of the agent's with the blocks in its text. */
  expand(content: OutboundContent): ParsedReply;
  /** The reply as written. One that would be nothing but blocks that could not be obeyed is what those say. */
  finish(): ParsedReply;
}

export function createReplyBuilder(quoted: readonly string[]): ReplyBuilder {
  let parts: (string | OutboundContent)[] = [];
  let thought = "";
  let saidEarly = false;

  function addText(text: string): void {
    const last = parts.at(-1);
    if (typeof last === "string") parts[parts.length - 1] = last + text;
    else parts.push(text);
  }

  const expand = (part: OutboundContent): ParsedReply =>
    part.kind === "text" ? parseContentText(part, quoted) : { content: [part], problems: [], unobeyed: [] };

  return {
    expand,
    add(event) {
      if (event.kind === "text-delta") addText(event.text);
      else if (event.kind === "text-replace") parts = [event.text, ...parts.filter((part) => typeof part !== "string")];
      else if (event.kind === "reasoning-delta") thought += event.text;
      else if (event.kind === "content" && event.now === true) saidEarly = true;
      else if (event.kind === "content") parts.push(event.content);
    },
    visible: () =>
      parts
        .filter((part) => typeof part === "string")
        .map(visibleText)
        .join("\n\n"),
    thought: () => thought,
    finish() {
      const parsed = parts.map((part) => (typeof part === "string" ? parseReplyText(part, quoted) : expand(part)));
      const content = parsed.flatMap((part) => part.content);
      const problems = parsed.flatMap((part) => part.problems);
      const unobeyed = parsed.flatMap((part) => part.unobeyed);
      return { content: content.length === 0 && !saidEarly ? inWords(unobeyed) : content, problems, unobeyed };
    },
  };
}

function inWords(blocks: readonly string[]): readonly OutboundContent[] {
  const text = blocks.filter((block) => block !== "").join("\n\n");
  return text === "" ? [] : [{ kind: "text", text, format: "plain" }];
}

/** What an agent without memory is told next time that it said. */
export function replyText(content: readonly OutboundContent[]): string {
  return content.map((part) => (part.kind === "text" ? part.text : `[${part.kind}]`)).join("\n");
}
