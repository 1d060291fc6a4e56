import type { AgentEvent } from "@wxgate/core";
import { type Fields, fieldsOf, textIn } from "../json.ts";

/** What is known of a tool call; updates name only what changed. */
export interface ToolCall {
  readonly name: string;
  readonly title: string;
  readonly about: About;
}

/** What a tool call does, and where. */
export interface About {
  readonly rawInput?: unknown;
  readonly content?: unknown;
  readonly locations?: unknown;
}

/** Makes events of one prompt's `session/update` notifications. */
export interface UpdateReader {
  read(update: Fields): readonly AgentEvent[];
  tool(id: string): ToolCall | undefined;
  /** What is said next is another paragraph. */
  pause(): void;
}

export function createUpdateReader(showReasoning: boolean): UpdateReader {
  const tools = new Map<string, ToolCall>();
  let spoke = false;
  let paused = false;
  let lastMessage: string | undefined;

  /** What is said after a tool, or as another message, is a paragraph of its own. */
  function spoken(text: string, message: string | undefined): AgentEvent[] {
    const isAnother = paused || (message !== undefined && lastMessage !== undefined && message !== lastMessage);
    const before = spoke && isAnother && !text.startsWith("\n\n") ? "\n\n" : "";
    spoke = true;
    paused = false;
    lastMessage = message;
    return [{ kind: "text-delta", text: before + text }];
  }

  function called(update: Fields): AgentEvent[] {
    const id = textIn(update.toolCallId) ?? "";
    const known = tools.get(id);
    const title = textIn(update.title) ?? known?.title ?? "";
    const name = textIn(update.name) ?? textIn(update.kind) ?? known?.name ?? "tool";
    const state = stateOf(update.status, known === undefined);
    const isOver = state === "finished" || state === "failed";
    // What is over asks no more, and its output may be long.
    tools.set(id, { name, title, about: isOver ? {} : aboutOf(update, known) });
    paused = true;
    return state === undefined ? [] : [{ kind: "tool", name, state, ...(title === "" ? {} : { summary: title }) }];
  }

  return {
    tool: (id) => tools.get(id),
    pause() {
      paused = true;
    },
    read(update) {
      switch (update.sessionUpdate) {
        case "agent_message_chunk": {
          const text = textOf(update.content);
          return text === "" ? [] : spoken(text, textIn(update.messageId));
        }
        case "agent_thought_chunk": {
          const text = textOf(update.content);
          return text === "" || !showReasoning ? [] : [{ kind: "reasoning-delta", text }];
        }
        case "tool_call":
        case "tool_call_update":
          return called(update);
        default:
          // Plans, modes, lists of commands: nothing a person in a chat could use.
          return [];
      }
    },
  };
}

/** What a message about a tool call says of it, with what was known before. */
export function aboutOf({ rawInput, content, locations }: Fields, known: ToolCall | undefined): About {
  return {
    rawInput: rawInput ?? known?.about.rawInput,
    content: content ?? known?.about.content,
    locations: locations ?? known?.about.locations,
  };
}

function stateOf(status: unknown, isNew: boolean): "started" | "finished" | "failed" | undefined {
  if (status === "completed") return "finished";
  if (status === "failed") return "failed";
  return isNew ? "started" : undefined;
}

/** The words of one content block; a link to something on the web counts as its address. */
function textOf(content: unknown): string {
  const block = fieldsOf(content);
  if (block?.type === "text") return textIn(block.text) ?? "";
  if (block?.type === "resource_link") {
    const uri = textIn(block.uri) ?? "";
    return /^https?:/.test(uri) ? `[${textIn(block.name) ?? uri}](${uri})` : "";
  }
  return "";
}
