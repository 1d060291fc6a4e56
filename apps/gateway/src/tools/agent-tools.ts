import type { AgentTools } from "@wxgate/agents";
import { RejectedError, type Turn } from "@wxgate/core";
import type { Caller } from "./tool.ts";
import type { Toolbox } from "./toolbox.ts";

/** The same tools for agents whose tool loop is ours. */
export function agentTools(toolbox: Toolbox, everywhere: () => readonly string[]): AgentTools {
  const callerOf = (turn: Turn): Caller => ({ kind: "turn", turn, everywhere: everywhere().includes(turn.agent) });
  return {
    async list(turn) {
      return toolbox
        .list(callerOf(turn))
        .map(({ name, description, parameters }) => ({ name, description, parameters }));
    },
    async call(turn, name, args, signal) {
      const { text, failed } = await toolbox.call(name, args, { caller: callerOf(turn), signal });
      if (failed) throw new RejectedError(text, { code: "tool.failed" });
      return text;
    },
  };
}
