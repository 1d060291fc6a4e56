import { z } from "zod";
import { BodyTooLarge, type Exchange, readBody, sendJson } from "../http-io.ts";
import { parseJsonObject } from "../json.ts";
import type { LogQuery } from "../request-log.ts";
import { contentsSchema } from "./content.ts";
import type { Control } from "./control.ts";
import { ControlError, parseControl } from "./errors.ts";

/** `(exchange, rest of the path) => answer`; `undefined` when the handler has answered by itself. */
type Handler = (exchange: Exchange, rest: readonly string[]) => unknown;
type Methods = Readonly<Partial<Record<string, Handler>>>;

const MAX_BODY_BYTES = 128 * 1024 * 1024;
export const CONTROL_PREFIX = "/control/";

const callbackSchema = z.object({ account: z.string(), url: z.string(), force: z.boolean().optional() });
const sendSchema = z.object({
  account: z.string(),
  from: z.string().min(1),
  group: z.string().optional(),
  content: contentsSchema,
});
const tapSchema = z.object({
  account: z.string(),
  user: z.string(),
  message: z.string(),
  item: z.union([z.string(), z.number()]),
  selections: z.record(z.string(), z.array(z.string())).optional(),
  group: z.string().optional(),
});
const scanSchema = z.object({ qrcode: z.string(), user: z.string(), confirm: z.boolean().default(true) });
const faultSchema = z.strictObject({
  name: z.string(),
  count: z.int().min(1).optional(),
  probability: z.number().min(0).max(1).optional(),
  target: z.string().optional(),
  skip: z.int().min(0).optional(),
  value: z.json().optional(),
});
const faultsSchema = z.union([
  z.strictObject({ faults: z.array(faultSchema) }),
  z.strictObject({ clear: z.union([z.literal(true), z.string(), z.array(z.string())]) }),
  faultSchema,
]);
const clockSchema = z.object({ advanceMs: z.number().min(0) });

const HINTS = {
  callbacks: 'Body: { "account": "wk…", "url": "http://…", "force"?: true }',
  send: 'Body: { "account": "wk…", "from": "alice", "content": { "kind": "text", "text": "hi" } }; content may be a list',
  tap: 'Body: { "account": "wk…", "user": "alice", "message": "<id on the screen>", "item": "<id, position or text>" }',
  scan: 'Body: { "qrcode": "…", "user": "alice", "confirm": true }',
  faults:
    'Body: { "name": "…", "count"?: 1, "probability"?: 0.5, "target"?: "…", "skip"?: 0, "value"?: … }, { "faults": [ … ] } or { "clear": true | "name" }',
  clock: 'Body: { "advanceMs": 60000 }',
};

/** `/control/*`. `extra` adds paths that answer with something other than JSON. */
export function createControlRouter(control: Control, extra: Readonly<Record<string, Methods>> = {}) {
  const paths: Readonly<Record<string, Methods>> = {
    accounts: { GET: () => ({ accounts: control.accounts() }) },
    callbacks: {
      GET: () => ({ callbacks: control.callbackStates() }),
      POST: async (exchange) => {
        const { account, url, force } = await read(exchange, callbackSchema, HINTS.callbacks);
        return control.registerCallback(account, url, { force });
      },
    },
    send: {
      POST: async (exchange) => {
        return control.send(await read(exchange, sendSchema, HINTS.send));
      },
    },
    screen: { GET: ({ query }) => control.screen(screenQuery(query)) },
    tap: { POST: async (exchange) => control.tap(await read(exchange, tapSchema, HINTS.tap)) },
    scan: { POST: async (exchange) => control.scan(await read(exchange, scanSchema, HINTS.scan)) },
    faults: {
      GET: () => control.faults(),
      POST: async (exchange) => {
        const body = await read(exchange, faultsSchema, HINTS.faults);
        if ("faults" in body) return control.setFaults(body.faults);
        if (!("clear" in body)) return control.setFaults([body]);
        if (body.clear === true) return control.clearFaults();
        return control.clearFaults(typeof body.clear === "string" ? [body.clear] : body.clear);
      },
      DELETE: () => control.clearFaults(),
    },
    clock: {
      GET: () => control.clock(),
      POST: async (exchange) => control.advance((await read(exchange, clockSchema, HINTS.clock)).advanceMs),
    },
    log: { GET: ({ query }) => control.log(logQuery(query)) },
    state: {
      DELETE: () => {
        control.reset();
        return { reset: true };
      },
    },
    ...extra,
  };

  async function handle(exchange: Exchange): Promise<void> {
    try {
      const answer = await dispatch(exchange);
      if (answer !== undefined) sendJson(exchange.response, 200, answer);
    } catch (error) {
      if (exchange.response.headersSent) throw error;
      const { status, message, hint } = asControlError(error);
      sendJson(exchange.response, status, { error: message, hint });
    }
  }

  async function dispatch(exchange: Exchange): Promise<unknown> {
    const [name = "", ...rest] = exchange.path.slice(CONTROL_PREFIX.length).split("/").map(decodeSegment);
    const methods = Object.hasOwn(paths, name) ? paths[name] : undefined;
    if (!methods) {
      // What is no common path is a platform's own action.
      if (rest.length === 1 && exchange.method === "POST") {
        return control.act(name, rest[0] as string, await readJson(exchange));
      }
      throw new ControlError(
        404,
        `There is no ${exchange.path}.`,
        `Paths: ${Object.keys(paths).join(", ")}; <platform>/<action>`,
      );
    }
    const handler = methods[exchange.method];
    if (!handler) {
      throw new ControlError(
        405,
        `${exchange.path} has no ${exchange.method}.`,
        `Methods: ${Object.keys(methods).join(", ")}`,
      );
    }
    return handler(exchange, rest);
  }

  return { handle };
}

function asControlError(error: unknown): { status: number; message: string; hint: string } {
  if (error instanceof ControlError) return error;
  if (error instanceof BodyTooLarge) return { status: 413, message: error.message, hint: "Send less at a time." };
  if (error instanceof RangeError) return { status: 400, message: error.message, hint: "See the values given." };
  throw error;
}

async function readJson({ request }: Exchange) {
  const text = (await readBody(request, MAX_BODY_BYTES)).toString("utf8");
  const body = parseJsonObject(text === "" ? "{}" : text);
  if (!body) throw new ControlError(400, "The body is not a JSON object.", "Send application/json.");
  return body;
}

async function read<Value>(exchange: Exchange, schema: z.ZodType<Value>, hint: string): Promise<Value> {
  return parseControl(schema, await readJson(exchange), hint);
}

function screenQuery(query: URLSearchParams) {
  const account = query.get("account");
  const user = query.get("user") ?? query.get("from");
  const group = query.get("group") ?? undefined;
  if (!account || !user) {
    throw new ControlError(400, "account and user are needed.", "GET /control/screen?account=wk…&user=alice");
  }
  return { account, user, group };
}

function logQuery(query: URLSearchParams): LogQuery {
  const kind = query.get("kind");
  if (kind !== null && kind !== "request" && kind !== "callback") {
    throw new ControlError(400, `"${kind}" is no kind of log entry.`, "kind=request or kind=callback");
  }
  return {
    since: wholeNumber(query, "since"),
    limit: wholeNumber(query, "limit"),
    kind: kind ?? undefined,
    path: query.get("path") ?? undefined,
  };
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (!/^\d+$/.test(value)) throw new ControlError(400, `"${name}" is not a whole number.`, `${name}=0`);
  return Number(value);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ControlError(400, "The path has broken percent-encoding.", "Encode it as UTF-8.");
  }
}
