import { ChannelError, type JsonObject } from "@wxgate/core";
import { badAnswer, httpError, isStaleServer, rpcError, timedOut, unreachable } from "./errors.ts";
import type { McpAccount, WecomMcpHost } from "./host.ts";
import { objectIn, textIn } from "./json.ts";
import { readAnswer } from "./read-answer.ts";

export interface ServerRequest {
  readonly method: string;
  readonly params?: JsonObject;
  /** Of the whole exchange, the body too. */
  readonly timeoutMs: number;
  readonly userId?: string | undefined;
  readonly signal: AbortSignal;
}

/** One category of one bot. The address and the session are found when they are needed, and remembered. */
export interface McpServer {
  request(request: ServerRequest): Promise<JsonObject>;
  /** Forgets address and session: the next request asks for new ones. */
  forget(): void;
}

interface Session {
  /** Undefined: the server keeps none. */
  id: string | undefined;
}

interface Endpoint {
  readonly url: string;
  session?: Promise<Session>;
}

/** Names us towards the platform; the official plugin's own number. */
const PLUGIN_VERSION = "1.0.0";
const HANDSHAKE_TIMEOUT_MS = 30_000;
/** The version whose handshake WeCom answers. */
const PROTOCOL_VERSION = "2025-03-26";

export function createServer(account: McpAccount, category: string, host: WecomMcpHost): McpServer {
  const { clock, random, version } = host;
  let endpoint: Promise<Endpoint> | undefined;
  const never = new AbortController().signal;

  function locate(): Promise<Endpoint> {
    // Shared by all who wait for it, so it ends by no single caller's signal; the bot has a time-out of its own.
    if (endpoint !== undefined) return endpoint;
    const located = account
      .getConfig({ bizType: category, pluginVersion: PLUGIN_VERSION }, never)
      .then(({ url }): Endpoint => {
        account.checkUrl(url);
        return { url };
      });
    endpoint = located;
    located.catch(() => {
      if (endpoint === located) endpoint = undefined;
    });
    return located;
  }

  function sessionOf(at: Endpoint): Promise<Session> {
    if (at.session === undefined) {
      const shared = handshake(at);
      at.session = shared;
      shared.catch(() => {
        if (at.session === shared) delete at.session;
      });
    }
    return at.session;
  }

  async function handshake(at: Endpoint): Promise<Session> {
    const session: Session = { id: undefined };
    const limits = { timeoutMs: HANDSHAKE_TIMEOUT_MS, signal: never };
    const params = {
      protocolVersion: PROTOCOL_VERSION,
      capabilities: {},
      clientInfo: { name: "wecom_mcp", version: PLUGIN_VERSION },
    };
    await exchange(at, session, { method: "initialize", params, ...limits });
    // Without an id the server keeps no session, and wants to hear no more of it.
    if (session.id !== undefined) await exchange(at, session, { method: "notifications/initialized", ...limits });
    return session;
  }

  /** One POST. `undefined`: the session is gone. */
  async function exchange(at: Endpoint, session: Session, request: ServerRequest) {
    const { method, params, timeoutMs, signal, userId } = request;
    const id = method.startsWith("notifications/") ? undefined : Buffer.from(random.bytes(9)).toString("base64url");
    const over = new AbortController();
    const ended = new AbortController();
    clock.sleep(timeoutMs, ended.signal).then(
      () => over.abort(),
      () => undefined,
    );
    try {
      const response = await account.fetch(at.url, {
        method: "POST",
        redirect: "error",
        signal: AbortSignal.any([signal, over.signal]),
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "user-agent": `wxgate/${version} ${process.platform}/${process.arch}`,
          ...(session.id !== undefined && { "mcp-session-id": session.id }),
          ...(userId !== undefined && { "x-openclaw-wecom-userid": userId }),
        },
        body: JSON.stringify({ jsonrpc: "2.0", ...(id !== undefined && { id }), method, ...(params && { params }) }),
      });
      session.id = response.headers.get("mcp-session-id") ?? session.id;
      if (!response.ok) {
        await response.body?.cancel();
        if (response.status === 404 && session.id !== undefined) return undefined;
        throw httpError(method, response.status);
      }
      if (id === undefined) {
        await response.body?.cancel();
        return {};
      }
      return resultIn(await readAnswer(response, id, method), request, at.url);
    } catch (error) {
      signal.throwIfAborted();
      if (over.signal.aborted) throw timedOut(method, timeoutMs);
      throw error instanceof ChannelError ? error : unreachable(method);
    } finally {
      ended.abort();
    }
  }

  return {
    forget() {
      endpoint = undefined;
    },
    async request(request) {
      const at = await abortable(locate(), request.signal);
      try {
        const shared = sessionOf(at);
        let result = await exchange(at, await abortable(shared, request.signal), request);
        if (result === undefined) {
          // Another request may have found it out first, and made a new one.
          if (at.session === shared) delete at.session;
          result = await exchange(at, await abortable(sessionOf(at), request.signal), request);
        }
        if (result === undefined) throw httpError(request.method, 404);
        return result;
      } catch (error) {
        if (isStaleServer(error)) endpoint = undefined;
        throw error;
      }
    },
  };
}

function resultIn(message: JsonObject | undefined, { method }: ServerRequest, url: string): JsonObject {
  const error = objectIn(message?.error);
  if (error !== undefined) {
    const query = URL.canParse(url) ? new URL(url).search.slice(1) : "";
    const secrets = [url, query, ...new URLSearchParams(query).values()];
    throw rpcError(method, Number(error.code), textIn(error.message) ?? "", secrets);
  }
  const result = message === undefined ? {} : objectIn(message.result);
  if (result === undefined) throw badAnswer(method, "neither a result nor an error");
  return result;
}

/** What `work` gives, unless this caller stops waiting; `work` itself goes on for the others. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}
