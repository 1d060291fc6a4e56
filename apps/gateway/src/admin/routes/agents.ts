import { z } from "zod";
import type { AgentView } from "../gateway.ts";
import { agent as agentSchema } from "../schemas.ts";
import type { Routes } from "../types.ts";

export const agentRoutes: Routes = (app, view) => {
  app.get(
    "/api/agents",
    {
      schema: {
        summary: "The agents, who stands in for them, and which of them rest after failures",
        tags: ["agents"],
        response: { 200: z.object({ items: z.array(agentSchema) }) },
      },
    },
    async () => ({ items: view.agents().map(describe) }),
  );
};

function describe({ name, type, fallback, standing }: AgentView) {
  return {
    name,
    type,
    fallback: [...fallback],
    ...(standing === undefined
      ? { state: "unwatched" as const }
      : {
          state: standing.state,
          since: new Date(standing.since).toISOString(),
          ...(standing.until !== undefined && { until: new Date(standing.until).toISOString() }),
          ...(standing.reason !== undefined && { reason: standing.reason }),
        }),
  };
}
