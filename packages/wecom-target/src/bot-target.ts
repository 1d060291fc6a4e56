import { type Address, RejectedError } from "@wxgate/core";
import { parseWecomTarget } from "./target.ts";

/**
 * Finds whom "zhangsan", "user:zhangsan" or "group:wr…" means. Departments, tags and several members are refused: the bot
 * cannot write to them, the app named in `fallback` can.
 */
export function createBotTarget(channel: string, account: string) {
  return function target(text: string): Address {
    const { to, id } = parseWecomTarget(text);
    switch (to) {
      case "chat":
        return { channel, account, kind: "group", peer: id };
      case "party":
      case "tag":
        throw noAudience(`${to}:${id}`);
      case "user":
        if (id === "@all" || id.includes("|")) throw noAudience(id);
        return { channel, account, kind: "direct", peer: id };
      default:
        return to satisfies never;
    }
  };
}

function noAudience(target: string): RejectedError {
  return new RejectedError(
    `a bot writes to one member or group at a time, not to "${target.slice(0, 80)}"; write user:zhangsan`,
    {
      code: "wecom-bot.no-audience",
      hint: "Name a wecom-agent-xml channel in `fallback`: the app can write to departments, tags and several members.",
    },
  );
}
