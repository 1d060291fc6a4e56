import type { ClaimedTurn, OutboundContent } from "@wxgate/core";
import { agentSwitch, currentAgent, switchableAgents } from "./choose-agent.ts";
import { commandSentences } from "./command-sentences.ts";
import type { Command } from "./commands.ts";
import type { ChannelSettings, DispatcherPorts, DispatcherSettings } from "./settings.ts";
import type { Skill, SkillChoice } from "./skills.ts";

export interface RunCommandOptions {
  readonly ports: Pick<DispatcherPorts, "store" | "skills">;
  readonly skills: SkillChoice;
  readonly settings: DispatcherSettings;
  readonly channel: ChannelSettings;
  /** Aborts turns that run in this process. */
  stopTurns(turnIds: readonly string[]): void;
}

/** Does what a command says; the answer to show. */
export async function runCommand(
  command: Command,
  turn: ClaimedTurn,
  options: RunCommandOptions,
): Promise<readonly OutboundContent[]> {
  const { channel, stopTurns, skills } = options;
  const { store } = options.ports;
  const words = commandSentences(channel.language);
  switch (command.name) {
    case "help":
      return plain(await helpText(turn, options));
    case "stop": {
      const stopped = await store.cancelTurns(turn.lane);
      stopTurns(stopped);
      return plain(stopped.length > 0 ? words.stopped : words.nothingRuns);
    }
    case "new": {
      stopTurns(await store.cancelTurns(turn.lane));
      await store.newSession(turn.lane);
      await agentSwitch(store).clear(turn.lane);
      await skills.clear(turn.lane);
      return plain(words.newSession);
    }
    case "status":
      return plain(await statusText(turn, options));
    case "whoami":
      return plain(whoamiText(turn, options));
    case "agent":
      return plain(await switchAgent(command.argument, turn, options));
    case "skill":
      return plain(await chooseSkill(command.argument, turn, options));
    case "human":
      return [{ kind: "handoff" }];
    case "custom":
      return command.custom.content;
    default:
      return command satisfies never;
  }
}

/** Also the answer to what was a command when it arrived and is none any more. */
export async function helpText(turn: ClaimedTurn, options: RunCommandOptions): Promise<string> {
  const { settings, channel } = options;
  const agents = switchableAgents(settings, channel, turn.conversation).length > 1;
  const skills = (await skillsHere(turn, options)).length > 0;
  return commandSentences(channel.language).help({ agents, skills }, Object.keys(channel.commands.custom ?? {}));
}

async function statusText(
  turn: ClaimedTurn,
  { ports: { store }, settings, channel }: RunCommandOptions,
): Promise<string> {
  const words = commandSentences(channel.language);
  const [servedBy, quota, { name }] = await Promise.all([
    store.servedBy(turn.conversation),
    store.quota(turn.conversation),
    currentAgent(store, settings, channel, turn),
  ]);
  const server = servedBy === "human" ? words.servedByHuman : words.servedByAgent(name);
  return [server, words.waiting(quota.waiting), words.session(turn.session)].join("\n");
}

function whoamiText({ conversation, messages }: ClaimedTurn, { channel }: RunCommandOptions): string {
  const words = commandSentences(channel.language);
  const sender = messages[0]?.message.sender;
  return [
    ...(sender?.name === undefined ? [] : [sender.name]),
    sender?.id ?? "",
    words.channel(conversation.channel),
    ...(conversation.kind === "group" ? [words.group(conversation.peer)] : []),
  ].join("\n");
}

async function switchAgent(argument: string, turn: ClaimedTurn, options: RunCommandOptions): Promise<string> {
  const { settings, channel } = options;
  const { store } = options.ports;
  const words = commandSentences(channel.language);
  const names = switchableAgents(settings, channel, turn.conversation);
  if (names.length === 0) return channel.notices.commandDenied;
  const { name: current } = await currentAgent(store, settings, channel, turn);
  if (argument === "") {
    return words.agentNow(
      current,
      names.filter((name) => name !== current),
    );
  }
  const wanted = names.find((name) => name === argument) ?? names.find((name) => sameWord(name, argument));
  if (wanted === undefined) return words.noSuchAgent(names);
  await agentSwitch(store).set(turn.lane, wanted);
  return words.agentSwitched(wanted);
}

async function skillsHere(turn: ClaimedTurn, options: RunCommandOptions): Promise<readonly Skill[]> {
  const { ports, settings, channel } = options;
  const sender = turn.messages[0]?.message.sender;
  if (sender === undefined || ports.skills === undefined) return [];
  const { name: agent } = await currentAgent(ports.store, settings, channel, turn);
  return ports.skills({ agent, conversation: turn.conversation, sender });
}

const NO_SKILL: ReadonlySet<string> = new Set(["off", "none", "关闭", "无"]);

async function chooseSkill(argument: string, turn: ClaimedTurn, options: RunCommandOptions): Promise<string> {
  const { channel, skills } = options;
  const words = commandSentences(channel.language);
  const offered = await skillsHere(turn, options);
  if (offered.length === 0) return words.noSkills;
  if (argument === "") return words.skillNow(await skills.get(turn.lane), offered);
  if (NO_SKILL.has(argument.toLowerCase())) {
    await skills.clear(turn.lane);
    return words.skillOff;
  }
  const wanted = offered.find(({ name }) => sameWord(name, argument));
  if (wanted === undefined) return words.noSuchSkill(offered.map(({ name }) => name));
  await skills.set(turn.lane, wanted.name);
  return words.skillOn(wanted.name);
}

function sameWord(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function plain(text: string): readonly OutboundContent[] {
  return text === "" ? [] : [{ kind: "text", text, format: "plain" }];
}
