/** The server of the platforms' callbacks by itself, as the measurements run it. */
export { createMetrics, type Metrics } from "../observe/metrics.ts";
export { createPublicServer, type PublicServer } from "./public-server.ts";
export { type Mounted, mountRoutes, type WebhookRoute } from "./routes.ts";
