import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { GatewayView } from "./gateway.ts";
import type { AdminApp } from "./types.ts";

export interface AdminServer {
  listen(host: string, port: number): Promise<AddressInfo>;
  close(): Promise<void>;
}

/** Longer than the pauses of those who ask at intervals. */
const KEEP_ALIVE_MS = 72_000;
/** Uploads take as long as they take. */
const NO_LIMIT = 0;

/**
 * Takes the admin port at once, and makes what answers there for the first request: platforms are served sooner, and a
 * gateway that nobody looks at needs no memory for being looked at.
 */
export function createAdminServer(view: GatewayView, token: string): AdminServer {
  let app: Promise<AdminApp> | undefined;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: NO_LIMIT }, (request, response) => {
    app ??= openApp().catch((error: unknown) => {
      app = undefined;
      throw error;
    });
    app
      .then((ready) => ready.routing(request, response))
      .catch((error: unknown) => {
        view.log.error({ err: error }, "the admin API could not be opened");
        response.writeHead(500, { connection: "close" }).end();
      });
  });

  async function openApp(): Promise<AdminApp> {
    const { createAdminApp } = await import("./admin-app.ts");
    return createAdminApp(view, token);
  }

  return {
    async listen(host, port) {
      server.listen(port, host);
      await once(server, "listening");
      return server.address() as AddressInfo;
    },
    async close() {
      if (server.listening) {
        server.close();
        server.closeAllConnections();
        await once(server, "close");
      }
      // One that could not be opened was logged then.
      await (await app?.catch(() => undefined))?.close();
    },
  };
}
