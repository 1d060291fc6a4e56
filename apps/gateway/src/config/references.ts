import type { AgentType } from "../registry.ts";
import { type AccessGroups, unknownGroups } from "./access-groups.ts";
import type { CheckedAgents } from "./agents.ts";
import type { CheckedChannels } from "./channels.ts";
import type { CommonChannelKeys } from "./common.ts";
import type { ConfigDocument, KeyPath } from "./document.ts";
import { isMapping } from "./mapping.ts";
import type { ConfigProblem } from "./problems.ts";
import { nearest } from "./suggest.ts";

export interface CheckedReferences {
  readonly defaultAgent: string;
  readonly problems: readonly ConfigProblem[];
}

/** Names that must exist elsewhere in the file, and what only the whole file can tell. */
export function checkReferences(
  document: ConfigDocument,
  raw: Readonly<Record<string, unknown>>,
  checked: Pick<CheckedAgents, "names" | "value">,
  channels: CheckedChannels,
  types: ReadonlyMap<string, AgentType>,
): CheckedReferences {
  const agents = checked.names;
  const problems: ConfigProblem[] = [];
  const mustExist = (path: KeyPath, name: unknown, known: readonly string[], what: string) => {
    if (typeof name !== "string" || known.includes(name)) return;
    const suggestion = nearest(name, known);
    problems.push(document.problem(path, `there is no ${what} "${name}" in this file`, { suggestion }));
  };

  mustExist(["defaultAgent"], raw.defaultAgent, agents, "agent");
  for (const [index, binding] of (Array.isArray(raw.bindings) ? raw.bindings : []).entries()) {
    if (!isMapping(binding)) continue;
    mustExist(["bindings", index, "agent"], binding.agent, agents, "agent");
    mustExist(["bindings", index, "channel"], binding.channel, channels.names, "channel");
  }
  const everywhere = isMapping(raw.tools) ? raw.tools.everywhere : undefined;
  for (const [index, name] of (Array.isArray(everywhere) ? everywhere : []).entries()) {
    mustExist(["tools", "everywhere", index], name, agents, "agent");
  }
  problems.push(...fallbackProblems(document, raw.agents, mustExist));
  problems.push(...memoryProblems(document, checked, types, mustExist));
  for (const [id, { keys }] of Object.entries(channels.value)) {
    mustExist(["channels", id, "agent"], keys.agent, agents, "agent");
    const common = keys as CommonChannelKeys;
    for (const [index, name] of (common.commands.agents ?? []).entries()) {
      mustExist(["channels", id, "commands", "agents", index], name, agents, "agent");
    }
    problems.push(...groupProblems(document, ["channels", id], listsOf(common), raw.accessGroups));
    const others = channels.names.filter((name) => name !== id);
    mustExist(["channels", id, "fallback"], keys.fallback, others, "other channel");
  }

  const only = agents.length === 1 ? agents[0] : undefined;
  const chosen = typeof raw.defaultAgent === "string" ? raw.defaultAgent : only;
  const unanswered = Object.entries(channels.value).filter(([, { keys }]) => keys.agent === undefined);
  if (chosen === undefined && unanswered.length > 0) {
    const ids = unanswered.map(([id]) => id).join(", ");
    const message = `several agents are configured and none is the default, so nobody answers in ${ids}; write defaultAgent: ${agents[0]}`;
    problems.push(document.problem(["agents"], message, { atKey: true }));
  }
  problems.push(...adminProblems(document, raw), ...portProblems(document, raw));
  return { defaultAgent: chosen ?? agents[0] ?? "echo", problems };
}

/** Whoever shall write the summaries of an agent's memory must be able to. */
function memoryProblems(
  document: ConfigDocument,
  { names, value }: Pick<CheckedAgents, "names" | "value">,
  types: ReadonlyMap<string, AgentType>,
  mustExist: MustExist,
): readonly ConfigProblem[] {
  return Object.entries(value).flatMap(([name, { memory }]) => {
    if (!isMapping(memory) || memory.policy !== "summarize") return [];
    const path =
      memory.agent === undefined ? ["agents", name, "memory", "policy"] : ["agents", name, "memory", "agent"];
    const writer = typeof memory.agent === "string" ? memory.agent : name;
    mustExist(path, writer, names, "agent");
    const type = value[writer]?.type;
    if (type === undefined || types.get(type)?.summarizes === true) return [];
    const message = `"${writer}" is of type ${type}, which writes no summaries; name an agent that does, such as one of type openai`;
    return [document.problem(path, message)];
  });
}

