export type { FetchedToken, TokenCache, TokenCacheOptions } from "./cache.ts";
export { createTokenCache } from "./cache.ts";
export type { Clock } from "./clock.ts";
export type { StoredToken, TokenLock, TokenStore } from "./store.ts";
