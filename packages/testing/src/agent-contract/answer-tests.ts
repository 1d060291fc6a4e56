import { expect } from "vitest";
import { collectAnswer, sampleTurn } from "../agent-turn.ts";
import { type ContractTest, IDLE_MS, isVisible, never, SAID } from "./world.ts";

const LONG = "\u{957F}".repeat(35_000);
/** Generous for a busy machine, far below every time-out of an agent. */
const PROMPTLY_MS = 2_000;

/** What is said, how it arrives, and how it is stopped. */
export const answerTests: readonly ContractTest[] = [
  {
    plays: "answer",
    title: "answers a text",
    async run({ start }) {
      const { agent } = await start({ kind: "answer", text: SAID });

      const { text, error } = await collectAnswer(agent.respond(sampleTurn({ text: SAID }), never()));

      expect(error).toBeUndefined();
      expect(text).toContain(SAID);
    },
  },
  {
    plays: "answer",
    title: "keeps every character whole when bytes arrive one by one",
    async run({ start }) {
      const { agent } = await start({ kind: "answer", text: SAID, pieceBytes: 1 });

      const { text } = await collectAnswer(agent.respond(sampleTurn({ text: SAID }), never()));

      expect(text).toContain(SAID);
      expect(text).not.toContain("\uFFFD");
    },
  },
  {
    plays: "answer",
    title: "answers many turns at a time",
    async run({ start }) {
      const { agent } = await start({ kind: "answer", text: SAID });
      const turns = Array.from({ length: 8 }, (_, index) =>
        sampleTurn({ text: SAID, id: `trn_${index}`, session: `ses_${index}` }),
      );

      const answers = await Promise.all(turns.map((turn) => collectAnswer(agent.respond(turn, never()))));

      expect(answers.map(({ error }) => error)).toEqual(turns.map(() => undefined));
      for (const { text } of answers) expect(text).toContain(SAID);
    },
  },
  {
    plays: "answer",
    title: "says nothing when the turn was stopped before it began",
    async run({ start }) {
      const { agent } = await start({ kind: "answer", text: SAID });

      const { events } = await collectAnswer(agent.respond(sampleTurn({ text: SAID }), AbortSignal.abort()));

      expect(events).toEqual([]);
    },
  },
  {
    plays: "answer",
    title: "takes 100 KB in one piece",
    async run({ start }) {
      const { agent } = await start({ kind: "answer", text: LONG });

      const { text } = await collectAnswer(agent.respond(sampleTurn({ text: LONG }), never()));

      expect(text.endsWith(LONG)).toBe(true);
    },
  },
  {
    plays: "slow",
    title: "waits for an answer whose bytes come slowly",
    async run({ start }) {
      const { agent } = await start({ kind: "slow", text: SAID, pieces: 20, pauseMs: IDLE_MS / 15 });

      const { text, error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeUndefined();
      expect(text).toBe(SAID);
    },
  },
  {
    plays: "unknown",
    title: "passes over what the protocol may have one day",
    async run({ start }) {
      const { agent } = await start({ kind: "unknown", text: SAID });

      const { text, error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeUndefined();
      expect(text).toBe(SAID);
    },
  },
  {
    plays: "silent",
    title: "yields nothing the person could see when there is no answer",
    async run({ start }) {
      const { agent } = await start({ kind: "silent" });

      const { events, error } = await collectAnswer(agent.respond(sampleTurn({}), never()));

      expect(error).toBeUndefined();
      expect(events.filter(isVisible)).toEqual([]);
    },
  },
  {
    plays: "hang",
    title: "ends promptly when the turn is stopped in the middle of an answer",
    async run({ start }) {
      const { agent } = await start({ kind: "hang", text: "so far" });
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 100);
      const begun = Date.now();

      await collectAnswer(agent.respond(sampleTurn({}), stop.signal));

      expect(stop.signal.aborted).toBe(true);
      expect(Date.now() - begun).toBeLessThan(PROMPTLY_MS);
    },
  },
];
