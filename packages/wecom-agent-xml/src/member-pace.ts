import { type Clock, TransientError } from "@wxgate/core";
import { memberKey } from "@wxgate/wecom-target";
import { createByKey, createWindow } from "./window.ts";

/** Just below 30 and 1,000 to one member of one app, beyond which the platform drops silently. */
const PER_MINUTE = 29;
const PER_HOUR = 990;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Keeps below the platform's limits what the dispatcher's pace does not see: it counts pieces, and a file with a word about it
 * is two messages. Only this process counts; its limits lie above the dispatcher's, which all gateways share.
 */
export interface MemberPace {
  /** Counts so many messages to each of them, or none. @throws TransientError that says when there is room for all */
  count(members: readonly string[], messages: number): void;
}

export function createMemberPace(clock: Clock): MemberPace {
  const windowsOf = createByKey(
    () => ({ minute: createWindow(MINUTE_MS, PER_MINUTE), hour: createWindow(HOUR_MS, PER_HOUR) }),
    ({ hour }, now) => hour.isEmpty(now),
  );

  return {
    count(named, messages) {
      const now = clock.now();
      const windows = named
        .map((member) => windowsOf(memberKey(member), now))
        .flatMap(({ minute, hour }) => [minute, hour]);
      const freeAt = windows.reduce((latest, window) => Math.max(latest, window.freeAt(messages, now)), now);
      if (freeAt > now) throw paced(freeAt);
      for (const window of windows) window.add(messages, now);
    },
  };
}

function paced(freeAt: number): TransientError {
  return new TransientError("more messages to this member would be dropped silently by WeCom", {
    code: "wecom.member-paced",
    until: { at: new Date(freeAt) },
    sent: "no",
    hint: "It goes out when there is room again; see limits.",
  });
}
