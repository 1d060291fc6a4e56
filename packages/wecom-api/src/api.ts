import type { Clock, Fetch, Logger, MediaKind, MediaStream, Random } from "@wxgate/core";
import type { TokenStore } from "@wxgate/token-cache";
import { createAccessToken } from "./access-token.ts";
import { createDownload, type DownloadOptions } from "./download.ts";
import type { ErrcodeTable } from "./errcode-rule.ts";
import { SHARED_ERRCODES } from "./errcodes.ts";
import { createExchange, type ExchangeRequest, readAnswer } from "./exchange.ts";
import { createHealthRecord, type WecomApiProblem } from "./health.ts";
import { createPerform } from "./perform.ts";
import { createRateWaits } from "./rate-waits.ts";
import { createSecrets } from "./secrets.ts";
import { createUpload, type FileUpload, toUploadedMedia, type UploadedMedia } from "./upload.ts";

export interface WecomApiOptions {
  readonly corpId: string;
  readonly secret: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Logger;
  /** Where the platform is; "/cgi-bin" is added unless it ends so. Default `https://qyapi.weixin.qq.com`. */
  readonly apiBaseUrl?: string;
  /** The numbers of the channel's own APIs; they go before the shared ones. */
  readonly errcodes?: ErrcodeTable;
  /** Shares the token with other processes, e.g. `createStateTokenStore`. */
  readonly tokenStore?: TokenStore;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * The API of WeCom. Every method gets and renews the access token, repeats what is worth repeating (a refused token once,
 * "busy" at most three times in all) and throws the caller's abort reason or:
 *
 * - TransientError: wait, `until` says for what; `sent` tells whether the platform may have done it
 * - AuthenticationError: the operator must act, `hint` says where
 * - RejectedError: the platform will never take this
 * - ProtocolError: a bug, here or there
 */
export interface WecomApi {
  /** @param path behind /cgi-bin/, e.g. "appchat/get" */
  get<T extends object>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  /**
   * @param body an object, or JSON written before: where a repeat must be identical byte by byte (`enable_duplicate_check`)
   */
  post<T extends object>(path: string, body: object | string, signal?: AbortSignal): Promise<T>;
  /** Uploads a temporary file, good for 3 days and shared by the apps of the corp. */
  uploadMedia(type: MediaKind, file: FileUpload, signal?: AbortSignal): Promise<UploadedMedia>;
  /** Uploads to another form API, e.g. "media/uploadimg", and gives the fields of its answer. */
  upload<T extends object>(path: string, query: Query, file: FileUpload, signal?: AbortSignal): Promise<T>;
  /** Opens a file that somebody sent; large ones are read in ranges. */
  downloadMedia(mediaId: string, options: DownloadOptions): Promise<MediaStream>;
  /** What the operator must repair; undefined when all that was called works. */
  problem(): WecomApiProblem | undefined;
  /**
   * Lets go of the problems: for when the platform was asked and had nothing against us. Whether what another API
   * complained of is repaired, only its next call can tell.
   */
  forgetProblems(): void;
}

/** Asks for an access token, and for nothing else; throws what the API does. */
export async function checkCredentials(options: WecomApiOptions, signal?: AbortSignal): Promise<void> {
  await createParts(options).tokens.get(signal);
}

function createParts(options: WecomApiOptions) {
  const now = (): number => options.clock.now();
  const parts = {
    secrets: createSecrets(options.secret),
    tables: options.errcodes ? [options.errcodes, SHARED_ERRCODES] : [SHARED_ERRCODES],
    exchange: createExchange(options.fetch, options.apiBaseUrl),
    health: createHealthRecord(now),
    rates: createRateWaits(now),
  };
  return { ...parts, tokens: createAccessToken({ ...options, ...parts }) };
}

/** @throws TypeError when `apiBaseUrl` is no http(s) URL */
export function createWecomApi(options: WecomApiOptions): WecomApi {
  const { clock, random } = options;
  const { secrets, tables, exchange, health, rates, tokens } = createParts(options);
  const perform = createPerform({ clock, tokens, secrets, tables, health, rates });
  const upload = createUpload({ exchange, perform, random, secrets });
  const downloadMedia = createDownload({ exchange, perform, secrets });

  async function call<T extends object>(
    request: Pick<ExchangeRequest, "method" | "path" | "query" | "headers" | "body">,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const fields = await perform(
      request.path,
      async (token) => {
        const query = { ...request.query, access_token: token };
        const withToken: ExchangeRequest = { ...request, query, secrets, signal };
        const answer = await readAnswer(await exchange(withToken), withToken);
        return answer.errcode === 0 ? { value: answer.fields } : answer;
      },
      signal,
    );
    return fields as T;
  }

  return {
    get: (path, query = {}, signal) => call({ method: "GET", path, query: toQuery(query) }, signal),
    post(path, body, signal) {
      const json = typeof body === "string" ? body : JSON.stringify(body);
      const headers = { "content-type": "application/json" };
      return call({ method: "POST", path, query: {}, headers, body: json }, signal);
    },
    uploadMedia: async (type, file, signal) =>
      toUploadedMedia(await upload("media/upload", { type }, file, signal), clock.now()),
    async upload<T extends object>(path: string, query: Query, file: FileUpload, signal?: AbortSignal) {
      return (await upload(path, toQuery(query), file, signal)) as T;
    },
    downloadMedia,
    problem: () => health.problem(),
    forgetProblems: health.forget,
  };
}

function toQuery(query: Query): Record<string, string> {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
