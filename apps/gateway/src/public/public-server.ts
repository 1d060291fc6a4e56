import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Logger, TrackedResponse } from "@wxgate/core";
import { type FastifyInstance, fastify } from "fastify";
import type { Metrics } from "../observe/metrics.ts";
import { WITHOUT_JSON_SCHEMA } from "../without-json-schema.ts";
import { toRequest } from "./light-request.ts";
import { readOut } from "./read-out.ts";
import { type Mounted, withoutLastSlash } from "./routes.ts";

export interface PublicServer {
  /** Replaces what is mounted. */
  mount(routes: ReadonlyMap<string, Mounted>): void;
  listen(host: string, port: number): Promise<AddressInfo>;
  /** From now on callbacks are answered 503: the platform sends them again. */
  drain(): void;
  close(): Promise<void>;
}

/** Larger than any callback of any platform; a channel may ask for less. */
const MAX_BODY_BYTES = 1_048_576;
/** Whoever needs longer for a callback is not the platform: it hangs up after five seconds. */
const REQUEST_TIMEOUT_MS = 4_000;
const TIMEOUT_CHECK_MS = 500;
/** Longer than the idle time of common reverse proxies, so that it is they who close. */
const KEEP_ALIVE_MS = 72_000;
const LIMITS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
} as const;
const TOO_LARGE = 413;
const NO_QUERY = Object.freeze({});

/** Platform callbacks and /healthz; nothing else is served here. */
export function createPublicServer(ports: { readonly log: Logger; readonly metrics: Metrics }): PublicServer {
  const { log, metrics } = ports;
  let routes: ReadonlyMap<string, Mounted> = new Map();
  let draining = false;
  let closing = false;
  const app = createFastify({ webhookFor, answer, other });

  function webhookFor(raw: IncomingMessage): Mounted | undefined {
    const path = pathOf(raw.url ?? "/");
    return path === undefined ? undefined : routes.get(withoutLastSlash(path));
  }

  async function answer(mounted: Mounted, raw: IncomingMessage, response: ServerResponse): Promise<void> {
    if (raw.method !== "GET" && raw.method !== "POST")
      return say(response, 405, "use GET or POST", { allow: "GET, POST" });
    if (draining)
      return say(response, 503, "shutting down; send it again", { "retry-after": "5", connection: "close" });
    if (Number(raw.headers["content-length"] ?? 0) > MAX_BODY_BYTES) {
      await readOut(raw);
      return say(response, TOO_LARGE, "the body is too large", { connection: "close" });
    }
    const startedAt = performance.now();
    const status = await handle(mounted, raw, response);
    metrics.webhook(mounted.ids, status, (performance.now() - startedAt) / 1000);
  }

  function other(raw: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(raw.url ?? "/");
    if (path === undefined) say(response, 400, "the path holds a broken percent-encoding");
    else if (path === "/healthz") health(raw.method, response);
    else say(response, 404, "nothing is here");
  }

  async function handle(mounted: Mounted, raw: IncomingMessage, response: ServerResponse): Promise<number> {
    try {
      const answer = await mounted.webhook(toRequest(raw));
      // A connection that was busy when the closing began would be kept alive, and the end of the server would wait for it.
      if (closing) response.setHeader("connection", "close");
      if (answer.status === TOO_LARGE) await readOut(raw);
      return await write(response, answer);
    } catch (error) {
      log.error({ err: error, channel: mounted.ids }, "webhook failed; the platform was told to send it again");
      if (!response.headersSent) say(response, 500, "the callback could not be handled");
      return 500;
    }
  }

  function health(method: string | undefined, response: ServerResponse): void {
    if (method !== "GET" && method !== "HEAD") {
      say(response, 405, "use GET", { allow: "GET, HEAD" });
      return;
    }
    const [status, word] = draining ? ([503, "stopping"] as const) : ([200, "ok"] as const);
    say(response, status, `{"status":"${word}"}`, { "content-type": "application/json; charset=utf-8" });
  }

  return {
    mount(next) {
      routes = next;
    },
    async listen(host, port) {
      await app.listen({ host, port });
      return app.server.address() as AddressInfo;
    },
    drain() {
      draining = true;
    },
    close() {
      closing = true;
      return app.close();
    },
  };
}

interface Answerers {
  webhookFor(raw: IncomingMessage): Mounted | undefined;
  answer(mounted: Mounted, raw: IncomingMessage, response: ServerResponse): Promise<void>;
  other(raw: IncomingMessage, response: ServerResponse): void;
}

/** Webhooks are answered in front of Fastify's router: channels read the body themselves, up to their own limit. */
function createFastify({ webhookFor, answer, other }: Answerers): FastifyInstance {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    serverFactory: (handler) =>
      createServer(LIMITS, (raw, response) => {
        const mounted = webhookFor(raw);
        if (mounted === undefined) handler(raw, response);
        else answer(mounted, raw, response).catch((error: unknown) => response.destroy(error as Error));
      }),
    forceCloseConnections: "idle",
    return503OnClosing: false,
    schemaController: WITHOUT_JSON_SCHEMA,
    routerOptions: {
      // Whoever is asked reads the query from the URL.
      querystringParser: () => NO_QUERY,
      onBadUrl: (_path, _raw, response) =>
        say(response as ServerResponse, 400, "the path holds a broken percent-encoding"),
    },
  });
  // Answered before Fastify would look for a parser of the body.
  app.addHook("onRequest", (request, reply, _next) => {
    reply.hijack();
    other(request.raw, reply.raw);
  });
  app.all("/*", unreachable);
  app.setNotFoundHandler(unreachable);
  return app as unknown as FastifyInstance;
}

function unreachable(): never {
  throw new Error("every request is answered by the hook");
}

function pathOf(url: string): string | undefined {
  const query = url.indexOf("?");
  const path = query < 0 ? url : url.slice(0, query);
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function say(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  const length = Buffer.byteLength(text);
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "content-length": length, ...headers });
  response.end(text);
}

/** Answers are short: they are written in one piece. */
async function write(response: ServerResponse, answer: Response): Promise<number> {
  const body = Buffer.from(await answer.arrayBuffer()).toString("latin1");
  const headers: Record<string, string | number> = { "content-length": body.length };
  answer.headers.forEach((value, name) => {
    headers[name] = value;
  });
  if (answer instanceof TrackedResponse) {
    response.once("finish", () => answer.sent(true));
    response.once("close", () => answer.sent(false));
    // The platform may have hung up meanwhile.
    if (response.destroyed) answer.sent(false);
  }
  response.writeHead(answer.status, headers);
  // As text, byte for byte: Node then sends head and body by one call to the system instead of two buffers by another.
  response.end(body, "latin1");
  return answer.status;
}
