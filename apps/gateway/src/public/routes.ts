import type { Channel } from "@wxgate/core";

type Webhook = NonNullable<Channel["webhook"]>;

/** A channel that takes callbacks, and where. */
export interface WebhookRoute {
  readonly id: string;
  readonly paths: readonly string[];
  readonly webhook: Webhook;
}

/** What one path answers with, and the channel that answered, for metrics. */
export interface Mounted {
  readonly ids: string;
  readonly webhook: (request: Request) => Promise<Response>;
}

/** Lays the channels onto their paths; those that share one are asked in turn, in the order of the configuration. */
export function mountRoutes(routes: readonly WebhookRoute[]): ReadonlyMap<string, Mounted> {
  const byPath = new Map<string, WebhookRoute[]>();
  for (const route of routes) {
    for (const path of route.paths) {
      const key = withoutLastSlash(path);
      byPath.set(key, [...(byPath.get(key) ?? []), route]);
    }
  }
  return new Map(
    [...byPath].map(([path, sharing]) => [
      path,
      { ids: sharing.map(({ id }) => id).join("+"), webhook: chain(sharing) },
    ]),
  );
}

/** "/webhooks/app/" is "/webhooks/app": consoles and proxies add a slash now and then. */
export function withoutLastSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function chain([first, ...others]: readonly WebhookRoute[]): (request: Request) => Promise<Response> {
  if (!first) throw new Error("a mounted path has at least one channel");
  if (others.length === 0) return (request) => first.webhook(request);
  const rest = chain(others);
  return (request) => first.webhook(request, () => rest(request));
}
