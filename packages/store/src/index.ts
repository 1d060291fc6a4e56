export { openStore, type StoreOptions } from "./open.ts";
export type { Sealer } from "./sealer.ts";
