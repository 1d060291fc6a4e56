import type { Agent, Turn } from "@wxgate/core";
import { z } from "zod";
import type { AgentType } from "./agent-type.ts";
import { describeContent } from "./turn/describe.ts";

export const echoConfigSchema = z.strictObject({
  type: z.literal("echo").describe("Repeats what was said: shows that the way there and back works."),
  prefix: z.string().default("You said: ").describe("Stands before what was said."),
});
export type EchoAgentConfig = z.output<typeof echoConfigSchema>;

/** Answers with what was said, word by word: shows that the way there and back works. */
export function createEchoAgent(_name: string, config: EchoAgentConfig): Agent {
  return {
    capabilities: { history: true },
    async *respond(turn, signal) {
      const said = sayings(turn);
      if (said === "") return;
      for (const text of words(config.prefix + said)) {
        signal.throwIfAborted();
        yield { kind: "text-delta", text };
      }
    },
  };
}

export const echoAgent: AgentType<typeof echoConfigSchema> = {
  type: "echo",
  schema: echoConfigSchema,
  create: createEchoAgent,
};

function sayings(turn: Turn): string {
  return turn.messages.flatMap(({ content }) => content.map(describeContent)).join("\n");
}

/** Each with the white space before it; joined they are `text` again. */
function* words(text: string): Generator<string> {
  yield* text.match(/\s*\S+|\s+$/g) ?? [];
}
