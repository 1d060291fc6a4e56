import type { Dispatcher } from "undici";
import type { Sent } from "./errors.ts";
import { startExchange } from "./exchange.ts";
import type { Guard } from "./guard.ts";
import { MAX_REDIRECTS, redirected, refused } from "./redirect.ts";
import type { OutboundRequest } from "./request.ts";
import { toUpload } from "./upload.ts";

export interface Sender {
  /** Connections for requests that may go anywhere, and for those that may reach public addresses only. */
  readonly agents: { readonly trusted: Dispatcher; readonly public: Dispatcher };
  readonly timeoutMs: number;
}

/** Remembers over redirects and attempts whether anything may have reached a server. */
export interface SentMark {
  sent: Sent;
}

/** Sends a request once and follows its redirects; every URL passes the guard first. */
export async function send(sender: Sender, first: OutboundRequest, mark: SentMark, guard?: Guard): Promise<Response> {
  let request = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const trust = guard ? guard.check(request.url) : "trusted";
    const response = await exchange(sender.agents[trust], request, sender.timeoutMs, mark);
    const next = await redirectedOrCancel(request, response);
    if (!next) return hop === 0 ? response : Object.defineProperty(response, "redirected", { value: true });
    await response.body?.cancel();
    request = next;
  }
  throw refused(first.url, `redirects more than ${MAX_REDIRECTS} times`);
}

async function redirectedOrCancel(request: OutboundRequest, response: Response): Promise<OutboundRequest | undefined> {
  try {
    return redirected(request, response);
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
}

async function exchange(
  agent: Dispatcher,
  request: OutboundRequest,
  timeoutMs: number,
  mark: SentMark,
): Promise<Response> {
  const { url, method, signal } = request;
  const { body, headers, discard } = await toUpload(request);
  const sent = startExchange({ agent, url, method, headers, body, timeoutMs, ...(signal && { signal }) });
  try {
    const response = await sent.response;
    mark.sent = "unknown";
    return response;
  } catch (error) {
    discard();
    if (sent.started()) mark.sent = "unknown";
    throw error;
  }
}
