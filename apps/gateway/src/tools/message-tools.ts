import type { OutboundContent } from "@wxgate/core";
import { z } from "zod";
import { outboundContentSchema } from "../admin/content-schema.ts";
import { recallDelivery } from "../recall.ts";
import { addressOf, place, rejected } from "./place.ts";
import type { ToolPorts } from "./ports.ts";
import { defineTool, type GatewayTool, nameOf, requireReach } from "./tool.ts";

/** Sending, taking back, and giving a conversation to a human. */
export function messageTools(ports: ToolPorts): readonly GatewayTool[] {
  return [
    defineTool({
      name: "send_message",
      description:
        "Sends a message, with files if wanted, to this conversation or (channel and target, or conversation) to another one. It is queued and obeys the platform's limits; the result names its deliveries. An answer to the person you are talking with needs no tool.",
      readOnly: false,
      input: z.strictObject({
        ...place,
        text: z.string().min(1).optional().describe("Markdown. Either text or content."),
        content: z
          .array(outboundContentSchema)
          .min(1)
          .max(50)
          .optional()
          .describe(
            'By kind. A file: {"kind":"file","url":"https://…"}, or "text" with its content, or "path" of a file the operator allows.',
          ),
      }),
      async run({ text, content, ...where }, call) {
        if ((text === undefined) === (content === undefined)) {
          throw rejected("write either text or content", "tool.arguments");
        }
        const to = await addressOf(where, call, ports);
        const toSend: readonly OutboundContent[] = text === undefined ? (content ?? []) : [{ kind: "text", text }];
        return { to, deliveries: await ports.send(to, toSend, nameOf(call.caller)) };
      },
    }),
    defineTool({
      name: "recall_message",
      description:
        "Takes a message back by its delivery id: one that still waits is never sent; one that was sent is recalled where the platform can do that (WeCom apps, within 24 hours).",
      readOnly: false,
      input: z.strictObject({ delivery: z.string().min(1).describe("From send_message or read_history.") }),
      async run({ delivery: id }, call) {
        const delivery = await ports.store.query.delivery(id);
        if (delivery === undefined) throw rejected(`there is no delivery "${id}"`, "tool.no-delivery");
        requireReach(call.caller, delivery.conversation);
        return { id, state: await recallDelivery(delivery, ports, call.signal) };
      },
    }),
    defineTool({
      name: "hand_over",
      description:
        "Gives the conversation to a human colleague where the platform knows that (WeChat Customer Service); elsewhere the person is told that nobody can take over. Use it when somebody asks for a human or you cannot help.",
      readOnly: false,
      input: z.strictObject({
        ...place,
        operator: z.string().min(1).optional().describe("User id of the colleague; whoever is free when left out."),
        text: z.string().min(1).optional().describe("What the person is told."),
      }),
      async run({ operator, text, ...where }, call) {
        const to = await addressOf(where, call, ports);
        const handoff: OutboundContent = {
          kind: "handoff",
          ...(operator !== undefined && { operator }),
          ...(text !== undefined && { text }),
        };
        return { to, deliveries: await ports.send(to, [handoff], nameOf(call.caller)) };
      },
    }),
  ];
}
