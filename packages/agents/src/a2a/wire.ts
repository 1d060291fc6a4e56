import type { Turn } from "@wxgate/core";
import { type Fields, fieldsOf, listIn, textIn } from "../json.ts";
import type { FilePart, Part } from "../turn/parts.ts";

/** The two dialects that are spoken: 1.0 and everything before it. */
export type A2aVersion = "1.0" | "0.3";

export const METHODS = {
  "1.0": { send: "SendMessage", stream: "SendStreamingMessage", get: "GetTask", cancel: "CancelTask" },
  "0.3": { send: "message/send", stream: "message/stream", get: "tasks/get", cancel: "tasks/cancel" },
} as const;

export interface MessageContext {
  readonly contextId?: string;
  readonly taskId?: string;
}

/** The turn as a message; its id is the turn's, so that a server can tell a repeat. */
export function userMessage(version: A2aVersion, turn: Turn, parts: readonly Part[], context: MessageContext): object {
  const common = { messageId: turn.id, ...context };
  return version === "1.0"
    ? { ...common, role: "ROLE_USER", parts: parts.map(newPart) }
    : { ...common, kind: "message", role: "user", parts: parts.map(oldPart) };
}

function newPart(part: Part): object {
  if (part.kind === "text") return { text: part.text };
  return { raw: base64(part), mediaType: part.media.mime, ...named("filename", part) };
}

function oldPart(part: Part): object {
  if (part.kind === "text") return { kind: "text", text: part.text };
  return { kind: "file", file: { bytes: base64(part), mimeType: part.media.mime, ...named("name", part) } };
}

function base64({ bytes }: FilePart): string {
  return Buffer.from(bytes).toString("base64");
}

function named(key: string, { media }: FilePart): object {
  return media.filename === undefined ? {} : { [key]: media.filename };
}

export interface TaskStatus {
  /** Lower case with dashes, as before 1.0: `input-required`. */
  readonly state: string;
  readonly message?: Fields;
}

/** One result, whichever dialect it is in. */
export type A2aResult =
  | { readonly kind: "message"; readonly message: Fields; readonly contextId?: string }
  | {
      readonly kind: "task";
      readonly id: string;
      readonly contextId?: string;
      readonly status: TaskStatus;
      readonly artifacts: readonly Fields[];
    }
  | {
      readonly kind: "status";
      readonly id: string;
      readonly contextId?: string;
      readonly status: TaskStatus;
      readonly final: boolean;
    }
  | {
      readonly kind: "artifact";
      readonly id: string;
      readonly contextId?: string;
      readonly artifact: Fields;
      readonly append: boolean;
    };

/** Undefined when it is none of the four. */
export function parseResult(result: unknown): A2aResult | undefined {
  const fields = fieldsOf(result) ?? {};
  const kind = textIn(fields.kind);
  const of = (key: string, old: string) => fieldsOf(fields[key]) ?? (kind === old ? fields : undefined);
  const message = of("message", "message");
  if (message !== undefined) return { kind: "message", message, contextId: textIn(message.contextId) };
  const task = of("task", "task") ?? (fieldsOf(fields.status) && textIn(fields.id) ? fields : undefined);
  if (task !== undefined) {
    const artifacts = (listIn(task.artifacts) ?? []).map((artifact) => fieldsOf(artifact) ?? {});
    return {
      kind: "task",
      id: textIn(task.id) ?? "",
      contextId: textIn(task.contextId),
      status: statusOf(task),
      artifacts,
    };
  }
  const update = of("statusUpdate", "status-update");
  if (update !== undefined)
    return { kind: "status", ...ids(update), status: statusOf(update), final: update.final === true };
  const artifact = of("artifactUpdate", "artifact-update");
  if (artifact === undefined) return undefined;
  return {
    kind: "artifact",
    ...ids(artifact),
    artifact: fieldsOf(artifact.artifact) ?? {},
    append: artifact.append === true,
  };
}

function ids({ taskId, contextId }: Fields): { readonly id: string; readonly contextId?: string } {
  return { id: textIn(taskId) ?? "", contextId: textIn(contextId) };
}

function statusOf({ status }: Fields): TaskStatus {
  const fields = fieldsOf(status) ?? {};
  const state = (textIn(fields.state) ?? "")
    .replace(/^TASK_STATE_/, "")
    .replaceAll("_", "-")
    .toLowerCase();
  return { state, message: fieldsOf(fields.message) };
}
