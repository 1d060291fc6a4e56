import { z } from "zod";
import { auditEntry, paged, pageQuery } from "../schemas.ts";
import { openEventStream } from "../sse.ts";
import type { Routes } from "../types.ts";

const storedEvent = z.object({ id: z.string(), event: z.unknown(), receivedAt: z.number() });

export const eventRoutes: Routes = (app, view) => {
  app.get(
    "/api/events",
    {
      schema: {
        summary:
          "What happens, live: recent first, then as it comes (server-sent events). As JSON: platform events that were stored",
        tags: ["events"],
        querystring: z.object({ ...pageQuery, channel: z.string().optional() }),
        response: { 200: paged(storedEvent) },
      },
    },
    async (request, reply) => {
      if (wantsJson(request.headers.accept)) return await view.store.query.events(request.query);
      const { channel } = request.query;
      const after = Number(request.headers["last-event-id"] ?? 0);
      const stream = openEventStream(request, reply);
      const wanted = (event: { channel: string }) => channel === undefined || event.channel === channel;
      for (const event of view.events.recent(Number.isFinite(after) ? after : 0)) {
        if (wanted(event)) stream.send(event.kind, event, String(event.sequence));
      }
      const stop = view.events.follow((event) => {
        if (wanted(event)) stream.send(event.kind, event, String(event.sequence));
      });
      stream.signal.addEventListener("abort", stop);
      return reply;
    },
  );

  app.get(
    "/api/logs",
    {
      schema: {
        summary: "The newest log lines; with Accept: text/event-stream also those that follow",
        tags: ["events"],
        response: { 200: z.object({ items: z.array(z.looseObject({})) }) },
      },
    },
    async (request, reply) => {
      if (!request.headers.accept?.includes("text/event-stream")) {
        return { items: view.logs.recent().map((line) => JSON.parse(line)) };
      }
      const stream = openEventStream(request, reply);
      for (const line of view.logs.recent()) stream.send("log", JSON.parse(line));
      stream.signal.addEventListener(
        "abort",
        view.logs.follow((line) => stream.send("log", JSON.parse(line))),
      );
      return reply;
    },
  );

  app.get(
    "/api/audit",
    {
      schema: {
        summary: "Who changed what, the latest first",
        tags: ["events"],
        querystring: z.object(pageQuery),
        response: { 200: paged(auditEntry) },
      },
    },
    (request) => view.store.query.audit(request.query),
  );
};

function wantsJson(accept: string | undefined): boolean {
  return accept?.includes("application/json") === true && !accept.includes("text/event-stream");
}
