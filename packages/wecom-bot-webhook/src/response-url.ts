import {
  type ChannelPorts,
  isObject,
  numberField,
  RejectedError,
  TransientError,
  textField,
  withTimeLimit,
} from "@wxgate/core";
import type { BotBody } from "@wxgate/wecom-bot-message";
import type { WecomBotWebhookConfig } from "./config.ts";

/** Posts to the address that came with a message. The address opens the conversation: it stands in no log and no error. */
export interface ResponseUrls {
  isAllowed(url: string): boolean;
  /** @throws TransientError, RejectedError; `sent: "no"` with code `unreachable` alone leaves the address unused */
  post(url: string, body: BotBody, signal: AbortSignal): Promise<void>;
}

export const UNREACHABLE = "wecom-bot.unreachable";
const TENCENT = "https://qyapi.weixin.qq.com";
const LIMIT_MS = 15_000;
const MOST_ANSWER_BYTES = 64 * 1024;
/** The content is wrong, whichever way it goes. */
const WRONG_CONTENT = new Set([40008, 40058, 44004, 45002, 93017]);

export function createResponseUrls(
  { apiBaseUrl }: Pick<WecomBotWebhookConfig, "apiBaseUrl">,
  { fetch, clock }: Pick<ChannelPorts, "fetch" | "clock">,
): ResponseUrls {
  const origins = new Set([TENCENT, new URL(apiBaseUrl).origin]);
  const isAllowed = (url: string) => URL.canParse(url) && origins.has(new URL(url).origin);

  async function exchange(url: string, body: BotBody, signal: AbortSignal): Promise<string> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal,
    });
    const text = await readSome(response);
    if (response.ok) return text;
    throw new TransientError(`WeCom answered the response_url with HTTP status ${response.status}`, {
      code: "wecom-bot.http-status",
      sent: response.status < 500 ? "no" : "unknown",
    });
  }

  return {
    isAllowed,
    async post(url, body, signal) {
      if (!isAllowed(url)) {
        throw new RejectedError("the response_url is no address of WeCom's", { code: "wecom-bot.response-url-host" });
      }
      try {
        checkAnswer(await withTimeLimit(clock, LIMIT_MS, signal, (limit) => exchange(url, body, limit)));
      } catch (error) {
        throw error instanceof TransientError || error instanceof RejectedError ? error : brokenOff(error);
      }
    },
  };
}

/** HTTP 200 does not mean success. */
function checkAnswer(text: string): void {
  const answer = parse(text);
  if (answer === undefined) {
    throw new TransientError("WeCom's answer to the response_url is no JSON", {
      code: "wecom-bot.bad-answer",
      sent: "unknown",
    });
  }
  const errcode = numberField(answer, "errcode") ?? 0;
  if (errcode === 0) return;
  const reason = (textField(answer, "errmsg") ?? "no reason given").replace(
    /,?\s*(?:hint:|from ip:|more info at).*$/is,
    "",
  );
  const message = `WeCom refused the response_url: ${reason.replace(/https?:\/\/\S+/g, "…")} (errcode ${errcode})`;
  if (WRONG_CONTENT.has(errcode)) {
    throw new RejectedError(message, { code: "wecom-bot.refused", platformCode: errcode });
  }
  throw new TransientError(message, {
    code: "wecom-bot.response-url-refused",
    platformCode: errcode,
    sent: "no",
    hint: "An address takes one message within an hour; the answer waits for the member's next message.",
  });
}

/** The words of the failure may hold the address: only the system's name of it is kept. */
function brokenOff(error: unknown): TransientError {
  const { sent, code, cause } = error as { sent?: unknown; code?: unknown; cause?: { code?: unknown } };
  const word = [cause?.code, code].find((candidate) => typeof candidate === "string") ?? "the connection failed";
  return new TransientError(`WeCom's response_url could not be reached: ${word}`, {
    code: sent === "no" ? UNREACHABLE : "wecom-bot.no-answer",
    sent: sent === "no" ? "no" : "unknown",
    hint: "Check this machine's network, DNS and proxy (egressProxyUrl).",
  });
}

async function readSome(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    parts.push(part);
    total += part.length;
    if (total > MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(parts).toString("utf8", 0, MOST_ANSWER_BYTES);
}

function parse(text: string) {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
