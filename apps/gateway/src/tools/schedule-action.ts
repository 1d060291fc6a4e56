import type { OutboundContent, ScheduleAction, ScheduleTarget } from "@wxgate/core";
import { z } from "zod";
import { outboundContentSchema } from "../admin/content-schema.ts";
import { rejected } from "./place.ts";

/** What a schedule does, as the tools take it. */
export const said = {
  text: z.string().min(1).optional().describe("Sent as it is. One of text, content and prompt."),
  content: z.array(outboundContentSchema).min(1).max(50).optional(),
  prompt: z.string().min(1).optional().describe("Asked of the agent at that time; its answer is sent."),
};

export interface Said {
  readonly text?: string | undefined;
  readonly content?: readonly OutboundContent[] | undefined;
  readonly prompt?: string | undefined;
}

export function actionOf(said: Said, agent: string | undefined, to: ScheduleTarget): ScheduleAction {
  const action = changedAction(undefined, said, agent, to);
  if (action === undefined) throw rejected("write one of text, content and prompt", "tool.arguments");
  return action;
}

/** What is not named stays as it was `before`; undefined when nothing is to do. */
export function changedAction(
  before: ScheduleAction | undefined,
  { text, content, prompt }: Said,
  agent: string | undefined,
  to: ScheduleTarget | undefined,
): ScheduleAction | undefined {
  const given = [text, content, prompt].filter((value) => value !== undefined);
  if (given.length > 1) throw rejected("write one of text, content and prompt", "tool.arguments");
  const asking = before?.kind === "ask" ? before : undefined;
  const target = to ?? before?.to;
  const where = target === undefined ? {} : { to: target };
  const who = agent === undefined ? {} : { agent };
  if (prompt !== undefined) return { kind: "ask", ...asking, prompt, ...where, ...who };
  if (given.length === 0) {
    if (asking !== undefined)
      return to === undefined && agent === undefined ? undefined : { ...asking, ...where, ...who };
    if (agent !== undefined && before !== undefined) {
      throw rejected("nobody is asked: write a prompt for the agent", "tool.arguments");
    }
    return before === undefined || to === undefined ? undefined : { ...before, to };
  }
  if (target === undefined) throw rejected("say where it goes: channel and target", "tool.no-place");
  return { kind: "send", to: target, content: text === undefined ? (content ?? []) : [{ kind: "text", text }] };
}
