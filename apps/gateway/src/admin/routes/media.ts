import { pipeline } from "node:stream/promises";
import type { MediaStream } from "@wxgate/core";
import { MediaError } from "@wxgate/media";
import { z } from "zod";
import { notFound, Problem } from "../problem.ts";
import { idParams, storedMedia } from "../schemas.ts";
import type { AdminApp, Routes } from "../types.ts";

/** A file an operator sends: the request's body, whatever its type, streamed to the disk. */
export const uploadRoutes: Routes = (app, view) => {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    (scope as unknown as AdminApp).post(
      "/api/media",
      {
        schema: {
          summary: "Keeps a file (the request's body) and answers with the address to send it from",
          tags: ["messages"],
          querystring: z.object({ filename: z.string().min(1).max(255).optional() }),
          response: { 201: storedMedia },
        },
        config: { audit: "media.keep" },
      },
      async (request, reply) => {
        const { filename } = request.query;
        const mime = request.headers["content-type"] ?? "application/octet-stream";
        const stream: MediaStream = { body: request.raw, mime, ...(filename !== undefined && { filename }) };
        const gone = new AbortController();
        reply.raw.on("close", () => gone.abort());
        const stored = await view.media.keep(stream, gone.signal).catch(refuse);
        request.audited = { subject: stored.id, detail: { bytes: stored.bytes } };
        return reply.code(201).send(stored);
      },
    );
  });
};

function refuse(error: unknown): never {
  if (error instanceof MediaError) throw new Problem(413, error.code, error.message);
  throw error;
}

/** Files people sent, for agents: whoever holds the signed address may read it until it ends. */
export const mediaRoutes: Routes = (app, view) => {
  app.get(
    "/media/:id",
    {
      schema: { hide: true, params: idParams, querystring: z.record(z.string(), z.unknown()) },
      config: { open: true },
    },
    async (request, reply) => {
      const gone = new AbortController();
      reply.raw.on("close", () => gone.abort());
      const media = await view.media.openSigned(request.params.id, request.query, gone.signal);
      if (!media) throw notFound("such file, or its address is no longer valid");
      reply.hijack();
      reply.raw.writeHead(200, {
        "content-type": media.mime,
        ...(media.bytes !== undefined && { "content-length": media.bytes }),
        "content-disposition": `attachment${filenameOf(media.filename)}`,
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, max-age=3600",
      });
      await pipeline(media.body, reply.raw).catch((error: unknown) => {
        if (!gone.signal.aborted)
          view.log.warn({ err: error, media: request.params.id }, "file could not be sent whole");
      });
      return reply;
    },
  );
};

function filenameOf(filename: string | undefined): string {
  return filename === undefined ? "" : `; filename*=UTF-8''${encodeURIComponent(filename)}`;
}
