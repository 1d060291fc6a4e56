import type { SimClock } from "../clock.ts";
import { type FaultHit, type Faults, numberOf } from "../faults.ts";
import { BodyTooLarge, type Exchange, readBody } from "../http-io.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../json.ts";
import type { RequestLog } from "../request-log.ts";
import type { FileAnswer, QyapiAnswer, QyapiCall, QyapiRoute, QyapiRoutes } from "./calls.ts";
import { QyapiError, wordedErrmsg } from "./errors.ts";
import type { GetToken } from "./gettoken.ts";
import type { MinuteLimit } from "./limits.ts";
import { findUpload } from "./multipart.ts";
import { respond, respondFile, type Spoil } from "./respond.ts";
import type { Tokens } from "./tokens.ts";

export interface QyapiRouter {
  add(routes: QyapiRoutes): void;
  handle(exchange: Exchange): Promise<void>;
}

interface RouterParts {
  readonly tokens: Tokens;
  readonly getToken: GetToken;
  readonly limit: MinuteLimit;
  readonly faults: Faults;
  readonly clock: SimClock;
  readonly log: RequestLog;
}

/** What the call came to, before it is written out. */
interface Outcome {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly errcode?: number;
  readonly file?: FileAnswer;
}

/** One request, read and parsed. */
interface Incoming {
  readonly api: string;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly raw: Buffer;
  readonly text: string;
  readonly body: JsonObject | undefined;
  readonly targets: Targets;
  readonly ip: string;
  readonly exchange: Exchange;
  readonly notes: string[];
}

type Targets = readonly (string | undefined)[];

export const QYAPI_PREFIX = "/cgi-bin/";
const DEBUG_CALLS_PER_MINUTE = 5;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const JSON_TYPE = "application/json; charset=UTF-8";

export function createQyapiRouter({ tokens, getToken, limit, faults, clock, log }: RouterParts): QyapiRouter {
  const routes = new Map<string, QyapiRoute>();

  async function handle(exchange: Exchange): Promise<void> {
    const started = performance.now();
    const atMs = clock.now();
    const incoming = await receive(exchange);
    if (!incoming) return;
    const { done, spoil } = run(incoming);
    const { response, method, path, query } = exchange;
    const { status, contentType, body, errcode, file } = done;
    const record = (sent: number | null) =>
      log.add({
        kind: "request",
        atMs,
        method,
        path,
        query,
        body: incoming.text,
        status: sent,
        answer: file ? `[file, ${file.bytes} bytes]` : body,
        errcode,
        durationMs: Math.round(performance.now() - started),
        notes: incoming.notes,
      });
    if (spoil.silenceMs !== undefined) {
      record(null);
      file?.done();
      await respond(response, status, Buffer.alloc(0), contentType, spoil);
      return;
    }
    if (file) await respondFile(response, file, spoil);
    else await respond(response, status, Buffer.from(body), contentType, spoil);
    record(status);
  }

  /** Reads the request; `undefined` when it was too large and has been answered. */
  async function receive(exchange: Exchange): Promise<Incoming | undefined> {
    const { request, response, method, path, query } = exchange;
    const api = path.slice(QYAPI_PREFIX.length);
    const ip = request.socket.remoteAddress ?? "127.0.0.1";
    try {
      const raw = await readBody(request, MAX_BODY_BYTES);
      const multipart = routes.get(api)?.multipart === true;
      const text = multipart ? `[multipart, ${raw.length} bytes]` : raw.toString("utf8");
      const body = multipart ? {} : parseJsonObject(text);
      const corpId = query.get("corpid") ?? tokens.corpIdOf(query.get("access_token"));
      return { api, method, query, raw, text, body, targets: [api, corpId, ...namesIn(body)], ip, exchange, notes: [] };
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      response.setHeader("connection", "close");
      await respond(response, 200, Buffer.from(refusal(new QyapiError(45001), ip).body), JSON_TYPE, {});
      return undefined;
    }
  }

  function run(incoming: Incoming): { done: Outcome; spoil: Spoil } {
    const { api, targets, notes } = incoming;
    const take = (name: string): FaultHit | undefined => {
      const hit = faults.take(name, targets);
      if (hit) notes.push(`fault: ${name}`);
      return hit;
    };
    const nothing: Outcome = { status: 200, contentType: JSON_TYPE, body: "" };
    if (take("qyapi.reset")) return { done: nothing, spoil: { silenceMs: 0 } };
    const silence = take("qyapi.timeout");
    if (silence) return { done: nothing, spoil: { silenceMs: numberOf(silence) } };
    const broken = take("qyapi.http-status");
    if (broken) return { done: { status: numberOf(broken), contentType: "text/html", body: ERROR_PAGE }, spoil: {} };
    if (take("qyapi.garbage")) return { done: { status: 200, contentType: "text/html", body: ERROR_PAGE }, spoil: {} };
    const done = answer(incoming, take);
    if (api === "media/get" && done.errcode && take("media.error-as-text")) {
      return { done: { ...done, contentType: "text/plain" }, spoil: {} };
    }
    return { done, spoil: spoilOf(take) };
  }

  function answer(incoming: Incoming, take: (name: string) => FaultHit | undefined): Outcome {
    const { api, ip, query } = incoming;
    try {
      refuseByFault(take);
      if (api === "gettoken") return success(getToken.handle(query, ip));
      const route = routes.get(api);
      if (!route) return { status: 404, contentType: "text/plain", body: `There is no API ${api} here.\n` };
      const result = call(route, incoming, take);
      if ("json" in result) return success(result.json, incoming);
      return { status: result.file.status, contentType: "", body: "", file: result.file };
    } catch (error) {
      if (error instanceof QyapiError) return refusal(error, ip, incoming);
      throw error;
    }
  }

  function call(route: QyapiRoute, incoming: Incoming, take: (name: string) => FaultHit | undefined): QyapiAnswer {
    const { api, method, query, exchange, raw, body, targets } = incoming;
    const token = tokens.check(query.get("access_token"));
    if (take("qyapi.token-revoked")) {
      token.revoked = true;
      throw new QyapiError(40014);
    }
    if (take("qyapi.token-expired")) {
      token.revoked = true;
      throw new QyapiError(42001);
    }
    const { credential } = token;
    const { corp } = credential;
    const perMinute = faults.take("qyapi.minute-limit", [...targets, corp.corpId]);
    if (perMinute && !limit.allows(`${corp.corpId} ${api}`, numberOf(perMinute))) throw new QyapiError(45009);
    if (query.get("debug") === "1" && !limit.allows(`${corp.corpId} debug`, DEBUG_CALLS_PER_MINUTE)) {
      throw new QyapiError(45009);
    }
    if (route.method !== "ANY" && route.method !== method)
      throw new QyapiError(40058, `${api} is called by ${route.method}`);
    if (route.purpose !== undefined && route.purpose !== credential.purpose) throw new QyapiError(48002);
    const { headers } = exchange.request;
    const upload = route.multipart ? findUpload(raw, headers["content-type"] ?? "") : undefined;
    const details: QyapiCall = { corp, credential, query, body: body ?? {}, upload, range: headers.range };
    return route.handle(details);
  }

  return {
    add(more) {
      for (const [path, route] of Object.entries(more)) routes.set(path, route);
    },
    handle,
  };
}

