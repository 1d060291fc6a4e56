export { openStore, type StoreOptions } from "./open.ts";
export type { Sealer } from "./operations/state.ts";
