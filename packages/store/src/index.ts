export { openStore, type StoreOptions } from "./open.ts";
export { reachStore } from "./reach.ts";
export type { Sealer } from "./sealer.ts";
