/** A command that is answered with an errcode. */
export class BotRefusal extends Error {
  readonly errcode: number;
  constructor(errcode: number, message: string) {
    super(message);
    this.name = "BotRefusal";
    this.errcode = errcode;
  }
}

const WORDS: Readonly<Record<number, string>> = {
  40007: "invalid media_id",
  40008: "invalid message type",
  40058: "invalid parameter",
  45009: "api freq out of limit",
  93000: "invalid response_code",
  93001: "chat has no bot",
  93006: "invalid chatid",
  93017: "empty content",
  846605: "invalid req_id",
  846608: "stream message update expired",
  846609: "aibot websocket not subscribed",
  850001: "bot authorisation expired",
  853000: "invalid bot_id or secret",
};

export function refuse(errcode: number, more = ""): never {
  throw new BotRefusal(errcode, (WORDS[errcode] ?? "refused") + (more === "" ? "" : `: ${more}`));
}

/** What follows a real refusal: the caller's address and a link. */
export function wordsOf({ errcode, message }: { errcode: number; message: string }): string {
  return `${message}, hint: [1700000000], from ip: 203.0.113.9, more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`;
}

export function wordsFor(errcode: number): string {
  return wordsOf({ errcode, message: WORDS[errcode] ?? "system error" });
}
