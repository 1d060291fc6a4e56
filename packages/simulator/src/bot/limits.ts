import type { PlatformTools } from "../platform.ts";
import { refuse } from "./refusal.ts";
import type { Bot, Chat } from "./state.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const PER_MINUTE = 30;
const PER_HOUR = 1_000;

/** Counts one more, or refuses: 30 a minute and 1,000 an hour. @throws BotRefusal 45009 */
export function count(times: number[], now: number): void {
  while (times.length > 0 && (times[0] as number) <= now - HOUR_MS) times.shift();
  const inMinute = times.length - times.findIndex((time) => time > now - MINUTE_MS);
  const lastMinute = times.some((time) => time > now - MINUTE_MS) ? inMinute : 0;
  if (lastMinute >= PER_MINUTE || times.length >= PER_HOUR) refuse(45009);
  times.push(now);
}

export function createSendLimit({ clock, faults }: PlatformTools): (bot: Bot, chat: Chat) => void {
  return (bot, chat) => {
    if (faults.peek("bot.no-limits", [bot.options.botId])) return;
    count(chat.sends, clock.now());
  };
}
