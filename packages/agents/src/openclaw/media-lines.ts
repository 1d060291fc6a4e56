import type { AgentEvent, OutboundContent } from "@wxgate/core";

const MARK = "MEDIA:";
/** A longer line is no address. */
const LONGEST_LINE = 4096;

export interface MediaLines {
  feed(text: string): readonly AgentEvent[];
  /** What was held back, once nothing more comes. */
  end(): readonly AgentEvent[];
}

/**
 * Takes lines of the form `MEDIA: <address or path>` out of a text that arrives in pieces: OpenClaw's way to send a file.
 * Such a line inside a code fence is text. What it names passes the same guards as any other file of an agent.
 */
export function createMediaLines(): MediaLines {
  /** The part of a line that may yet become a media line. */
  let held = "";
  let atLineStart = true;
  let fenced = false;

  function line(whole: string): AgentEvent[] {
    const content = fenced ? undefined : mediaIn(whole);
    return content === undefined ? textEvents(whole) : [{ kind: "content", content }];
  }

  function mayBecomeMedia(): boolean {
    const begun = held.trimStart();
    if (begun.startsWith("`") || begun === "") return held.length <= LONGEST_LINE;
    return (begun.startsWith(MARK) || MARK.startsWith(begun)) && held.length <= LONGEST_LINE;
  }

  function step(piece: string, complete: boolean): AgentEvent[] {
    if (!atLineStart) {
      atLineStart = complete;
      return textEvents(piece);
    }
    held += piece;
    if (complete) {
      const whole = held;
      held = "";
      if (/^\s{0,3}```/.test(whole)) fenced = !fenced;
      return line(whole);
    }
    if (mayBecomeMedia()) return [];
    const text = held;
    held = "";
    atLineStart = false;
    return textEvents(text);
  }

  return {
    feed(text) {
      const events: AgentEvent[] = [];
      let from = 0;
      for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", from)) {
        events.push(...step(text.slice(from, at + 1), true));
        from = at + 1;
      }
      if (from < text.length) events.push(...step(text.slice(from), false));
      return events;
    },
    end() {
      const rest = held;
      held = "";
      return line(rest);
    },
  };
}

function textEvents(text: string): AgentEvent[] {
  return text === "" ? [] : [{ kind: "text-delta", text }];
}

function mediaIn(line: string): OutboundContent | undefined {
  const trimmed = line.trim();
  if (!trimmed.startsWith(MARK)) return undefined;
  const source = trimmed
    .slice(MARK.length)
    .trim()
    .replace(/^[`"'<]+|[`"'>]+$/g, "");
  if (source === "" || source.length > LONGEST_LINE) return undefined;
  const kind = kindOf(source);
  if (/^https?:\/\//i.test(source)) return { kind, url: source };
  return { kind, path: source.replace(/^file:\/\//i, "") };
}

function kindOf(source: string): "image" | "voice" | "video" | "file" {
  const extension = /\.([a-z0-9]{1,5})(?:[?#].*)?$/i.exec(source)?.[1]?.toLowerCase() ?? "";
  if (["png", "jpg", "jpeg", "gif", "webp", "bmp"].includes(extension)) return "image";
  if (["mp4", "mov", "m4v", "webm"].includes(extension)) return "video";
  return ["amr", "silk", "mp3", "wav", "ogg", "opus", "m4a"].includes(extension) ? "voice" : "file";
}
