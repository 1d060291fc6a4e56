import { z } from "zod";
import { notFound } from "../problem.ts";
import { address } from "../schemas.ts";
import type { Routes } from "../types.ts";

const request = z.object({
  code: z.string(),
  turn: z.string(),
  agent: z.string(),
  conversation: address,
  sender: z.object({ id: z.string(), name: z.string().optional() }),
  action: z.string().describe("What the agent wants to do, in its own words, with the command and the files."),
  createdAt: z.number(),
  expiresAt: z.number().describe("Milliseconds since 1970; then it is refused."),
});

/** What agents may do only if the operator lets them. */
export const permissionRoutes: Routes = (app, view) => {
  app.get(
    "/api/permissions",
    {
      schema: {
        summary: "What agents want to do and the operator has not decided on",
        tags: ["permissions"],
        response: { 200: z.object({ items: z.array(request).readonly() }) },
      },
    },
    async () => ({ items: await view.permissions.requests() }),
  );

  const actions = [
    ["approve", "Lets the agent do it, this once"],
    ["reject", "Does not let it; the agent is told so"],
  ] as const;
  for (const [verb, summary] of actions) {
    app.post(
      `/api/permissions/:code/${verb}`,
      {
        schema: {
          summary,
          tags: ["permissions"],
          params: z.object({ code: z.string().min(1) }),
          response: { 200: request },
        },
        config: { audit: `permission.${verb}` },
      },
      async (call) => {
        const { code } = call.params;
        const decided = await view.permissions.decide(code, verb === "approve");
        if (!decided) throw notFound(`open permission request "${code}"`);
        const { agent, turn, action } = decided;
        call.audited = { subject: agent, detail: { turn, action } };
        return decided;
      },
    );
  }
};
