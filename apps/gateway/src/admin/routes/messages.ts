import type { OutboundContent } from "@wxgate/core";
import { z } from "zod";
import { outboundContentSchema } from "../content-schema.ts";
import { notFound, Problem } from "../problem.ts";
import { address, conversation, idParams, message, paged, pageQuery, timelineEntry } from "../schemas.ts";
import type { Routes } from "../types.ts";

const sendBody = z
  .strictObject({
    channel: z.string().min(1),
    target: z.string().min(1).describe('As the channel writes it: "zhangsan", "party:1", an external_userid.'),
    text: z.string().min(1).optional().describe("Short for one text content."),
    content: z.array(outboundContentSchema).min(1).max(50).optional(),
  })
  .refine(({ text, content }) => (text === undefined) !== (content === undefined), "needs either text or content");

export const messageRoutes: Routes = (app, view) => {
  app.post(
    "/api/messages",
    {
      schema: {
        summary: "Sends a message to any target",
        tags: ["messages"],
        body: sendBody,
        response: { 202: z.object({ to: address, deliveries: z.array(z.string()) }) },
      },
      config: { audit: "message.send" },
    },
    async (request, reply) => {
      const { channel: id, target, text, content } = request.body;
      const found = view.channels().find((channel) => channel.id === id);
      if (!found) throw notFound(`channel "${id}"`);
      if (!found.channel) throw new Problem(409, "channel-off", `channel "${id}" is switched off`);
      request.audited = { subject: id, detail: { target } };
      const to = await view.target(id, target);
      const toSend: readonly OutboundContent[] = text === undefined ? (content ?? []) : [{ kind: "text", text }];
      const deliveries = await view.send(to, toSend, request.actor ?? "api");
      return reply.code(202).send({ to, deliveries: [...deliveries] });
    },
  );

  app.get(
    "/api/conversations",
    {
      schema: {
        summary: "Conversations, the latest first",
        tags: ["messages"],
        querystring: z.object({ ...pageQuery, channel: z.string().optional(), search: z.string().optional() }),
        response: { 200: paged(conversation) },
      },
    },
    (request) => view.store.query.conversations(request.query),
  );

  app.get(
    "/api/conversations/:id/messages",
    {
      schema: {
        summary: "What was said in a conversation, the latest first",
        tags: ["messages"],
        params: idParams,
        querystring: z.object(pageQuery),
        response: { 200: paged(message) },
      },
    },
    async (request) => {
      const { id } = request.params;
      if (!(await view.store.query.conversation(id))) throw notFound(`conversation "${id}"`);
      return view.store.query.messages(id, request.query);
    },
  );

  app.get(
    "/api/messages/:id/timeline",
    {
      schema: {
        summary: "The way of one message, by our id, the platform's, or a delivery's",
        tags: ["messages"],
        params: idParams,
        response: { 200: z.object({ items: z.array(timelineEntry).readonly() }) },
      },
    },
    async (request) => {
      const items = await view.store.query.timeline(request.params.id);
      if (!items) throw notFound(`message "${request.params.id}"`);
      return { items };
    },
  );
};