function refuseByFault(take: (name: string) => FaultHit | undefined): void {
  const errcode = take("qyapi.errcode")?.value;
  if (typeof errcode === "number") throw new QyapiError(errcode);
  if (isJsonObject(errcode)) {
    throw new QyapiError(Number(errcode.errcode), errcode.errmsg === undefined ? undefined : String(errcode.errmsg));
  }
  if (take("qyapi.busy")) throw new QyapiError(-1);
  if (take("qyapi.frequency")) throw new QyapiError(45009);
  const stranger = take("qyapi.ip-not-trusted");
  if (stranger) throw new QyapiError(60020, undefined, String(stranger.value));
}

function spoilOf(take: (name: string) => FaultHit | undefined): Spoil {
  if (take("qyapi.reset-after-accept")) return { silenceMs: 0 };
  const silence = take("qyapi.timeout-after-accept");
  if (silence) return { silenceMs: numberOf(silence) };
  const delay = take("qyapi.delay");
  const slow = take("qyapi.slow-body");
  return {
    ...(delay ? { delayMs: numberOf(delay) } : {}),
    ...(slow ? { spreadMs: numberOf(slow) } : {}),
    ...(take("qyapi.cut-body") ? { cut: true } : {}),
  };
}

const ERROR_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";

function success(
  json: JsonObject,
  incoming?: { readonly text: string; readonly body: JsonObject | undefined },
): Outcome {
  const errmsg = `ok${jsonWarning(incoming)}`;
  return { status: 200, contentType: JSON_TYPE, body: JSON.stringify({ errcode: 0, errmsg, ...json }), errcode: 0 };
}

function refusal(
  { errcode, message, ip: claimed }: QyapiError,
  ip: string,
  incoming?: { readonly text: string; readonly body: JsonObject | undefined },
): Outcome {
  const hint = `${Math.floor(Math.random() * 9e9) + 1e9}0000000000`;
  const errmsg = wordedErrmsg(errcode, `${message}${jsonWarning(incoming)}`, { hint, ip: claimed ?? ip });
  return { status: 200, contentType: JSON_TYPE, body: JSON.stringify({ errcode, errmsg }), errcode };
}

function jsonWarning(incoming?: { readonly text: string; readonly body: JsonObject | undefined }): string {
  return incoming && incoming.text !== "" && incoming.body === undefined ? ". Warning: wrong json format." : "";
}

/** What a fault's `target` may name, apart from the API itself. */
function namesIn(body: JsonObject | undefined): (string | undefined)[] {
  if (!body) return [];
  return [body.open_kfid, body.touser, body.external_userid].map((v) => (typeof v === "string" ? v : undefined));
}
