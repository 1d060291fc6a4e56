import { z } from "zod";
import { recallDelivery } from "../../recall.ts";
import type { GatewayView } from "../gateway.ts";
import { notFound, Problem } from "../problem.ts";
import { delivery, deliveryState, idParams, paged, pageQuery } from "../schemas.ts";
import type { Routes } from "../types.ts";

const RECALL_TIMEOUT_MS = 30_000;
const outcome = z.object({ id: z.string(), state: deliveryState });

export const deliveryRoutes: Routes = (app, view) => {
  app.get(
    "/api/deliveries",
    {
      schema: {
        summary: "Deliveries, the latest first",
        tags: ["deliveries"],
        querystring: z.object({ ...pageQuery, state: deliveryState.optional(), channel: z.string().optional() }),
        response: { 200: paged(delivery) },
      },
    },
    (request) => view.store.query.deliveries(request.query),
  );

  const actions = [
    [
      "retry",
      "retried",
      "Sends it again, behind what waits for the same conversation",
      (id: string) => view.store.redriveDelivery(id),
    ],
    ["discard", "discarded", "Gives it up", (id: string) => view.discard(id)],
  ] as const;
  for (const [verb, done, summary, operation] of actions) {
    app.post(
      `/api/deliveries/:id/${verb}`,
      {
        schema: { summary, tags: ["deliveries"], params: idParams, response: { 200: outcome } },
        config: { audit: `delivery.${verb}` },
      },
      async (request) => {
        const { id } = request.params;
        const before = await requireDelivery(view, id);
        if (!(await operation(id))) {
          throw new Problem(409, "delivery-state", `delivery "${id}" is ${before.state}; it cannot be ${done} now`);
        }
        return { id, state: (await requireDelivery(view, id)).state };
      },
    );
  }

  app.post(
    "/api/deliveries/:id/recall",
    {
      schema: {
        summary: "Takes it back: never sent where it waits, recalled where the platform can do that",
        tags: ["deliveries"],
        params: idParams,
        response: { 200: z.object({ id: z.string(), state: z.enum(["discarded", "recalled"]) }) },
      },
      config: { audit: "delivery.recall" },
    },
    async (request) => {
      const { id } = request.params;
      const row = await requireDelivery(view, id);
      const channels = () =>
        new Map(view.channels().flatMap(({ id: name, channel }) => (channel ? [[name, channel] as const] : [])));
      const ports = { store: view.store, discard: view.discard, channels };
      return { id, state: await recallDelivery(row, ports, AbortSignal.timeout(RECALL_TIMEOUT_MS)) };
    },
  );
};

async function requireDelivery(view: GatewayView, id: string) {
  const row = await view.store.query.delivery(id);
  if (!row) throw notFound(`delivery "${id}"`);
  return row;
}
