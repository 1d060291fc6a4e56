import { describeUrl, HttpError } from "./errors.ts";
import { requireWebUrl } from "./guard.ts";
import { isReplayable, type OutboundRequest } from "./request.ts";

export const MAX_REDIRECTS = 5;

const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);

/** What may follow to another origin: nothing that could carry a credential. */
const HARMLESS_HEADERS = new Set(["accept", "accept-encoding", "accept-language", "range", "user-agent"]);

/**
 * The request a redirect asks for, or undefined when the answer is none.
 *
 * To another origin go only GET and HEAD, with harmless headers alone; never from https to http.
 *
 * @throws HttpError `http.redirect` (also for `redirect: "error"`), `http.blocked-url`.
 */
export function redirected(request: OutboundRequest, response: Response): OutboundRequest | undefined {
  const { status } = response;
  if (!REDIRECT_STATUSES.has(status) || request.redirect === "manual") return undefined;
  const location = response.headers.get("location");
  if (location === null) return undefined;
  if (request.redirect === "error") throw refused(request.url, "redirects, which this call does not allow");
  if (!URL.canParse(location, request.url.href)) throw refused(request.url, "redirects to something that is not a URL");

  const url = new URL(location, request.url);
  requireWebUrl(url);
  if (request.url.protocol === "https:" && url.protocol === "http:")
    throw refused(request.url, "redirects from https to http");

  const next = becomesGet(request.method, status) ? withoutBody(request) : request;
  if (!isReplayable(next.body)) throw refused(request.url, "redirects a streamed body, which cannot be sent again");
  if (url.origin === request.url.origin) return { ...next, url };

  if (next.method !== "GET" && next.method !== "HEAD") {
    throw refused(request.url, `redirects a ${next.method} to another origin (${url.origin})`);
  }
  const headers = new Headers([...next.headers].filter(([name]) => HARMLESS_HEADERS.has(name)));
  return { ...next, url, headers };
}

function becomesGet(method: string, status: number): boolean {
  return (status === 303 && method !== "HEAD") || ((status === 301 || status === 302) && method === "POST");
}

function withoutBody(request: OutboundRequest): OutboundRequest {
  const headers = new Headers([...request.headers].filter(([name]) => !name.startsWith("content-")));
  return { ...request, method: "GET", headers, body: undefined };
}

export function refused(url: URL, problem: string): HttpError {
  return new HttpError(`${describeUrl(url)} ${problem}`, { code: "http.redirect", sent: "unknown" });
}
