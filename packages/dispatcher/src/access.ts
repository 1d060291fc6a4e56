import type { Address, Sender } from "@wxgate/core";
import type { ChannelSettings } from "./settings.ts";

export type AccessDecision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

const ALLOWED: AccessDecision = { allowed: true };
const denied = (reason: string): AccessDecision => ({ allowed: false, reason });

/** May this person be heard here? Asked before any download, command or agent. */
export function decideAccess(
  settings: ChannelSettings,
  conversation: Address,
  sender: Sender,
  paired: boolean,
): AccessDecision {
  if (conversation.kind === "group") return decideGroup(settings, conversation.peer, sender);
  switch (settings.dmPolicy) {
    case "open":
      return ALLOWED;
    case "disabled":
      return denied("dmPolicy is disabled");
    case "allowlist":
      return lists(settings, settings.allowFrom, sender.id) ? ALLOWED : denied("not in allowFrom");
    case "pairing":
      return paired || lists(settings, settings.allowFrom, sender.id) ? ALLOWED : denied("not paired");
    default:
      return settings.dmPolicy satisfies never;
  }
}

function decideGroup(settings: ChannelSettings, group: string, sender: Sender): AccessDecision {
  if (settings.groupPolicy === "disabled") return denied("groupPolicy is disabled");
  const own = settings.groups[group];
  if (settings.groupPolicy === "allowlist" && own === undefined && !lists(settings, settings.groupAllowFrom, group)) {
    return denied("the group is not in groupAllowFrom");
  }
  const senders = own?.allowFrom ?? settings.groups["*"]?.allowFrom;
  if (senders !== undefined && !lists(settings, senders, sender.id)) {
    return denied("not in the allowFrom of this group");
  }
  return ALLOWED;
}

export function mayCommand(settings: ChannelSettings, sender: Sender): boolean {
  const allowed = settings.commands.allowFrom;
  return allowed === undefined || lists(settings, allowed, sender.id);
}

/** Prefixes that people write before ids, from the configurations they bring along. */
const PREFIX = /^(?:wecom|wechat-kf|weixin|openclaw-weixin|user|group|chat):/i;

function lists(settings: ChannelSettings, list: readonly string[], id: string): boolean {
  const key = settings.channel.personKey ?? ((text: string) => text);
  const wanted = key(id);
  return list.some((entry) => entry === "*" || key(stripPrefixes(entry.trim())) === wanted);
}

function stripPrefixes(entry: string): string {
  let text = entry;
  while (PREFIX.test(text)) text = text.replace(PREFIX, "");
  return text;
}