type MustExist = (path: KeyPath, name: unknown, known: readonly string[], what: string) => void;

/** Agents that stand in for each other must exist, and must lead somewhere. */
function fallbackProblems(document: ConfigDocument, agents: unknown, mustExist: MustExist): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const standIns = new Map(
    Object.entries(isMapping(agents) ? agents : {}).map(([name, keys]) => [name, fallbackOf(keys)]),
  );
  const names = [...standIns.keys()];
  const isDone = new Set<string>();
  const follow = (name: string, way: readonly string[]) => {
    if (isDone.has(name)) return;
    for (const [index, next] of (standIns.get(name) ?? []).entries()) {
      const path = ["agents", name, "fallback", index];
      const round = [...way.slice(way.indexOf(next)), next];
      if (next === name) problems.push(document.problem(path, "an agent cannot stand in for itself"));
      else if (way.includes(next))
        problems.push(document.problem(path, `leads round in a circle: ${round.join(" → ")}`));
      else if (standIns.has(next)) follow(next, [...way, next]);
      else mustExist(path, next, names, "agent");
    }
    isDone.add(name);
  };
  for (const name of names) follow(name, [name]);
  return problems;
}

function fallbackOf(keys: unknown): readonly string[] {
  const list = isMapping(keys) && Array.isArray(keys.fallback) ? keys.fallback : [];
  return list.filter((name) => typeof name === "string");
}

/** Every list of people under a channel, by its path. */
function listsOf(keys: CommonChannelKeys): readonly [KeyPath, Names][] {
  const { allowFrom, groupAllowFrom, groups, commands, dynamicAgents } = keys;
  const custom = Object.entries(commands.custom).map(([name, command]): [KeyPath, Names] => [
    ["commands", "custom", name, "allowFrom"],
    typeof command === "string" ? undefined : command.allowFrom,
  ]);
  const members = Object.entries(groups).map(([group, own]): [KeyPath, Names] => [
    ["groups", group, "allowFrom"],
    own.allowFrom,
  ]);
  return [
    [["allowFrom"], allowFrom],
    [["groupAllowFrom"], groupAllowFrom],
    [["commands", "allowFrom"], commands.allowFrom],
    [["dynamicAgents", "adminUsers"], dynamicAgents.adminUsers],
    ...members,
    ...custom,
  ];
}
type Names = readonly string[] | undefined;

function groupProblems(
  document: ConfigDocument,
  base: KeyPath,
  lists: readonly [KeyPath, Names][],
  accessGroups: unknown,
): readonly ConfigProblem[] {
  const groups = (isMapping(accessGroups) ? accessGroups : {}) as AccessGroups;
  return lists.flatMap(([path, list]) =>
    unknownGroups(list ?? [], groups).map((entry) => {
      const suggestion = nearest(
        entry,
        Object.keys(groups).map((name) => `@${name}`),
      );
      return document.problem([...base, ...path], `there is no access group "${entry.slice(1)}" in this file`, {
        suggestion,
      });
    }),
  );
}

/** Hosts that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function adminProblems(document: ConfigDocument, raw: Readonly<Record<string, unknown>>): readonly ConfigProblem[] {
  const admin = isMapping(raw.admin) ? raw.admin : {};
  if (typeof admin.host !== "string" || isLoopback(admin.host) || admin.token !== undefined) return [];
  const message = `the admin server would be open to the network at ${admin.host}; set admin.token to a long random text, or use 127.0.0.1`;
  return [document.problem(["admin", "host"], message)];
}

function portProblems(document: ConfigDocument, raw: Readonly<Record<string, unknown>>): readonly ConfigProblem[] {
  const server = isMapping(raw.server) ? raw.server : {};
  const admin = isMapping(raw.admin) ? raw.admin : {};
  const port = server.port ?? 8787;
  if (port === 0 || port !== (admin.port ?? 8788)) return [];
  const at: KeyPath = admin.port === undefined ? ["server", "port"] : ["admin", "port"];
  return [document.problem(at, `both servers want port ${port}; give them different ones`)];
}
