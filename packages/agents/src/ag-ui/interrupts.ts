import type { JsonObject, JsonValue, OutboundContent } from "@wxgate/core";
import { type Fields, fieldsOf, listIn, textIn } from "../json.ts";
import { isNo, isYes } from "../turn/yes-no.ts";

/** What an agent waits for before it goes on. */
export interface Interrupt {
  readonly id: string;
  readonly reason: string;
  readonly message?: string;
  /** JSON Schema of the answer. */
  readonly schema?: JsonObject;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
}

export interface ResumeEntry {
  readonly interruptId: string;
  readonly status: "resolved" | "cancelled";
  readonly payload?: JsonValue;
}

/** Reads `interrupts` of a finished run, or what was stored of it; what has no id cannot be answered and is left out. */
export function parseInterrupts(value: unknown): readonly Interrupt[] {
  return (listIn(value) ?? []).flatMap((each) => {
    const fields: Fields = fieldsOf(each) ?? {};
    const id = textIn(fields.id);
    if (id === undefined) return [];
    const expiresAt =
      typeof fields.expiresAt === "number" ? fields.expiresAt : Date.parse(textIn(fields.expiresAt) ?? "");
    return [
      {
        id,
        reason: textIn(fields.reason) ?? "",
        message: textIn(fields.message),
        schema: fieldsOf(fields.responseSchema ?? fields.schema) as JsonObject | undefined,
        ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
      },
    ];
  });
}

/** The question for the person: words to answer freely, or choices where only some answers fit. */
export function questionOf(interrupt: Interrupt): OutboundContent {
  const { message, reason } = interrupt;
  const head = message || reason || "May I go on?";
  const choices = choicesOf(interrupt);
  if (choices.length === 0) return { kind: "text", text: head };
  return { kind: "menu", head, items: choices.map((text) => ({ id: `answer:${text}`, text })) };
}

/** What the person wrote as the answer to each; `cancelled` where it is no answer, or came too late. */
export function resumeWith(interrupts: readonly Interrupt[], said: string, nowMs: number): readonly ResumeEntry[] {
  return interrupts.map((interrupt) => {
    const late = interrupt.expiresAt !== undefined && interrupt.expiresAt <= nowMs;
    const payload = late ? undefined : payloadOf(interrupt, said.trim());
    return payload === undefined
      ? { interruptId: interrupt.id, status: "cancelled" }
      : { interruptId: interrupt.id, status: "resolved", payload };
  });
}

function choicesOf(interrupt: Interrupt): readonly string[] {
  const { schema } = answerField(interrupt);
  const options = listIn(schema?.enum)?.filter((option) => typeof option === "string") ?? [];
  if (options.length > 0) return options;
  return schema?.type === "boolean" ? ["Yes", "No"] : [];
}

function payloadOf(interrupt: Interrupt, said: string): JsonValue | undefined {
  const { name, schema } = answerField(interrupt);
  const value = readAnswer(schema, said);
  return value === undefined || name === undefined ? value : { [name]: value };
}

function readAnswer(schema: Fields | undefined, said: string): JsonValue | undefined {
  if (schema?.type === "boolean") return isYes(said) ? true : isNo(said) ? false : undefined;
  if (schema?.type === "number" || schema?.type === "integer") {
    const number = Number(said);
    return said === "" || !Number.isFinite(number) ? undefined : number;
  }
  const options = listIn(schema?.enum)?.filter((option) => typeof option === "string") ?? [];
  if (options.length > 0) return options.find((option) => option.toLowerCase() === said.toLowerCase());
  return said === "" ? undefined : said;
}

/**
 * The one field of the answer a person can give in a chat: the only or first required one of an object. Without a schema,
 * something that must be allowed wants `{ approved }`, and anything else the words.
 */
function answerField({ reason, schema }: Interrupt): { readonly name?: string; readonly schema?: Fields } {
  if (schema === undefined) {
    return /approv|confirm|tool_?call|permission/i.test(reason)
      ? { name: "approved", schema: { type: "boolean" } }
      : {};
  }
  const properties = fieldsOf(schema.properties);
  if (properties === undefined) return { schema };
  const names = Object.keys(properties);
  const required = listIn(schema.required)?.find((each) => typeof each === "string" && names.includes(each));
  const name = textIn(required) ?? names[0];
  return name === undefined ? {} : { name, schema: fieldsOf(properties[name]) };
}
