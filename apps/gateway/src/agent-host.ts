import { isDeepStrictEqual } from "node:util";
import { type AgentPorts, type AgentStanding, guardAgent } from "@wxgate/agents";
import type { Agent, Logger, SummaryRequest, Turn } from "@wxgate/core";
import { agentKeys } from "./config/agent-keys.ts";
import type { AgentConfig } from "./config/schema.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { traceAgent } from "./observe/traces.ts";
import { type AgentType, loadTypes, type Registry, type Types } from "./registry.ts";

interface Hosted {
  readonly config: AgentConfig;
  readonly agent: Agent;
  readonly turns: InFlight;
  /** Absent where nothing watches it. */
  readonly standing?: () => AgentStanding;
}

/** The configured agents. A replaced one is closed when its last turn has ended. */
export interface AgentHost {
  agents(): ReadonlyMap<string, Agent>;
  /** How those that rest after failures are. */
  standings(): ReadonlyMap<string, AgentStanding>;
  /** Makes what is new or changed; nothing that runs is touched. */
  prepare(configs: Readonly<Record<string, AgentConfig>>): Promise<PreparedAgents>;
  close(): Promise<void>;
}

interface PreparedAgents {
  /** Names of those that are new, changed or gone. */
  readonly changed: readonly string[];
  /** Puts them in the place of the old ones. */
  commit(): void;
  /** Drops them. */
  abandon(): Promise<void>;
}

export function createAgentHost(
  registered: Registry["agents"],
  portsOf: (name: string) => AgentPorts,
  decorate: (agent: Agent) => Agent,
  log: Logger,
): AgentHost {
  let hosted: ReadonlyMap<string, Hosted> = new Map();

  async function create(name: string, config: AgentConfig, types: Types<AgentType>): Promise<Hosted> {
    const type = types.loaded.get(config.type);
    if (!type) throw new Error(`there is no agent type "${config.type}"`);
    const turns = createInFlight();
    const ports = portsOf(name);
    const made = decorate(await type.create(name, config, ports));
    const { breaker } = agentKeys(config);
    if (breaker === undefined) return { config, agent: counted(traceAgent(name, made), turns), turns };
    const { agent, standing } = await guardAgent(name, made, breaker, ports);
    return { config, agent: counted(traceAgent(name, agent), turns), turns, standing };
  }

  async function retire(name: string, { agent, turns }: Hosted): Promise<void> {
    await turns.idle();
    await agent
      .close?.()
      .catch((error: unknown) => log.error({ err: error, agent: name }, "agent could not be closed"));
  }

  return {
    agents: () => new Map([...hosted].map(([name, { agent }]) => [name, agent])),
    standings: () => new Map([...hosted].flatMap(([name, { standing }]) => (standing ? [[name, standing()]] : []))),
    async prepare(configs) {
      const types = await loadTypes(
        registered,
        Object.values(configs).map(({ type }) => type),
      );
      const next = new Map<string, Hosted>();
      const fresh: [string, Hosted][] = [];
      const abandon = async () => {
        await Promise.all(fresh.map(([name, entry]) => retire(name, entry)));
      };
      try {
        for (const [name, config] of Object.entries(configs)) {
          const current = hosted.get(name);
          const kept = current && isDeepStrictEqual(current.config, config) ? current : undefined;
          const entry = kept ?? (await create(name, config, types));
          if (!kept) fresh.push([name, entry]);
          next.set(name, entry);
        }
      } catch (error) {
        await abandon();
        throw error;
      }
      const gone = [...hosted].filter(([name, entry]) => next.get(name) !== entry);
      return {
        changed: [...new Set([...fresh, ...gone].map(([name]) => name))],
        abandon,
        commit() {
          hosted = next;
          for (const [name, entry] of gone) void retire(name, entry);
        },
      };
    },
    async close() {
      await Promise.all([...hosted].map(([name, entry]) => retire(name, entry)));
    },
  };
}

function counted(agent: Agent, turns: InFlight): Agent {
  async function* respond(turn: Turn, signal: AbortSignal) {
    turns.enter();
    try {
      yield* agent.respond(turn, signal);
    } finally {
      turns.leave();
    }
  }
  const write = agent.summarize?.bind(agent);
  async function summarize(summary: SummaryRequest, signal: AbortSignal, by: NonNullable<typeof write>) {
    turns.enter();
    try {
      return await by(summary, signal);
    } finally {
      turns.leave();
    }
  }
  return { ...agent, respond, ...(write && { summarize: (request, signal) => summarize(request, signal, write) }) };
}
