import type { Agent, Channel } from "@wxgate/core";
import type { ChannelSettings, DispatcherSettings } from "@wxgate/dispatcher";
import type { CommonChannelKeys } from "./config/common.ts";
import type { ChannelConfig, GatewayConfig } from "./config/schema.ts";
import { noticesOf } from "./config/sentences.ts";

/** What the dispatcher obeys: the configuration's words around the channels and agents that run. */
export function dispatcherSettings(
  config: GatewayConfig,
  channels: ReadonlyMap<string, Channel>,
  agents: ReadonlyMap<string, Agent>,
): DispatcherSettings {
  const { concurrency, turnTimeoutMs, mediaGraceMs, longReply, deferHours } = config.dispatch;
  const settings = new Map<string, ChannelSettings>();
  for (const [id, channel] of channels) {
    const entry = config.channels[id];
    if (entry) settings.set(id, channelSettings(channel, entry, config));
  }
  return {
    channels: settings,
    agents,
    defaultAgent: config.defaultAgent,
    bindings: config.bindings,
    concurrency,
    turnTimeoutMs,
    mediaGraceMs,
    longReply,
    deferHours,
  };
}

function channelSettings(channel: Channel, entry: ChannelConfig, config: GatewayConfig): ChannelSettings {
  const keys = commonKeys(entry);
  const { agent, dmPolicy, allowFrom, groupPolicy, groupAllowFrom, groups, commands, session } = keys;
  return {
    channel,
    ...(agent !== undefined && { agent }),
    dmPolicy,
    allowFrom,
    groupPolicy,
    groupAllowFrom,
    groups,
    commands,
    // A channel's own schema may allow more than a sentence here; what is more, it says itself.
    ...(typeof keys.welcomeText === "string" && { welcomeText: keys.welcomeText }),
    session,
    ...(keys.replyDelay && { replyDelay: keys.replyDelay }),
    ...(keys.longReply && { longReply: keys.longReply }),
    ...(keys.fallback !== undefined && { fallback: keys.fallback }),
    notices: noticesOf(keys.language, config.dispatch.notices, keys.notices),
  };
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
