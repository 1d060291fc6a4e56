import { type Address, RejectedError } from "@wxgate/core";
import { parseWecomTarget } from "./target.ts";

/**
 * Finds whom "zhangsan", "user:zhangsan" or "group:wr…" means. Departments and tags are found too: the bot cannot write to
 * them, the app named in `fallback` can.
 */
export function createBotTarget(channel: string, account: string) {
  return function target(text: string): Address {
    const { to, id } = parseWecomTarget(text);
    switch (to) {
      case "chat":
        return { channel, account, kind: "group", peer: id };
      case "party":
      case "tag":
        return { channel, account, kind: "audience", peer: `${to}:${id}` };
      case "user":
        if (id === "@all" || id.includes("|")) throw several(id);
        return { channel, account, kind: "direct", peer: id };
      default:
        return to satisfies never;
    }
  };
}

function several(id: string): RejectedError {
  return new RejectedError(`a bot writes to one member at a time, not to "${id.slice(0, 80)}"; write user:zhangsan`, {
    code: "wecom.bad-target",
    hint: "Send to several by a wecom-agent-xml channel.",
  });
}
