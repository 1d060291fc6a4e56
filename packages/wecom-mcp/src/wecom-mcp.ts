import { ChannelError, type JsonObject, RejectedError } from "@wxgate/core";
import { cleanSchema } from "./clean-schema.ts";
import type { McpAccount, McpContext, WecomMcpHost } from "./host.ts";
import { interceptors } from "./interceptors/index.ts";
import type { McpCall } from "./interceptors/interceptor.ts";
import { isObject, listIn, objectIn, parseObject, textIn } from "./json.ts";
import { createServer, type McpServer } from "./server.ts";

export const WECOM_CATEGORIES = ["contact", "doc", "msg", "todo", "meeting", "schedule"] as const;

/** The tool's arguments as a model writes them. */
export interface WecomMcpInput {
  readonly action: string;
  readonly category: string;
  readonly method?: string | undefined;
  /** An object, or its JSON as text. */
  readonly args?: unknown;
}

export interface WecomMcp {
  /** The tool `wecom_mcp`. What goes wrong is an answer, `{ error }`, that the model can read; only an abort throws. */
  use(input: WecomMcpInput, context: McpContext, signal: AbortSignal): Promise<JsonObject>;
}

const TIMEOUT_MS = 30_000;
/** A server that always names another page would be asked for ever. */
const MOST_PAGES = 50;

export function createWecomMcp(host: WecomMcpHost): WecomMcp {
  const servers = new WeakMap<object, Map<string, McpServer>>();

  function serverOf(account: McpAccount, category: string): McpServer {
    const known = servers.get(account.connection) ?? new Map<string, McpServer>();
    servers.set(account.connection, known);
    const server = known.get(category) ?? createServer(account, category, host);
    known.set(category, server);
    return server;
  }

  /** The conversation's own bot, else the default, else the first. */
  function accountFor({ account: wanted }: McpContext): McpAccount {
    const accounts = [...host.accounts()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const named = (id: string | undefined) => accounts.find((account) => account.id === id);
    const found = wanted === undefined ? (named(host.defaultAccount?.()) ?? accounts[0]) : named(wanted);
    if (found !== undefined) return found;
    throw new RejectedError("there is no bot on a long connection, and WeCom serves these tools to no other", {
      code: "wecom-mcp.no-account",
    });
  }

  async function list(category: string, context: McpContext, signal: AbortSignal): Promise<JsonObject> {
    const server = serverOf(accountFor(context), category);
    const { userId } = context;
    const tools: JsonObject[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const params = cursor === undefined ? {} : { params: { cursor } };
      const result = await server.request({ method: "tools/list", ...params, timeoutMs: TIMEOUT_MS, userId, signal });
      tools.push(...listIn(result.tools).filter(isObject).map(describe));
      cursor = textIn(result.nextCursor);
      if (cursor === undefined) break;
    }
    if (tools.length === 0) return { message: `category "${category}" offers no methods`, tools: [] };
    return { category, count: tools.length, tools };
  }

  async function call(
    { category, method, args }: { category: string; method: string; args: JsonObject },
    context: McpContext,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    const account = accountFor(context);
    const server = serverOf(account, category);
    const request = (name: string, values: JsonObject, timeoutMs: number) =>
      server.request({
        method: "tools/call",
        params: { name, arguments: values },
        timeoutMs,
        userId: context.userId,
        signal,
      });
    const first: McpCall = {
      category,
      method,
      args,
      context,
      account,
      host,
      signal,
      also: request,
      forget: server.forget,
    };
    const matching = interceptors.filter((interceptor) => interceptor.matches(first));
    let timeoutMs = TIMEOUT_MS;
    let sent = args;
    for (const { before } of matching) {
      const prepared = await before?.({ ...first, args: sent });
      timeoutMs = Math.max(timeoutMs, prepared?.timeoutMs ?? 0);
      sent = prepared?.args ?? sent;
    }
    let result = await request(method, sent, timeoutMs);
    for (const { after } of matching) result = (await after?.(result, { ...first, args: sent })) ?? result;
    return result;
  }

  async function run(input: WecomMcpInput, context: McpContext, signal: AbortSignal): Promise<JsonObject> {
    const { action, category, method, args } = input;
    if (!(WECOM_CATEGORIES as readonly string[]).includes(category)) {
      return { error: `there is no category "${category}"; there are ${WECOM_CATEGORIES.join(", ")}` };
    }
    if (action === "list") return list(category, context, signal);
    if (action !== "call") return { error: `there is no action "${action}"; there are list and call` };
    if (method === undefined || method === "") return { error: "call needs a method; list names them" };
    const values = typeof args === "string" ? parseObject(args.trim() === "" ? "{}" : args) : (args ?? {});
    if (!isObject(values)) return { error: "args must be a JSON object" };
    return call({ category, method, args: values }, context, signal);
  }

  return {
    async use(input, context, signal) {
      try {
        return await run(input, context, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ChannelError)) throw error;
        const { category, action } = input;
        host.log.warn({ category, action, code: error.code, platformCode: error.platformCode }, "wecom_mcp failed");
        const { message, platformCode } = error;
        return { error: message, ...(platformCode !== undefined && { errcode: platformCode }) };
      }
    },
  };
}

function describe({ name = "", description = "", inputSchema }: JsonObject): JsonObject {
  return { name, description, inputSchema: cleanSchema(objectIn(inputSchema) ?? { type: "object" }) };
}
