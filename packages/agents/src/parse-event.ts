import { type AgentEvent, type Answer, ChannelError, type Logger, parseOutboundContent } from "@wxgate/core";
import { z } from "zod";
import { fieldsOf, textIn } from "./json.ts";
import { createUnknownKinds } from "./turn/unknown-kinds.ts";

const text = z.string();
const tokens = z.number().int().nonnegative().optional();

const eventSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text-delta"), text }),
  z.object({ kind: z.literal("text-replace"), text }),
  z.object({ kind: z.literal("reasoning-delta"), text }),
  z.object({
    kind: z.literal("tool"),
    name: text,
    state: z.enum(["started", "finished", "failed"]),
    summary: text.optional(),
  }),
  z.object({ kind: z.literal("content"), content: z.unknown(), now: z.literal(true).optional() }),
  z.object({
    kind: z.literal("ask"),
    question: z.object({
      content: z.unknown(),
      timeoutMs: z.number().int().positive().optional(),
      answer: z
        .custom<(answer: Answer) => void>((value) => typeof value === "function", "must be a function")
        .optional(),
    }),
  }),
  z.object({
    kind: z.literal("permission"),
    permission: z.object({
      action: text,
      timeoutMs: z.number().int().positive().optional(),
      decide: z.custom<(granted: boolean) => void>((value) => typeof value === "function", "must be a function"),
    }),
  }),
  z.object({ kind: z.literal("usage"), inputTokens: tokens, outputTokens: tokens }),
]);

const KINDS: ReadonlySet<string> = new Set(eventSchema.options.map(({ shape }) => shape.kind.value));
/** What other protocols call the same. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["reasoning", "reasoning-delta"],
  ["reasoning_content", "reasoning-delta"],
]);

export interface EventReader {
  /** Undefined for what is passed over. `name`: what the stream calls it beside its own `kind`. */
  read(value: unknown, name?: string): AgentEvent | undefined;
  /** To be called at the answer's end. */
  end(): void;
}

/** Checks what somebody else's program calls events. `problem` completes "answered …". */
export function createEventReader(log: Logger, garbage: (problem: string) => Error): EventReader {
  const unknown = createUnknownKinds(log, garbage);
  return {
    read(value, name) {
      const fields = fieldsOf(value);
      const said = textIn(fields?.kind) ?? name;
      const kind = said === undefined ? undefined : (ALIASES.get(said) ?? said);
      if (kind !== undefined && !KINDS.has(kind)) {
        unknown.pass(kind);
        return undefined;
      }
      const event = parseAgentEvent(kind === said ? value : { ...fields, kind }, garbage);
      unknown.known();
      return event;
    },
    end: unknown.end,
  };
}

function parseAgentEvent(value: unknown, garbage: (problem: string) => Error): AgentEvent {
  const parsed = eventSchema.safeParse(value);
  if (!parsed.success) throw garbage(`an event that is none: ${z.prettifyError(parsed.error)}`);
  const event = parsed.data;
  if (event.kind === "content") return { ...event, content: parseContent(event.content, garbage) };
  if (event.kind !== "ask") return event;
  return { kind: "ask", question: { ...event.question, content: parseContent(event.question.content, garbage) } };
}

export function parseContent(
  value: unknown,
  garbage: (problem: string) => Error,
): ReturnType<typeof parseOutboundContent> {
  try {
    return parseOutboundContent(value);
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    throw garbage(`content that cannot be sent: ${error.message}`);
  }
}
