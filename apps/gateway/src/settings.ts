import type { Agent, Channel } from "@wxgate/core";
import type { ChannelSettings, CustomCommand, DispatcherSettings, SessionReset } from "@wxgate/dispatcher";
import { type AccessGroups, expandGroups } from "./config/access-groups.ts";
import { agentKeys } from "./config/agent-keys.ts";
import type { CommonChannelKeys } from "./config/common.ts";
import type { ChannelConfig, GatewayConfig } from "./config/schema.ts";
import { noticesOf } from "./config/sentences.ts";

/** What the dispatcher obeys: the configuration's words around the channels and agents that run. */
export function dispatcherSettings(
  config: GatewayConfig,
  channels: ReadonlyMap<string, Channel>,
  agents: ReadonlyMap<string, Agent>,
): DispatcherSettings {
  const { concurrency, turnTimeoutMs, turnRetryMs, mediaGraceMs, longReply, deferHours } = config.dispatch;
  const settings = new Map<string, ChannelSettings>();
  for (const [id, channel] of channels) {
    const entry = config.channels[id];
    if (entry) settings.set(id, channelSettings(channel, entry, config));
  }
  return {
    channels: settings,
    agents,
    fallbacks: new Map(Object.entries(config.agents).map(([name, agent]) => [name, agentKeys(agent).fallback])),
    defaultAgent: config.defaultAgent,
    bindings: config.bindings,
    concurrency,
    turnTimeoutMs,
    turnRetryMs,
    mediaGraceMs,
    longReply,
    deferHours,
  };
}

function channelSettings(channel: Channel, entry: ChannelConfig, config: GatewayConfig): ChannelSettings {
  const keys = commonKeys(entry);
  const { agent, session, language } = keys;
  return {
    channel,
    ...(agent !== undefined && { agent }),
    ...accessSettings(keys, config.accessGroups),
    language,
    // A channel's own schema may allow more than a sentence here; what is more, it says itself.
    ...(typeof keys.welcomeText === "string" && { welcomeText: keys.welcomeText }),
    session,
    ...(keys.sessionReset && { sessionReset: definedOf(keys.sessionReset) }),
    ...(keys.replyDelay && { replyDelay: keys.replyDelay }),
    ...(keys.longReply && { longReply: keys.longReply }),
    ...(keys.fallback !== undefined && { fallback: keys.fallback }),
    notices: noticesOf(language, config.dispatch.notices, keys.notices),
  };
}

type AccessSettings = Pick<
  ChannelSettings,
  "dmPolicy" | "allowFrom" | "groupPolicy" | "groupAllowFrom" | "groups" | "commands" | "dynamicAgents"
>;

/** Who may do what, with the members of access groups in the place of their names. */
function accessSettings(keys: CommonChannelKeys, accessGroups: AccessGroups): AccessSettings {
  const people = (list: readonly string[]) => expandGroups(list, accessGroups);
  const { agents, custom } = keys.commands;
  return {
    dmPolicy: keys.dmPolicy,
    allowFrom: people(keys.allowFrom),
    groupPolicy: keys.groupPolicy,
    groupAllowFrom: people(keys.groupAllowFrom),
    dynamicAgents: { ...keys.dynamicAgents, adminUsers: people(keys.dynamicAgents.adminUsers) },
    groups: mapValues(keys.groups, ({ allowFrom, requireMention }) => ({
      ...(allowFrom && { allowFrom: people(allowFrom) }),
      ...(requireMention !== undefined && { requireMention }),
    })),
    commands: {
      ...(keys.commands.allowFrom && { allowFrom: people(keys.commands.allowFrom) }),
      ...(agents && { agents }),
      custom: mapValues(custom, (command) => customCommand(command, people)),
    },
  };
}

type CustomKeys = CommonChannelKeys["commands"]["custom"][string];

function customCommand(command: CustomKeys, people: (list: readonly string[]) => readonly string[]): CustomCommand {
  if (typeof command === "string") return { content: [{ kind: "text", text: command }] };
  const { content, allowFrom } = command;
  return { content, ...(allowFrom && { allowFrom: people(allowFrom) }) };
}

/** Without keys that were left out. */
function definedOf({ idleMinutes, dailyAt, timeZone }: NonNullable<CommonChannelKeys["sessionReset"]>): SessionReset {
  return {
    ...(idleMinutes !== undefined && { idleMinutes }),
    ...(dailyAt !== undefined && { dailyAt }),
    ...(timeZone !== undefined && { timeZone }),
  };
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

/** The keys every channel has; the configuration put them there. */
export function commonKeys({ keys }: ChannelConfig): CommonChannelKeys {
  return keys as CommonChannelKeys;
}

/** Where a channel's callbacks arrive. */
export function pathsOf(id: string, config: ChannelConfig): readonly string[] {
  const { path = `/webhooks/${id}` } = commonKeys(config);
  return typeof path === "string" ? [path] : path;
}
