import type { Fetch, OpenSocket } from "@wxgate/core";
import { checkCredentials } from "@wxgate/wecom-api";
import { checkBotCredentials } from "@wxgate/wecom-bot-ws";
import { checkIlinkPlatform } from "@wxgate/weixin-ilink";
import { systemClock } from "../ports/clock.ts";
import { createLogger } from "../ports/logger.ts";
import { systemRandom } from "../ports/random.ts";

/** Asks WeCom for a token with these credentials. @throws ChannelError with cause and cure when it refuses. */
export async function checkCorpSecret(
  app: { readonly corpId: string; readonly secret: string; readonly apiBaseUrl?: string },
  fetch: Fetch,
  signal: AbortSignal,
): Promise<void> {
  await checkCredentials({ ...app, fetch, clock: systemClock, random: systemRandom }, signal);
}

/** Asks WeCom for the bot's long connection and gives it back. @throws ChannelError with cause and cure when it refuses. */
export async function checkBot(
  bot: { readonly botId: string; readonly secret: string; readonly url?: string },
  openSocket: OpenSocket,
  signal: AbortSignal,
): Promise<void> {
  const ports = { clock: systemClock, log: createLogger("error", process.stderr), openSocket };
  await checkBotCredentials(bot, { ports }, signal);
}

/** Asks iLink for a code to sign in with. @throws ChannelError with cause and cure when it does not answer. */
export async function checkIlink(baseUrl: string | undefined, fetch: Fetch, signal: AbortSignal): Promise<void> {
  const options = { type: "weixin-ilink" as const, ...(baseUrl !== undefined && { baseUrl }) };
  await checkIlinkPlatform(options, { fetch, clock: systemClock, random: systemRandom }, signal);
}
