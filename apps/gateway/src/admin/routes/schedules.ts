import type { ScheduleFields, ScheduleRow } from "@wxgate/core";
import { z } from "zod";
import { notFound } from "../problem.ts";
import { schedule, scheduleChanges, scheduleFields, scheduleRun } from "../schedule-schemas.ts";
import { idParams, paged, pageQuery } from "../schemas.ts";
import type { Routes } from "../types.ts";

export const scheduleRoutes: Routes = (app, view) => {
  const tags = ["schedules"];

  app.get(
    "/api/schedules",
    {
      schema: {
        summary: "The schedules, the oldest first",
        tags,
        response: { 200: z.object({ items: z.array(schedule).readonly() }) },
      },
    },
    async () => ({ items: await view.schedules.list() }),
  );

  app.post(
    "/api/schedules",
    {
      schema: { summary: "Adds a schedule", tags, body: scheduleFields, response: { 201: schedule } },
      config: { audit: "schedule.add" },
    },
    async (request, reply) => {
      const added = await view.schedules.add(request.body, request.actor ?? "api");
      request.audited = { subject: added.id, detail: { name: added.name } };
      return reply.code(201).send(added);
    },
  );

  app.get(
    "/api/schedules/:id",
    { schema: { summary: "One schedule", tags, params: idParams, response: { 200: schedule } } },
    async (request) => known(request.params.id, await view.schedules.get(request.params.id)),
  );

  app.patch(
    "/api/schedules/:id",
    {
      schema: {
        summary: "Changes a schedule; what is not named stays",
        tags,
        params: idParams,
        body: scheduleChanges,
        response: { 200: schedule },
      },
      config: { audit: "schedule.edit" },
    },
    async (request) => {
      request.audited = { detail: { changed: Object.keys(request.body).join(", ") } };
      return edit(request.params.id, withoutGaps(request.body));
    },
  );

  for (const [verb, enabled, summary] of [
    ["enable", true, "Switches a schedule on; times that passed meanwhile are not made up for"],
    ["disable", false, "Switches a schedule off"],
  ] as const) {
    app.post(
      `/api/schedules/:id/${verb}`,
      {
        schema: { summary, tags, params: idParams, response: { 200: schedule } },
        config: { audit: `schedule.${verb}` },
      },
      (request) => edit(request.params.id, { enabled }),
    );
  }

  app.post(
    "/api/schedules/:id/run",
    {
      schema: {
        summary: "Fires a schedule now; its next time stays",
        tags,
        params: idParams,
        response: { 202: scheduleRun },
      },
      config: { audit: "schedule.run" },
    },
    async (request, reply) => {
      const { id } = request.params;
      return reply.code(202).send(known(id, await view.schedules.run(id)));
    },
  );

  app.get(
    "/api/schedules/:id/runs",
    {
      schema: {
        summary: "What became of each firing, the latest first",
        tags,
        params: idParams,
        querystring: z.object(pageQuery),
        response: { 200: paged(scheduleRun) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const page = await view.schedules.runs(id, request.query);
      // Of one that was removed the runs are still there.
      if (page.items.length === 0) known(id, await view.schedules.get(id));
      return page;
    },
  );

  app.delete(
    "/api/schedules/:id",
    {
      schema: {
        summary: "Removes a schedule; its runs stay for a month",
        tags,
        params: idParams,
        response: { 200: z.object({ id: z.string(), removed: z.literal(true) }) },
      },
      config: { audit: "schedule.remove" },
    },
    async (request) => {
      const { id } = request.params;
      if (!(await view.schedules.remove(id))) throw notFound(`schedule "${id}"`);
      return { id, removed: true as const };
    },
  );

  async function edit(id: string, changes: Partial<ScheduleFields>): Promise<ScheduleRow> {
    return known(id, await view.schedules.edit(id, changes));
  }
};

function known<T>(id: string, found: T | undefined): T {
  if (found === undefined) throw notFound(`schedule "${id}"`);
  return found;
}

type Gappy<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** What is not named is not in it, rather than undefined. */
function withoutGaps(changes: Gappy<ScheduleFields>): Partial<ScheduleFields> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}
