import { setTimeout as wait } from "node:timers/promises";
import { type Exchange, readBody, sendText } from "../http-io.ts";
import { type JsonObject, parseJsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { OK, refusal, STALE, toJson } from "./answers.ts";
import type { Bots } from "./bots.ts";
import type { Login } from "./login.ts";
import { type Bot, invalidate } from "./state.ts";
import { violationsOf } from "./violations.ts";

export const ILINK_PREFIX = "/ilink/";
const MOST_BYTES = 4 * 1024 * 1024;

/** Calls with a bot token, by the end of their path. */
export type BotCalls = Readonly<
  Record<string, (bot: Bot, body: JsonObject, gone: AbortSignal) => JsonObject | Promise<JsonObject>>
>;

interface RouterParts {
  readonly tools: PlatformTools;
  readonly bots: Bots;
  readonly login: Login;
  readonly calls: BotCalls;
  /** What clients did otherwise than the official one; the newest last. */
  readonly violations: string[];
}

interface Call {
  readonly exchange: Exchange;
  readonly name: string;
  readonly text: string;
  readonly body: JsonObject;
  readonly bot: Bot | undefined;
  readonly gone: AbortSignal;
  readonly targets: readonly string[];
  readonly notes: string[];
}

/** `/ilink/bot/*`: login, polls, sends, and everything that can be made to go wrong with them. */
export function createIlinkRouter({ tools, bots, login, calls, violations }: RouterParts) {
  const { faults, clock, log } = tools;

  async function handle(exchange: Exchange): Promise<void> {
    const startedAt = performance.now();
    const name = exchange.path.slice(exchange.path.lastIndexOf("/") + 1);
    const text = exchange.method === "POST" ? (await readBody(exchange.request, MOST_BYTES)).toString("utf8") : "";
    const body = parseJsonObject(text === "" ? "{}" : text) ?? {};
    const left = new AbortController();
    exchange.response.on("close", () => left.abort());
    const bot = bots.byToken(bearerOf(exchange));
    const person = bot ? [bot.botId, bot.owner.id, bot.owner.name] : [];
    const call: Call = { exchange, name, text, body, bot, gone: left.signal, targets: [name, ...person], notes: [] };
    const broken = violationsOf(name, { method: exchange.method, headers: exchange.request.headers, body });
    violations.push(...broken);
    call.notes.push(...broken);
    const answer = await answerOf(call);
    log.add({
      kind: "request",
      atMs: clock.now(),
      method: exchange.method,
      path: exchange.path,
      query: exchange.query,
      body: text,
      status: exchange.response.headersSent ? exchange.response.statusCode : null,
      answer,
      durationMs: Math.round(performance.now() - startedAt),
      notes: call.notes,
    });
  }

  function take(call: Call, fault: string) {
    const hit = faults.take(fault, call.targets);
    if (hit) call.notes.push(`fault ${fault}`);
    return hit;
  }

  async function answerOf(call: Call): Promise<string> {
    const { response } = call.exchange;
    if (take(call, "ilink.hang")) {
      await new Promise<void>((resolve) => call.gone.addEventListener("abort", () => resolve(), { once: true }));
      return "";
    }
    if (take(call, "ilink.reset")) {
      response.destroy();
      return "";
    }
    const status = take(call, "ilink.http-status");
    if (status) {
      sendText(response, Number(status.value), "", "text/plain");
      return "";
    }
    const ret = take(call, "ilink.ret");
    return write(call, ret ? (ret.value as JsonObject) : await perform(call));
  }

  async function perform(call: Call): Promise<JsonObject> {
    const { name, body, exchange, bot, gone } = call;
    const { method, query, request } = exchange;
    if (name === "get_bot_qrcode") {
      if (query.get("bot_type") !== "3") return refusal(-1, "bot_type");
      const tokens = Array.isArray(body.local_token_list) ? body.local_token_list : [];
      const strings = tokens.filter((token): token is string => typeof token === "string");
      return login.start(Number(request.headers["ilink-app-clientversion"] ?? 0), strings);
    }
    if (name === "get_qrcode_status") {
      return login.status(query.get("qrcode") ?? "", query.get("verify_code") ?? undefined, gone);
    }
    const work = Object.hasOwn(calls, name) ? calls[name] : undefined;
    if (!work || method !== "POST") return refusal(-1, `there is no ${method} ${name}`);
    if (bot && take(call, "ilink.token-stale")) invalidate(bot);
    return bot?.valid ? work(bot, body, gone) : STALE;
  }

  async function write(call: Call, answer: JsonObject): Promise<string> {
    const { response } = call.exchange;
    if (call.gone.aborted) return "";
    const delay = take(call, "ilink.delay");
    if (delay) await wait(Number(delay.value));
    if (take(call, "ilink.reset-after")) {
      response.destroy();
      return "";
    }
    const omit = answer.ret === 0 && take(call, "ilink.omit-ret");
    const { ret: _ret, ...withoutRet } = answer;
    const stringIds = take(call, "ilink.string-ids") !== undefined;
    let text = toJson(omit ? withoutRet : answer, { stringIds });
    if (take(call, "ilink.empty-body")) text = "";
    if (take(call, "ilink.garbage")) text = "<html>busy</html>";
    const contentType = take(call, "ilink.octet-stream") ? "application/octet-stream" : "application/json";
    if (take(call, "ilink.stalled-body")) {
      response.writeHead(200, { "content-type": contentType, "content-length": Buffer.byteLength(text) });
      response.write(text.slice(0, text.length >> 1));
      await new Promise<void>((resolve) => call.gone.addEventListener("abort", () => resolve(), { once: true }));
      return text;
    }
    sendText(response, 200, text, contentType);
    return text;
  }

  return { handle };
}

function bearerOf({ request }: Exchange): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
}

/** The phone shows whether the bot's client is there. */
export const presence: BotCalls = {
  notifystart: (bot) => {
    bot.online = true;
    return { ...OK, errmsg: "" };
  },
  notifystop: (bot) => {
    bot.online = false;
    return { ...OK, errmsg: "" };
  },
};
