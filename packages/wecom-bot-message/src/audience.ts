import { type Address, RejectedError } from "@wxgate/core";

/** @throws RejectedError for a department, a tag or everybody: whoever writes to a bot is a member or a group */
export function refuseAudience({ kind, peer }: Address): void {
  if (kind !== "audience") return;
  throw new RejectedError(`a bot cannot write to ${peer}: it knows members and groups only`, {
    code: "wecom-bot.no-audience",
    hint: "Name a wecom-agent-xml channel in `fallback`; the app can write to departments and tags.",
  });
}
