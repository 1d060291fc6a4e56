import { type ChannelPorts, TransientError } from "@wxgate/core";
import type { AgentApi } from "./api.ts";
import type { AgentXmlConfig } from "./config.ts";
import { createByKey, createWindow, type Window } from "./window.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SIZE_GOOD_FOR_MS = HOUR_MS;

/**
 * Keeps messages to group chats below the platform's limits, beyond which it drops them silently: messages of one group
 * for each member, and messages times members of all groups.
 */
export interface ChatPace {
  /**
   * Counts one message to this chat.
   *
   * @throws TransientError that says when there is room again
   */
  wait(chatId: string, signal: AbortSignal): Promise<void>;
}

interface PaceOptions {
  readonly limits: AgentXmlConfig["groupLimits"];
  readonly api: Pick<AgentApi, "getChat">;
  readonly ports: Pick<ChannelPorts, "clock" | "log">;
}

interface Chat {
  readonly minute: Window;
  readonly day: Window;
  size: number;
  sizeUntil: number;
}

export function createChatPace({ limits, api, ports }: PaceOptions): ChatPace {
  const { clock, log } = ports;
  const minute = createWindow(MINUTE_MS, limits.receiversPerMinute);
  const hour = createWindow(HOUR_MS, limits.receiversPerHour);

  const chatOf = createByKey<Chat>(
    () => ({
      minute: createWindow(MINUTE_MS, limits.perMinute),
      day: createWindow(DAY_MS, limits.perDay),
      size: 1,
      sizeUntil: 0,
    }),
    ({ day }, now) => day.isEmpty(now),
  );

  /** What is wrong with the chat is for the message to find out; without its size, the last one known must do. */
  async function measure(chatId: string, chat: Chat, signal: AbortSignal): Promise<void> {
    try {
      chat.size = Math.max(1, (await api.getChat(chatId, signal)).members.length);
      chat.sizeUntil = clock.now() + SIZE_GOOD_FOR_MS;
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, chat: chatId }, "how many are in a group chat could not be read");
      chat.sizeUntil = clock.now() + MINUTE_MS;
    }
  }

  return {
    async wait(chatId, signal) {
      const chat = chatOf(chatId, clock.now());
      if (chat.sizeUntil <= clock.now()) await measure(chatId, chat, signal);
      const now = clock.now();
      const counts = [
        [chat.minute, 1],
        [chat.day, 1],
        [minute, chat.size],
        [hour, chat.size],
      ] as const;
      const freeAt = Math.max(...counts.map(([window, amount]) => window.freeAt(amount, now)));
      if (freeAt > now) throw paced(freeAt);
      for (const [window, amount] of counts) window.add(amount, now);
    },
  };
}

function paced(freeAt: number): TransientError {
  return new TransientError("more messages to group chats would be dropped silently by WeCom", {
    code: "wecom.group-paced",
    until: { at: new Date(freeAt) },
    hint: "It goes out when there is room again; see groupLimits.",
  });
}
