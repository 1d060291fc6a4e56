import type { AgentTools } from "@wxgate/agents";
import { RejectedError, type Turn } from "@wxgate/core";
import type { Caller } from "./tool.ts";
import type { Toolbox } from "./toolbox.ts";

const SKILLS =
  "Skills are instructions for one kind of work each. Before work of such a kind, read the one that fits with read_skill and follow it:";

/** The same tools for agents whose tool loop is ours. */
export function agentTools(toolbox: Toolbox, everywhere: () => readonly string[]): AgentTools {
  const callerOf = (turn: Turn): Caller => ({ kind: "turn", turn, everywhere: everywhere().includes(turn.agent) });
  return {
    async prompt(turn) {
      const skills = await toolbox.skills(callerOf(turn));
      if (skills.length === 0) return "";
      return [SKILLS, ...skills.map(({ name, description }) => `- ${name}: ${description}`)].join("\n");
    },
    async list(turn) {
      const offered = await toolbox.list(callerOf(turn));
      return offered.map(({ name, description, parameters }) => ({ name, description, parameters }));
    },
    async call(turn, name, args, signal) {
      const { text, failed } = await toolbox.call(name, args, { caller: callerOf(turn), signal });
      if (failed) throw new RejectedError(text, { code: "tool.failed" });
      return text;
    },
  };
}
