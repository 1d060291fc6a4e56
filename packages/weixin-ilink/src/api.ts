import {
  type Clock,
  type Fetch,
  isObject,
  type JsonObject,
  numberField,
  type Random,
  textField,
  withTimeLimit,
} from "@wxgate/core";
import { clientVersionNumber } from "./bot-agent.ts";
import { badAnswer, httpStatus, isTimeout, STALE_TOKEN, toChannelError, unreachable } from "./errors.ts";
import { parseLossless } from "./lossless.ts";
import { idField, parseUpdates, type Updates } from "./wire.ts";

/** Where a bot's calls go, and its right to make them. */
export interface BotCredentials {
  readonly token: string;
  readonly baseUrl: string;
}

export interface UploadRequest {
  readonly filekey: string;
  readonly mediaType: number;
  readonly to: string;
  readonly rawSize: number;
  readonly rawMd5: string;
  /** Bytes of ciphertext. */
  readonly fileSize: number;
  /** 32 hex characters. */
  readonly aesKey: string;
}

/** The calls of the iLink bot API, typed. They throw the four errors of `@wxgate/core`. */
export interface IlinkApi {
  getQrCode(baseUrl: string, localTokens: readonly string[], signal?: AbortSignal): Promise<QrCode>;
  /** A long poll of up to 35 s; nothing by then is the status `wait`. */
  getQrStatus(baseUrl: string, qrcode: string, code: string | undefined, signal?: AbortSignal): Promise<QrStatus>;
  /** Nothing came within `timeoutMs`: no messages, and no cursor. */
  getUpdates(bot: BotCredentials, cursor: string, timeoutMs: number, signal?: AbortSignal): Promise<Updates>;
  /** The platform's message id, where it names one. */
  sendMessage(bot: BotCredentials, message: JsonObject, signal?: AbortSignal): Promise<string | undefined>;
  /** `url` to post to, or `param` for the media server. */
  getUploadUrl(
    bot: BotCredentials,
    request: UploadRequest,
    signal?: AbortSignal,
  ): Promise<{ url?: string; param?: string }>;
  getTypingTicket(
    bot: BotCredentials,
    person: string,
    contextToken: string | undefined,
    signal?: AbortSignal,
  ): Promise<string>;
  sendTyping(
    bot: BotCredentials,
    person: string,
    ticket: string,
    isTyping: boolean,
    signal?: AbortSignal,
  ): Promise<void>;
  notifyStart(bot: BotCredentials, signal?: AbortSignal): Promise<void>;
  notifyStop(bot: BotCredentials, signal?: AbortSignal): Promise<void>;
  /** Any other call with a token, by its name behind `/ilink/bot/`. */
  call(
    bot: BotCredentials,
    name: string,
    body: JsonObject,
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<JsonObject>;
}

export interface QrCode {
  /** The key of its status. */
  readonly key: string;
  /** What the picture says. */
  readonly content: string;
}

export interface QrStatus {
  readonly status: string;
  readonly fields: JsonObject;
}

export interface IlinkApiOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly clientVersion: string;
  readonly botAgent: string;
  readonly routeTag?: string | undefined;
}

const SEND_LIMIT_MS = 15_000;
const LIGHT_LIMIT_MS = 10_000;
const STATUS_LIMIT_MS = 35_000;
/** A client's timer that is as long as the server's hold gives false time-outs. */
const POLL_GRACE_MS = 5_000;
const GATEWAY_TIMEOUT = 524;

interface Outgoing {
  readonly method: string;
  readonly url: URL;
  readonly init: RequestInit;
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
}

