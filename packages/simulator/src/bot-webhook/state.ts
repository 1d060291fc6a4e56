import { type Bot, type Chat, createBot, resetBot, type Stream } from "../bot/state.ts";
import type { CallbackEndpoint } from "../callbacks.ts";
import { decodeAesKey } from "../crypto.ts";
import type { Corp } from "../qyapi/corps.ts";
import type { BotWebhookOptions } from "./options.ts";

/** An address that takes one message. */
export interface ResponseCode {
  readonly chat: Chat;
  readonly at: number;
  used: boolean;
}

/** A bubble the platform asks for. */
export interface Asked {
  readonly stream: Stream;
  readonly chat: Chat;
  readonly user: string;
  /** When the member's message came. */
  readonly since: number;
}

/** What both ways of connecting have in common, and what callbacks add. */
export interface HookBot {
  readonly options: BotWebhookOptions;
  readonly bot: Bot;
  readonly endpoint: CallbackEndpoint;
  readonly codes: Map<string, ResponseCode>;
  /** By stream id. */
  readonly asked: Map<string, Asked>;
}

export function createHookBot(corp: Corp, options: BotWebhookOptions): HookBot {
  const { botId, name, token, encodingAESKey, receiveId = "", callbackUrl } = options;
  return {
    options,
    bot: createBot(corp, { botId, name, secret: "" }),
    endpoint: {
      keys: { token, encodingAESKey, receiveId },
      aesKey: decodeAesKey(encodingAESKey),
      targets: [corp.corpId, botId],
      url: callbackUrl,
      deliveries: [],
    },
    codes: new Map(),
    asked: new Map(),
  };
}

export function resetHookBot({ bot, codes, asked, endpoint }: HookBot): void {
  resetBot(bot);
  codes.clear();
  asked.clear();
  endpoint.deliveries.length = 0;
}
