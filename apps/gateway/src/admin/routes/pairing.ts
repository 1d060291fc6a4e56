import { z } from "zod";
import { notFound } from "../problem.ts";
import { address } from "../schemas.ts";
import type { Routes } from "../types.ts";

const request = z.object({
  code: z.string(),
  conversation: address,
  sender: z.object({ id: z.string(), name: z.string().optional() }),
  createdAt: z.number(),
  expiresAt: z.number(),
});
const person = z.object({ channel: z.string(), id: z.string(), name: z.string().optional(), since: z.number() });
const decision = z.object({ request, told: z.boolean().describe("A sentence to the person was queued.") });

/** Who may talk where `dmPolicy` is `pairing`. */
export const pairingRoutes: Routes = (app, view) => {
  app.get(
    "/api/pairing",
    {
      schema: {
        summary: "Who waits to be let in, and who was",
        tags: ["pairing"],
        response: { 200: z.object({ items: z.array(request).readonly(), people: z.array(person).readonly() }) },
      },
    },
    async () => {
      const [items, people] = await Promise.all([view.pairing.requests(), view.pairing.people()]);
      return { items, people };
    },
  );

  const actions = [
    ["approve", "Lets this person in and tells them"],
    ["reject", "Gives this person no code for a day, and tells them"],
  ] as const;
  for (const [verb, summary] of actions) {
    app.post(
      `/api/pairing/:code/${verb}`,
      {
        schema: {
          summary,
          tags: ["pairing"],
          params: z.object({ code: z.string().min(1) }),
          response: { 200: decision },
        },
        config: { audit: `pairing.${verb}` },
      },
      async (call) => {
        const { code } = call.params;
        const decided = await view.pairing[verb](code);
        if (!decided) throw notFound(`pairing code "${code}"`);
        const { conversation, sender } = decided.request;
        call.audited = { subject: sender.id, detail: { channel: conversation.channel } };
        return decided;
      },
    );
  }

  app.delete(
    "/api/pairing/people/:channel/:id",
    {
      schema: {
        summary: "Takes an approval back",
        tags: ["pairing"],
        params: z.object({ channel: z.string().min(1), id: z.string().min(1) }),
        response: { 200: z.object({ channel: z.string(), id: z.string() }) },
      },
      config: { audit: "pairing.revoke" },
    },
    async (call) => {
      const { channel, id } = call.params;
      call.audited = { subject: id, detail: { channel } };
      if (!(await view.pairing.revoke(channel, id))) throw notFound(`paired person "${id}" on channel "${channel}"`);
      return { channel, id };
    },
  );
};
