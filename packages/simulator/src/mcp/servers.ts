import type { SimClock } from "../clock.ts";
import type { Faults } from "../faults.ts";
import { type Exchange, readBody, sendJson, sendText } from "../http-io.ts";
import { randomId } from "../ids.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../json.ts";
import { MCP_METHODS } from "./answers.ts";

export const MCP_PREFIX = "/mcp/robot-";
const LARGEST_BODY = 48 * 1024 * 1024;
const KEPT_CALLS = 1_000;
const SLOW_MS = 600_000;

/** The MCP servers of all bots, one per category. The address says whose it is; nothing else is asked for. */
export interface McpServers {
  readonly handle: (exchange: Exchange) => Promise<void>;
  /** What `method` answers from now on, for this bot. */
  answer(bot: string, method: string, answer: JsonObject): void;
  /** Every request to this bot's servers, with its headers, oldest first. */
  calls(bot: string): readonly JsonObject[];
  clear(): void;
}

export interface McpServersOptions {
  readonly clock: SimClock;
  readonly faults: Faults;
}

export function createMcpServers({ clock, faults }: McpServersOptions): McpServers {
  const answers = new Map<string, JsonObject>();
  const sessions = new Set<string>();
  let calls: { readonly bot: string; readonly call: JsonObject }[] = [];

  async function handle({ request, response, method, path, query }: Exchange): Promise<void> {
    const category = path.slice(MCP_PREFIX.length);
    const bot = botOf(query.get("apikey") ?? "", category);
    const methods = MCP_METHODS[category];
    if (bot === undefined || methods === undefined || method !== "POST")
      return sendText(response, 404, "", "text/plain");
    const message = parseJsonObject((await readBody(request, LARGEST_BODY)).toString());
    record(bot, { category, headers: { ...request.headers } as JsonObject, message: message ?? null });
    const { accept = "", "mcp-session-id": session } = request.headers;
    if (!accept.includes("application/json") || !accept.includes("text/event-stream")) {
      return sendJson(response, 406, rpcError(null, -32600, "Not Acceptable"));
    }
    if (message === undefined) return sendJson(response, 400, rpcError(null, -32600, "Invalid Request"));
    const lost = faults.take("bot.mcp.session-lost", [bot]);
    if (typeof session === "string" && (lost || !sessions.has(session))) {
      sessions.delete(session);
      return sendText(response, 404, "", "text/plain");
    }
    if (faults.take("bot.mcp.slow-headers", [bot])) await clock.sleep(SLOW_MS);
    if (message.id === undefined) {
      response.writeHead(204);
      response.end();
      return;
    }
    if (message.method === "initialize" && faults.peek("bot.mcp.stateful", [bot])) {
      const id = randomId("mcp", 16);
      sessions.add(id);
      response.setHeader("mcp-session-id", id);
    }
    await send(bot, response, reply(bot, category, message));
  }

  function reply(bot: string, category: string, { id = null, method, params }: JsonObject): JsonObject {
    const refused = faults.take("bot.mcp.rpc-error", [bot]);
    if (refused) return rpcError(id, Number(refused.value), "refused by a fault");
    if (method === "initialize") {
      const serverInfo = { name: `robot-${category}`, version: "1.0.0" };
      return result(id, { protocolVersion: "2025-03-26", capabilities: { tools: {} }, serverInfo });
    }
    if (method === "tools/list") return result(id, { tools: toolsOf(category) });
    const name = isJsonObject(params) ? String(params.name) : "";
    const usual = MCP_METHODS[category]?.[name];
    if (method !== "tools/call" || usual === undefined) return rpcError(id, -32601, `no method ${name}`);
    const answer = { errcode: 0, errmsg: "ok", ...(answers.get(`${bot} ${name}`) ?? usual) };
    return result(id, { content: [{ type: "text", text: JSON.stringify(answer) }], isError: false });
  }

  async function send(bot: string, response: Exchange["response"], message: JsonObject): Promise<void> {
    const answer = faults.take("bot.mcp.wrong-id", [bot]) ? { ...message, id: "another" } : message;
    if (faults.take("bot.mcp.slow-body", [bot])) {
      response.writeHead(200, { "content-type": "application/json" });
      response.write("{");
      await clock.sleep(SLOW_MS);
    }
    if (!faults.peek("bot.mcp.events", [bot])) return sendJson(response, 200, answer);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const notification = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "…" } };
    response.write(`: hello\r\n\r\ndata: ${JSON.stringify(notification)}\r\n\r\n`);
    // One event over several data lines, as the format allows.
    const lines = JSON.stringify(answer, undefined, 1).split("\n");
    response.write(`event: message\r\n${lines.map((line) => `data: ${line}\r\n`).join("")}\r\n`);
    response.end(`data: ${JSON.stringify(notification)}\r\n\r\n`);
  }

  function record(bot: string, call: JsonObject): void {
    calls.push({ bot, call });
    if (calls.length > KEPT_CALLS) calls = calls.slice(-KEPT_CALLS / 2);
  }

  return {
    handle,
    answer: (bot, method, answer) => void answers.set(`${bot} ${method}`, answer),
    calls: (bot) => calls.filter((one) => one.bot === bot).map(({ call }) => call),
    clear() {
      answers.clear();
      sessions.clear();
      calls = [];
    },
  };
}

function botOf(apikey: string, category: string): string | undefined {
  const end = `-${category}`;
  return apikey.startsWith("sim-") && apikey.endsWith(end) ? apikey.slice(4, -end.length) : undefined;
}

function toolsOf(category: string): readonly JsonObject[] {
  return Object.keys(MCP_METHODS[category] ?? {}).map((name) => ({
    name,
    description: `${category}: ${name}`,
    inputSchema: {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      properties: { cursor: { anyOf: [{ type: "string", minLength: 1 }, { type: "null" }] } },
      additionalProperties: false,
    },
  }));
}

function result(id: JsonObject[string], value: JsonObject): JsonObject {
  return { jsonrpc: "2.0", id, result: value };
}

function rpcError(id: JsonObject[string], code: number, message: string): JsonObject {
  return { jsonrpc: "2.0", id, error: { code, message } };
}