export function createIlinkApi(options: IlinkApiOptions): IlinkApi {
  const { fetch, clock, random } = options;
  const common = {
    "iLink-App-Id": "bot",
    "iLink-App-ClientVersion": String(clientVersionNumber(options.clientVersion)),
    ...(options.routeTag === undefined ? {} : { SKRouteTag: options.routeTag }),
  };
  const baseInfo = { channel_version: options.clientVersion, bot_agent: options.botAgent };

  function postHeaders(token: string | undefined): Record<string, string> {
    return {
      ...common,
      "Content-Type": "application/json",
      AuthorizationType: "ilink_bot_token",
      "X-WECHAT-UIN": wechatUin(random),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token.trim()}` }),
    };
  }

  /** Answers with the HTTP status and the text; the limit covers both. */
  async function exchange({ method, url, init, limitMs, signal }: Outgoing): Promise<{ status: number; text: string }> {
    try {
      return await withTimeLimit(clock, limitMs, signal, async (limit) => {
        const response = await fetch(url, { ...init, signal: limit });
        return { status: response.status, text: await response.text() };
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (isTimeout(error)) throw error;
      throw unreachable(method, error);
    }
  }

  /** A long poll: its HTTP status and text, or undefined where nothing came in time. */
  async function poll(outgoing: Outgoing): Promise<{ status: number; text: string } | undefined> {
    try {
      const answer = await exchange(outgoing);
      return answer.status === GATEWAY_TIMEOUT ? undefined : answer;
    } catch (error) {
      outgoing.signal?.throwIfAborted();
      if (isTimeout(error)) return undefined;
      throw error;
    }
  }

  async function request(outgoing: Outgoing): Promise<JsonObject> {
    const { method } = outgoing;
    const { status, text } = await exchange(outgoing).catch((error: unknown) => {
      outgoing.signal?.throwIfAborted();
      throw isTimeout(error) ? unreachable(method, error) : error;
    });
    return readAnswer(method, status, text);
  }

  function post(bot: BotCredentials, name: string, body: JsonObject, limitMs: number, signal?: AbortSignal): Outgoing {
    return {
      method: name,
      url: joinUrl(bot.baseUrl, `ilink/bot/${name}`),
      init: { method: "POST", headers: postHeaders(bot.token), body: JSON.stringify({ ...body, base_info: baseInfo }) },
      limitMs,
      signal,
    };
  }
  const call = (bot: BotCredentials, name: string, body: JsonObject, limitMs: number, signal?: AbortSignal) =>
    request(post(bot, name, body, limitMs, signal));

  return {
    async getQrCode(baseUrl, localTokens, signal) {
      const answer = await request({
        method: "get_bot_qrcode",
        url: joinUrl(baseUrl, "ilink/bot/get_bot_qrcode?bot_type=3"),
        init: {
          method: "POST",
          headers: postHeaders(undefined),
          body: JSON.stringify({ local_token_list: localTokens }),
        },
        limitMs: SEND_LIMIT_MS,
        signal,
      });
      const key = textField(answer, "qrcode", "uuid");
      const content = textField(answer, "qrcode_img_content", "qrcode_url", "qrcodeUrl");
      if (key === undefined || content === undefined) throw badAnswer("get_bot_qrcode", "names no QR code");
      return { key, content };
    },
    async getQrStatus(baseUrl, qrcode, code, signal) {
      const query = new URLSearchParams({ qrcode, ...(code === undefined ? {} : { verify_code: code }) });
      const url = joinUrl(baseUrl, `ilink/bot/get_qrcode_status?${query}`);
      const init = { method: "GET", headers: common };
      const method = "get_qrcode_status";
      const answer = await poll({ method, url, init, limitMs: STATUS_LIMIT_MS, signal });
      const fields = answer === undefined ? {} : readAnswer(method, answer.status, answer.text);
      return { status: textField(fields, "status") ?? "wait", fields };
    },
    async getUpdates(bot, cursor, timeoutMs, signal) {
      const outgoing = post(bot, "getupdates", { get_updates_buf: cursor }, timeoutMs + POLL_GRACE_MS, signal);
      const answer = await poll(outgoing);
      return answer === undefined ? NOTHING : parseUpdates(readAnswer(outgoing.method, answer.status, answer.text));
    },
    async sendMessage(bot, msg, signal) {
      return idField(await call(bot, "sendmessage", { msg }, SEND_LIMIT_MS, signal), "message_id");
    },
    async getUploadUrl(bot, { filekey, mediaType, to, rawSize, rawMd5, fileSize, aesKey }, signal) {
      const body = {
        filekey,
        media_type: mediaType,
        to_user_id: to,
        rawsize: rawSize,
        rawfilemd5: rawMd5,
        filesize: fileSize,
        no_need_thumb: true,
        aeskey: aesKey,
      };
      const answer = await call(bot, "getuploadurl", body, SEND_LIMIT_MS, signal);
      const url = textField(answer, "upload_full_url");
      const param = textField(answer, "upload_param");
      if (url === undefined && param === undefined) throw badAnswer("getuploadurl", "names no address to upload to");
      return { ...(url === undefined ? {} : { url }), ...(param === undefined ? {} : { param }) };
    },
    async getTypingTicket(bot, person, contextToken, signal) {
      const body = { ilink_user_id: person, ...(contextToken === undefined ? {} : { context_token: contextToken }) };
      const ticket = textField(await call(bot, "getconfig", body, LIGHT_LIMIT_MS, signal), "typing_ticket");
      if (ticket === undefined) throw badAnswer("getconfig", "names no typing ticket");
      return ticket;
    },
    async sendTyping(bot, person, ticket, isTyping, signal) {
      const body = { ilink_user_id: person, typing_ticket: ticket, status: isTyping ? 1 : 2 };
      await call(bot, "sendtyping", body, LIGHT_LIMIT_MS, signal);
    },
    async notifyStart(bot, signal) {
      await call(bot, "msg/notifystart", {}, LIGHT_LIMIT_MS, signal);
    },
    async notifyStop(bot, signal) {
      await call(bot, "msg/notifystop", {}, LIGHT_LIMIT_MS, signal);
    },
    call: (bot, name, body, { timeoutMs = SEND_LIMIT_MS, signal } = {}) => call(bot, name, body, timeoutMs, signal),
  };
}

const NOTHING: Updates = { messages: [], cursor: undefined, timeoutMs: undefined };

/** @throws ChannelError for an HTTP status, a number that is no success, or a text that is no JSON. */
function readAnswer(method: string, status: number, text: string): JsonObject {
  // An older form of the service says with the status what others say with -14.
  if (status === 401 || status === 403) throw toChannelError(method, STALE_TOKEN, `HTTP ${status}`);
  if (status < 200 || status > 299) throw httpStatus(method, status);
  const answer = text.trim() === "" ? {} : parseObject(text);
  if (answer === undefined) throw unreachable(method, new SyntaxError("the answer is no JSON object"));
  for (const name of ["ret", "errcode", "error_code"]) {
    const code = numberField(answer, name);
    if (code !== undefined && code !== 0) throw toChannelError(method, code, textField(answer, "errmsg") ?? "");
  }
  return answer;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = parseLossless(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A path in the base stays; whether it ends in a slash does not matter. */
export function joinUrl(base: string, path: string): URL {
  return new URL(path, base.endsWith("/") ? base : `${base}/`);
}

/** A random uint32, in decimal, in base64: new for each request. */
function wechatUin(random: Random): string {
  return Buffer.from(String(Buffer.from(random.bytes(4)).readUInt32BE(0))).toString("base64");
}
