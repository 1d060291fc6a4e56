import type { Address, Agent, Channel, Store } from "@wxgate/core";
import type { Binding, ChannelSettings, DispatcherSettings } from "./settings.ts";

/** Where the dispatcher keeps what it knows of lanes; no channel's id begins like this. */
export const LANES = "_lanes";

export interface ChosenAgent {
  readonly name: string;
  readonly agent: Agent;
  /** A binding is there for this conversation, whatever `/agent` said after it. */
  readonly isBound: boolean;
}

/** What `/agent` said; then the first binding that fits; then the channel's agent; then the default. */
export function chooseAgent(
  settings: DispatcherSettings,
  channel: ChannelSettings,
  conversation: Address,
  switchedTo?: string,
): ChosenAgent {
  const bound = bindingFor(settings, channel.channel, conversation)?.agent;
  const name = switchedTo ?? bound ?? channel.agent ?? settings.defaultAgent;
  const agent = settings.agents.get(name);
  if (agent === undefined)
    throw new Error(`no agent is called "${name}"; the configuration should not have been accepted`);
  return { name, agent, isBound: bound !== undefined };
}

export function bindingFor(
  { bindings }: Pick<DispatcherSettings, "bindings">,
  channel: Pick<Channel, "personKey">,
  conversation: Address,
): Binding | undefined {
  return bindings.find((binding) => fits(binding, channel, conversation));
}

/** The agents `/agent` may choose from here. Where anybody may write, none that the operator did not name. */
export function switchableAgents(
  settings: DispatcherSettings,
  { commands, dmPolicy }: ChannelSettings,
  conversation: Address,
): readonly string[] {
  if (commands.agents !== undefined) return commands.agents.filter((name) => settings.agents.has(name));
  const areKnown = commands.allowFrom !== undefined || (conversation.kind === "direct" && dmPolicy !== "open");
  return areKnown ? [...settings.agents.keys()] : [];
}

/** What `/agent` chose for a lane, until `/new`. */
export interface AgentSwitch {
  get(lane: string): Promise<string | undefined>;
  set(lane: string, name: string): Promise<void>;
  clear(lane: string): Promise<void>;
}

export function agentSwitch(store: Store): AgentSwitch {
  const state = store.state(LANES);
  const keyOf = (lane: string) => `agent|${lane}`;
  return {
    async get(lane) {
      const name = await state.get(keyOf(lane));
      return typeof name === "string" ? name : undefined;
    },
    set: (lane, name) => state.set(keyOf(lane), name),
    clear: (lane) => state.delete(keyOf(lane)),
  };
}

/** The agent for this conversation now; a switch to one that is gone or not allowed any more counts no longer. */
export async function currentAgent(
  store: Store,
  settings: DispatcherSettings,
  channel: ChannelSettings,
  { conversation, lane }: { readonly conversation: Address; readonly lane: string },
): Promise<ChosenAgent> {
  const possible = switchableAgents(settings, channel, conversation);
  const switched = possible.length === 0 ? undefined : await agentSwitch(store).get(lane);
  const isPossible = switched !== undefined && possible.includes(switched);
  return chooseAgent(settings, channel, conversation, isPossible ? switched : undefined);
}

function fits(binding: Binding, channel: Pick<Channel, "personKey">, conversation: Address): boolean {
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
