import type { Address, Channel, InboundMessage, Sender, Store } from "@wxgate/core";
import type { Command } from "./commands.ts";
import { wasNoticed } from "./notice.ts";
import type { Pairing } from "./pairing.ts";
import type { ChannelSettings, GroupSettings } from "./settings.ts";

export type AccessDecision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly reason: string;
      /** The operator may still let this person in, by a code. */
      readonly mayPair?: true;
    };

const ALLOWED: AccessDecision = { allowed: true };
const denied = (reason: string): AccessDecision => ({ allowed: false, reason });

/** May this person be heard here? Asked before any download, command, agent or sign of typing. */
export async function admit(
  settings: ChannelSettings,
  conversation: Address,
  sender: Sender,
  pairing: Pick<Pairing, "isPaired">,
): Promise<AccessDecision> {
  const decision = decideAccess(settings, conversation, sender, false);
  if (decision.allowed || decision.mayPair !== true) return decision;
  return (await pairing.isPaired(settings.channel, sender)) ? ALLOWED : decision;
}

/** Is this person refused, and not even told so? Asked before the message is stored: its own turn may be the one that tells. */
export async function isIgnored(
  settings: ChannelSettings,
  { from, sender }: Pick<InboundMessage, "from" | "sender">,
  { store, pairing }: { readonly store: Store; readonly pairing: Pick<Pairing, "isPaired" | "hasCodeFor"> },
): Promise<boolean> {
  const { channel, notices } = settings;
  const decision = decideAccess(settings, from, sender, false);
  if (decision.allowed) return false;
  if (decision.mayPair !== true) {
    return notices.denied === "" || wasNoticed(store, { channel, conversation: from, sender });
  }
  if (await pairing.isPaired(channel, sender)) return false;
  return notices.pairing === "" || !(await pairing.hasCodeFor(channel, sender));
}

/** What configuration and pairing say of this person. */
export function decideAccess(
  settings: ChannelSettings,
  conversation: Address,
  sender: Sender,
  paired: boolean,
): AccessDecision {
  if (conversation.kind === "group") return decideGroup(settings, conversation.peer, sender);
  // The person who signed in stays welcome when others are named; "disabled" is meant for them, too.
  if (settings.dmPolicy !== "disabled" && settings.channel.vouchesFor?.(conversation, sender) === true) return ALLOWED;
  switch (settings.dmPolicy) {
    case "open":
      return ALLOWED;
    case "disabled":
      return denied("dmPolicy is disabled");
    case "allowlist":
      return lists(settings, settings.allowFrom, sender.id) ? ALLOWED : denied("not in allowFrom");
    case "pairing":
      if (paired || lists(settings, settings.allowFrom, sender.id)) return ALLOWED;
      return { allowed: false, reason: "not paired", mayPair: true };
    default:
      return settings.dmPolicy satisfies never;
  }
}

function decideGroup(settings: ChannelSettings, group: string, sender: Sender): AccessDecision {
  if (settings.groupPolicy === "disabled") return denied("groupPolicy is disabled");
  const own = groupSettings(settings, group);
  if (settings.groupPolicy === "allowlist" && own === undefined && !lists(settings, settings.groupAllowFrom, group)) {
    return denied("the group is not in groupAllowFrom");
  }
  const senders = own?.allowFrom ?? groupSettings(settings, "*")?.allowFrom;
  if (senders !== undefined && !lists(settings, senders, sender.id)) {
    return denied("not in the allowFrom of this group");
  }
  return ALLOWED;
}

/** Is this group message kept only, because nobody spoke to us? Where a channel does not tell, everybody did. */
export function isOverheard(
  settings: Pick<ChannelSettings, "groups">,
  { from, mentioned }: Pick<InboundMessage, "from" | "mentioned">,
): boolean {
  if (from.kind !== "group" || mentioned !== false) return false;
  const own = groupSettings(settings, from.peer)?.requireMention;
  return own ?? groupSettings(settings, "*")?.requireMention ?? false;
}

function groupSettings({ groups }: Pick<ChannelSettings, "groups">, group: string): GroupSettings | undefined {
  return Object.hasOwn(groups, group) ? groups[group] : undefined;
}

/** Asked after `admit`. A keyword that asks for a human is the channel's offer to everybody it hears. */
export function mayCommand(settings: ChannelSettings, sender: Sender, command: Command): boolean {
  if (command.name === "human" && command.byKeyword === true) return true;
  const own = command.name === "custom" ? command.custom.allowFrom : undefined;
  const allowed = own ?? settings.commands.allowFrom;
  return allowed === undefined || lists(settings, allowed, sender.id);
}

/** Prefixes that people write before ids, from the configurations they bring along. */
const PREFIX = /^(?:wecom|wechat-kf|kf|weixin|openclaw-weixin|user|group|chat):/i;

/** Is this id in the list, as the platform compares ids? */
export function lists(
  settings: { readonly channel: Pick<Channel, "personKey"> },
  list: readonly string[],
  id: string,
): boolean {
  const key = settings.channel.personKey ?? ((text: string) => text);
  const wanted = key(id);
  return list.some((entry) => entry === "*" || key(stripPrefixes(entry.trim())) === wanted);
}

function stripPrefixes(entry: string): string {
  let text = entry;
  while (PREFIX.test(text)) text = text.replace(PREFIX, "");
  return text;
}
