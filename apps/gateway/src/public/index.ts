/** The server of the platforms' callbacks by itself and how its engine is set, as the measurements run it. */
export { createMetrics, type Metrics } from "../observe/metrics.ts";
export { tuneHeap } from "./heap.ts";
export { createPublicServer, type PublicServer } from "./public-server.ts";
export { type Mounted, mountRoutes, type WebhookRoute } from "./routes.ts";
