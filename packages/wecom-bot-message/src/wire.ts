import { type JsonObject, textField } from "@wxgate/core";

/*
 * The bot's shapes. Names of the wire (`msgtype`, `chatid`) are known here and in the parsing files, nowhere else. Fields
 * are read one by one and leniently: one odd field must not cost a message.
 * https://developer.work.weixin.qq.com/document/path/100719
 */

/** What a parsed message is addressed with. */
export interface BotContext {
  readonly channel: string;
  /** The bot's id. */
  readonly account: string;
  /** The name members see and mention; without it only a mention at the very start is taken off. */
  readonly botName?: string | undefined;
  /** Milliseconds since 1970; stands for a missing `create_time`, and begins the 5 s of an event's answer. */
  readonly receivedAt: number;
}

/** The bot a callback is for; undefined where it does not say. */
export function botOf(body: JsonObject): string | undefined {
  return textField(body, "aibotid");
}
