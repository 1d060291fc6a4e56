import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { notFound } from "../problem.ts";
import { idParams } from "../schemas.ts";
import type { Routes } from "../types.ts";

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
