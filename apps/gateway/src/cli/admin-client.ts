import { createHttpClient, HttpError } from "@wxgate/http-client";
import { type GatewayAddress, parseGatewayAddress } from "../config/address.ts";
import { readSource } from "../config/source.ts";
import { dataFolderOf, readGatewayFile } from "../data-folder.ts";
import { type CommandContext, isDemo } from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { readServerEvents, type ServerEvent } from "./server-events.ts";

/** The running gateway, as commands speak to it. Failures are CommandErrors in plain words. */
export interface AdminClient {
  readonly url: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
  upload<T>(path: string, body: RequestInit["body"], mime: string): Promise<T>;
  /** Server-sent events until the server ends them or the signal fires. */
  events(method: "GET" | "POST", path: string, signal: AbortSignal): AsyncIterable<ServerEvent>;
}

const TIMEOUT_MS = 30_000;

/** Finds the running gateway by the configuration and what it left beside its store. */
export function connect(context: CommandContext): AdminClient {
  const { url, token } = locate(context);
  const http = createHttpClient({ network: { timeoutMs: TIMEOUT_MS, retries: 0 } });

  async function request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string> | undefined) };
    let response: Response;
    try {
      response = await http.fetch(`${url}${path}`, { ...init, method, headers });
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      throw new CommandError(
        `no gateway runs at ${url} (${error.code}); start one with: wxgate start`,
        EXIT.notRunning,
        { code: "not-running" },
      );
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  async function change<T>(method: string, path: string, body: unknown): Promise<T> {
    const init =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    return (await (await request(method, path, init)).json()) as T;
  }

  return {
    url,
    // Where a path gives lines as they come, too, this asks for what there is.
    get: async <T>(path: string) =>
      (await (await request("GET", path, { headers: { accept: "application/json" } })).json()) as T,
    post: (path, body) => change("POST", path, body),
    patch: (path, body) => change("PATCH", path, body),
    delete: (path) => change("DELETE", path, undefined),
    async upload<T>(path: string, body: RequestInit["body"], mime: string) {
      const init = { body, headers: { "content-type": mime }, duplex: "half" } as RequestInit;
      return (await (await request("POST", path, init)).json()) as T;
    },
    async *events(method, path, signal) {
      const response = await request(method, path, { headers: { accept: "text/event-stream" }, signal });
      if (response.body) yield* readServerEvents(response.body);
    },
  };
}

function locate(context: CommandContext): { url: string; token: string } {
  const address = addressOf(context);
  const file = readGatewayFile(dataFolderOf(address));
  const { host, port } = address.admin;
  const token = address.admin.token ?? file?.token;
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  const configured = `http://${reachable}:${port}`;
  // Gateways that share a database may share the folder of this file: it may tell of another one.
  const isShared = !address.store.startsWith("sqlite:") && port !== 0;
  const url = isShared ? configured : (file?.adminUrl ?? configured);
  if (token !== undefined) return { url, token };
  const without = isDemo(context)
    ? `there is no ${context.configFile} here; name the running gateway's with --config, or start one with: wxgate start`
    : `no gateway was started with ${context.configFile} yet; start one with: wxgate start`;
  throw new CommandError(without, EXIT.notRunning, { code: "not-running" });
}

function addressOf(context: CommandContext): GatewayAddress {
  if (!isDemo(context)) return parseGatewayAddress(readSource(context.configFile, context.env));
  return parseGatewayAddress({ file: "(no file)", text: "", directory: process.cwd(), env: context.env });
}

async function refusal(response: Response): Promise<CommandError> {
  const text = await response.text();
  const problem = parseProblem(text);
  const errors =
    problem.errors
      ?.map(({ path, message }) => `\n  ${path === "" || message.includes(path) ? "" : `${path}: `}${message}`)
      .join("") ?? "";
  const hint = problem.hint === undefined ? "" : `\n${problem.hint}`;
  const detail = problem.detail ?? `the gateway answered with status ${response.status}`;
  return new CommandError(`${detail}${errors}${hint}`, EXIT.failed, { ...problem, status: response.status });
}

interface ProblemBody {
  readonly detail?: string;
  readonly hint?: string;
  readonly code?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

function parseProblem(text: string): ProblemBody {
  try {
    return JSON.parse(text) as ProblemBody;
  } catch {
    // Something else answers on that port; the status says enough.
    return {};
  }
}
