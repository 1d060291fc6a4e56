import type { createSendLimit } from "../bot/limits.ts";
import { BotRefusal, refuse, wordsOf } from "../bot/refusal.ts";
import { type BotScreen, CONTENT_BYTES } from "../bot/screen.ts";
import type { Chat } from "../bot/state.ts";
import { type Exchange, readBody, sendJson } from "../http-io.ts";
import { randomId } from "../ids.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import type { HookBot } from "./state.ts";

/** Where a bot answers a message for an hour, once. */
export const RESPONSE_PREFIX = "/cgi-bin/aibot/response";

const LIFETIME_MS = 3_600_000;
const MOST_BODY_BYTES = 1024 * 1024;

export interface ResponseUrls {
  /** A fresh address for one callback. */
  offer(owner: HookBot, chat: Chat): string | undefined;
  handle(exchange: Exchange): Promise<void>;
}

export function createResponseUrls(
  tools: PlatformTools,
  {
    owners,
    screen,
    limit,
  }: { owners: readonly HookBot[]; screen: BotScreen; limit: ReturnType<typeof createSendLimit> },
): ResponseUrls {
  const { clock, faults, log, baseUrl } = tools;

  function take(code: string, body: JsonObject): HookBot {
    const owner = owners.find(({ codes }) => codes.has(code));
    const found = owner?.codes.get(code);
    if (owner === undefined || found === undefined) refuse(93000, "unknown");
    if (found.used) refuse(93000, "used before");
    // Whatever comes of it.
    found.used = true;
    if (clock.now() - found.at > LIFETIME_MS) refuse(93000, "expired");
    const hit = faults.take("bot.response-url.errcode", [owner.options.botId]);
    if (hit) refuse(Number(hit.value ?? 45009));
    if (body.msgtype !== "markdown" && body.msgtype !== "template_card") refuse(40008);
    if (body.msgtype === "template_card" && found.chat.kind === "group") refuse(40008, "no cards in groups");
    limit(owner.bot, found.chat);
    screen.post(owner.bot, found.chat, body, "response_url", CONTENT_BYTES);
    return owner;
  }

  function answerTo(code: string, text: string): { answer: JsonObject; owner?: HookBot } {
    try {
      const body: unknown = JSON.parse(text);
      if (!isJsonObject(body)) refuse(40058, "no JSON object");
      return { answer: { errcode: 0, errmsg: "ok" }, owner: take(code, body) };
    } catch (error) {
      if (error instanceof BotRefusal) return { answer: { errcode: error.errcode, errmsg: wordsOf(error) } };
      if (error instanceof SyntaxError) return { answer: { errcode: 40058, errmsg: "wrong json format" } };
      throw error;
    }
  }

  return {
    offer(owner, chat) {
      if (faults.peek("bot.response-url.none", [owner.options.botId])) return undefined;
      const code = randomId("", 24);
      owner.codes.set(code, { chat, at: clock.now(), used: false });
      return `${baseUrl()}${RESPONSE_PREFIX}?response_code=${code}`;
    },
    async handle({ request, response, query, method }) {
      const atMs = clock.now();
      const body = (await readBody(request, MOST_BODY_BYTES)).toString();
      const { answer, owner } = answerTo(query.get("response_code") ?? "", body);
      log.add({
        kind: "request",
        atMs,
        method,
        path: RESPONSE_PREFIX,
        query,
        body,
        status: 200,
        answer: JSON.stringify(answer),
        durationMs: clock.now() - atMs,
        notes: [],
      });
      if (owner && faults.take("bot.response-url.lost", [owner.options.botId])) {
        response.destroy();
        return;
      }
      sendJson(response, 200, answer);
    },
  };
}
