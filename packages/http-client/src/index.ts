export type { Resolve, ResolvedAddress } from "./address.ts";
export { type ByteCap, capBytes } from "./byte-cap.ts";
export { createHttpClient, type HttpClient, type HttpClientOptions, type NetworkOptions } from "./client.ts";
export type { Download, DownloadOptions } from "./download.ts";
export { HttpError, type HttpErrorCode, type HttpErrorOptions, type Sent } from "./errors.ts";
export { createGuard, createPlatformGuard, type Guard, type GuardOptions, type PlatformGuardOptions } from "./guard.ts";
export type { Env } from "./proxy.ts";
export type { FetchInit, FetchInput } from "./request.ts";
