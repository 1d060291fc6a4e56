import { numberOf } from "../faults.ts";
import type { PlatformTools } from "../platform.ts";
import type { Member } from "./directory.ts";
import { createDayLimit, createSlidingLimit } from "./span-limit.ts";
import type { App, Chat } from "./state.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How much the platform lets through to group chats; everything beyond it is dropped without a word. */
export interface ChatLimits {
  /** Counts one message to a chat. Answers with the members who do not get it. */
  missedBy(app: App, chat: Chat): ReadonlySet<Member>;
  clear(): void;
}

export function createChatLimits({ clock, faults }: Pick<PlatformTools, "clock" | "faults">): ChatLimits {
  const corpMinute = createSlidingLimit(clock.now, MINUTE_MS);
  const corpHour = createSlidingLimit(clock.now, HOUR_MS);
  const memberMinute = createSlidingLimit(clock.now, MINUTE_MS);
  const memberDay = createDayLimit(clock.now);

  function mostNow(app: App, chat: Chat) {
    const targets = [app.corp.corpId, app.account, chat.chatId];
    const most = (name: string, usual: number) => {
      const fault = faults.take(`app.chat.${name}`, targets);
      return fault ? numberOf(fault) : usual;
    };
    return {
      corpMinute: most("corp-per-minute", 20_000),
      corpHour: most("corp-per-hour", 300_000),
      memberMinute: most("per-minute", 200),
      memberDay: most("per-day", 10_000),
    };
  }

  return {
    missedBy(app, chat) {
      const most = mostNow(app, chat);
      const { corpId } = app.corp;
      const receivers = chat.members.size;
      const fits =
        corpMinute.hasRoom(corpId, receivers, most.corpMinute) && corpHour.hasRoom(corpId, receivers, most.corpHour);
      if (!fits) return new Set(chat.members);
      for (const limit of [corpMinute, corpHour]) limit.count(corpId, receivers);
      const missed = new Set<Member>();
      for (const member of chat.members) {
        // Over all chats of the app, not over those of the whole corp.
        const key = `${corpId} ${app.account} ${member.userId}`;
        if (memberMinute.hasRoom(key, 1, most.memberMinute) && memberDay.hasRoom(key, 1, most.memberDay)) {
          for (const limit of [memberMinute, memberDay]) limit.count(key, 1);
        } else missed.add(member);
      }
      return missed;
    },
    clear() {
      for (const limit of [corpMinute, corpHour, memberMinute, memberDay]) limit.clear();
    },
  };
}
