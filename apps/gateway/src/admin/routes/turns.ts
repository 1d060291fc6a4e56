import { z } from "zod";
import { Problem } from "../problem.ts";
import { failedTurn, idParams, paged, pageQuery } from "../schemas.ts";
import type { Routes } from "../types.ts";

export const turnRoutes: Routes = (app, view) => {
  app.get(
    "/api/turns/failed",
    {
      schema: {
        summary: "Turns whose agent failed for good, the latest first",
        tags: ["turns"],
        querystring: z.object({ ...pageQuery, channel: z.string().optional() }),
        response: { 200: paged(failedTurn) },
      },
    },
    (request) => view.store.query.failedTurns(request.query),
  );

  app.post(
    "/api/turns/:id/retry",
    {
      schema: {
        summary: "Asks the agent of a failed turn again",
        tags: ["turns"],
        params: idParams,
        response: { 200: z.object({ id: z.string(), state: z.literal("waiting") }) },
      },
      config: { audit: "turn.retry" },
    },
    async (request) => {
      const { id } = request.params;
      if (await view.store.redriveTurn(id)) return { id, state: "waiting" as const };
      throw new Problem(
        409,
        "turn-state",
        `turn "${id}" cannot be retried now: it has not failed, its messages are gone, a human serves, or another turn of its conversation is at work`,
      );
    },
  );
};
