import type { Address, Agent } from "@wxgate/core";
import type { Binding, ChannelSettings, DispatcherSettings } from "./settings.ts";

/** First binding that fits; then the channel's agent; then the default. */
export function chooseAgent(
  settings: DispatcherSettings,
  channel: ChannelSettings,
  conversation: Address,
): { readonly name: string; readonly agent: Agent } {
  const bound = settings.bindings.find((binding) => fits(binding, channel, conversation));
  const name = bound?.agent ?? channel.agent ?? settings.defaultAgent;
  const agent = settings.agents.get(name);
  if (agent === undefined)
    throw new Error(`no agent is called "${name}"; the configuration should not have been accepted`);
  return { name, agent };
}

function fits(binding: Binding, { channel }: ChannelSettings, conversation: Address): boolean {
  const key = channel.personKey ?? ((id: string) => id);
  if (binding.channel !== undefined && binding.channel !== conversation.channel) return false;
  if (binding.account !== undefined && binding.account !== conversation.account) return false;
  if (binding.group !== undefined && (conversation.kind !== "group" || binding.group !== conversation.peer))
    return false;
  if (binding.peer !== undefined && (conversation.kind !== "direct" || key(binding.peer) !== key(conversation.peer))) {
    return false;
  }
  return true;
}
