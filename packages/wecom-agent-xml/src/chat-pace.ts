import { type ChannelPorts, TransientError } from "@wxgate/core";
import { memberKey } from "@wxgate/wecom-target";
import type { AgentApi } from "./api.ts";
import type { AgentXmlConfig } from "./config.ts";
import { createByKey, createWindow } from "./window.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MEMBERS_GOOD_FOR_MS = HOUR_MS;

/**
 * Keeps messages to group chats below the platform's limits, beyond which it drops them silently: messages of all groups
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
  /** By the key of their id. Of a chat that could never be read, itself: somebody is in it. */
  members: readonly string[];
  goodUntil: number;
}

export function createChatPace({ limits, api, ports }: PaceOptions): ChatPace {
  const { clock, log } = ports;
  const everybody = {
    minute: createWindow(MINUTE_MS, limits.receiversPerMinute),
    hour: createWindow(HOUR_MS, limits.receiversPerHour),
  };
  const windowsOf = createByKey(
    () => ({ minute: createWindow(MINUTE_MS, limits.perMinute), day: createWindow(DAY_MS, limits.perDay) }),
    ({ day }, now) => day.isEmpty(now),
  );
  const chatOf = createByKey<Chat>(
    () => ({ members: [], goodUntil: 0 }),
    ({ goodUntil }, now) => goodUntil <= now,
  );

  /** What is wrong with the chat is for the message to find out; without its members, those last known must do. */
  async function read(chatId: string, chat: Chat, signal: AbortSignal): Promise<void> {
    try {
      chat.members = (await api.getChat(chatId, signal)).members.map(memberKey);
      chat.goodUntil = clock.now() + MEMBERS_GOOD_FOR_MS;
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, chat: chatId }, "who is in a group chat could not be read");
      chat.goodUntil = clock.now() + MINUTE_MS;
    }
    if (chat.members.length === 0) chat.members = [`chat:${chatId}`];
  }

  return {
    async wait(chatId, signal) {
      const chat = chatOf(chatId, clock.now());
      if (chat.goodUntil <= clock.now()) await read(chatId, chat, signal);
      const { members } = chat;
      const now = clock.now();
      const own = members.map((member) => windowsOf(member, now)).flatMap(({ minute, day }) => [minute, day]);
      const shared = [everybody.minute, everybody.hour];
      let freeAt = now;
      for (const window of own) freeAt = Math.max(freeAt, window.freeAt(1, now));
      for (const window of shared) freeAt = Math.max(freeAt, window.freeAt(members.length, now));
      if (freeAt > now) throw paced(freeAt);
      for (const window of own) window.add(1, now);
      for (const window of shared) window.add(members.length, now);
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
