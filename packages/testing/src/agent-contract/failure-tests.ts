import { AuthenticationError, ChannelError, TransientError } from "@wxgate/core";
import { expect } from "vitest";
import { collectAnswer, sampleTurn } from "../agent-turn.ts";
import { type ContractTest, isVisible, never } from "./world.ts";

/** The back-end falls silent, breaks off, or says what it should not. */
export const failureTests: readonly ContractTest[] = [
  {
    plays: "stall",
    title: "asks to be tried again when the back-end is silent for too long",
    async run({ start }) {
      const { agent } = await start({ kind: "stall", text: "so far" });

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toMatchObject({ name: "TransientError", code: "agent.timeout" });
    },
  },
  {
    plays: "break",
    title: "asks to be tried again when the answer breaks off",
    async run({ start }) {
      const { agent } = await start({ kind: "break", text: "half of it" });

      const { error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(TransientError);
    },
  },
  {
    plays: "fail",
    title: "asks to be tried again when the back-end fails in the middle of its answer",
    async run({ start }) {
      const { agent } = await start({ kind: "fail", text: "half of it", problem: "worker died" });

      const { text, error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(TransientError);
      expect(text).not.toContain("worker died");
    },
  },
  {
    plays: "garbage",
    title: "reports garbage as an error and never shows it",
    async run({ start }) {
      const { agent } = await start({ kind: "garbage" });

      const { error, events } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeInstanceOf(ChannelError);
      expect(error).not.toBeInstanceOf(AuthenticationError);
      expect(events.filter(isVisible)).toEqual([]);
    },
  },
];
