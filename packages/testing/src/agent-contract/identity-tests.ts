import { expect } from "vitest";
import { collectAnswer, sampleTurn } from "../agent-turn.ts";
import { type ContractTest, never, SAID } from "./world.ts";

/** What the back-end can tell a repeat by. */
export const identityTests: readonly ContractTest[] = [
  {
    plays: "answer",
    title: "hands on the same turn id on every attempt, and another for another turn",
    async run({ start, options }) {
      const { agent, requests } = await start({ kind: "answer", text: SAID });

      for (const [id, attempt] of [["trn_one", 1] as const, ["trn_one", 2] as const, ["trn_two", 1] as const]) {
        await collectAnswer(agent.respond(sampleTurn({ id, attempt }), never()));
      }

      const ids = requests().map((request) => options.turnIdIn?.(request));
      expect(ids.filter((id) => id !== undefined)).toEqual(["trn_one", "trn_one", "trn_two"]);
    },
  },
];
