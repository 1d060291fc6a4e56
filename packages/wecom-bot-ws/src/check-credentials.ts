import { AuthenticationError, type ChannelPorts, TransientError } from "@wxgate/core";
import { DEFAULT_URL } from "./config.ts";
import { BOT_ERRCODES, ERR_CREDENTIALS, ERR_FREQUENCY } from "./errors.ts";
import { runSession } from "./session.ts";
import { type Connect, createWsConnect } from "./socket.ts";

export interface CheckBotOptions {
  readonly ports: Pick<ChannelPorts, "clock" | "log" | "openSocket">;
  /** In place of `ws`. */
  readonly connect?: Connect;
}

/**
 * Subscribes once and hangs up: whether the platform takes Bot ID and Secret. It takes the connection from whoever has it,
 * so this is for setting up, not for looking at a bot that works.
 *
 * @throws AuthenticationError when they are wrong; TransientError when that cannot be told now; the signal's reason
 */
export async function checkBotCredentials(
  { botId, secret, url = DEFAULT_URL }: { readonly botId: string; readonly secret: string; readonly url?: string },
  { ports, connect = createWsConnect({ openSocket: ports.openSocket }) }: CheckBotOptions,
  signal: AbortSignal,
): Promise<void> {
  const { why, reason, subscribed } = await runSession(
    {
      url,
      connect,
      credentials: { botId, secret },
      clock: ports.clock,
      log: ports.log,
      newReqId: (cmd) => `${cmd}_check`,
      onReady: (session) => session.end("stopped", "it was a check"),
      // Before the gateway runs nothing may be taken; what comes in this moment stays unanswered.
      onCallback: () => {},
    },
    signal,
  );
  signal.throwIfAborted();
  if (subscribed) return;
  if (why === "bad-credentials")
    throw new AuthenticationError(reason, wordsOf(ERR_CREDENTIALS, "wecom-bot.bad-credentials"));
  if (why === "too-frequent") throw new TransientError(reason, wordsOf(ERR_FREQUENCY, "wecom-bot.rate-limited"));
  throw new TransientError(`the bot's server does not answer as it should: ${reason}`, {
    code: "wecom-bot.not-connected",
    hint: "Check the address, the network and the proxy.",
  });
}

function wordsOf(errcode: number, code: string) {
  const hint = BOT_ERRCODES[errcode]?.hint;
  return { code, platformCode: errcode, ...(hint === undefined ? {} : { hint }) };
}
