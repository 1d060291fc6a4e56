// Does a message cost more where many people are known than where few are?
import { median } from "./load.mjs";

const LANES = 5;
/** Getting to know many people may go faster. */
const MOST_LANES = 50;
const SLICE = 250;
const WARM_UP_SLICES = 2;
const ROUNDS = 7;

/** Answers at once, and tells who was answered. */
export function createQuickAgent(answer) {
  const waiting = new Map();
  return {
    /** Resolves when this person's turn is answered. */
    answered: (person) => new Promise((resolve) => waiting.set(person, resolve)),
    respond({ sender }, response) {
      answer(response);
      waiting.get(sender.id)?.();
      waiting.delete(sender.id);
    },
  };
}

/**
 * Microseconds of CPU per message with turn, of two gateways that take turns: one where `few`, one where `many` wrote before.
 *
 * @param {(agent: object) => Promise<{ agent: object, cpu(): Promise<{ cpuMs: number }>, write(person: string): object, stop(): Promise<void> }>} open
 */
export async function comparePopulations({ open, answer, few, many }) {
  const worlds = [];
  for (const people of [few, many]) {
    const world = await open(createQuickAgent(answer));
    await exchange(world, { count: people, people, lanes: Math.min(people, MOST_LANES) });
    worlds.push({ world, people, costs: [] });
  }
  for (let round = -WARM_UP_SLICES; round < ROUNDS; round += 1) {
    for (const { world, people, costs } of round % 2 === 0 ? worlds : worlds.toReversed()) {
      const before = await world.cpu();
      await exchange(world, { count: SLICE, people, lanes: LANES });
      const after = await world.cpu();
      if (round >= 0) costs.push(((after.cpuMs - before.cpuMs) * 1000) / SLICE);
    }
  }
  for (const { world } of worlds) await world.stop();
  const [low, high] = worlds.map(({ costs }) => costs);
  return {
    ratio: median(high.map((cost, round) => cost / low[round])),
    fewUs: median(low),
    manyUs: median(high),
  };
}

/** Each lane writes as its own people, one after the other: the next when the one before is answered. */
async function exchange({ agent, write }, { count, people, lanes }) {
  const own = people / lanes;
  async function lane(number) {
    for (let index = 0; index < count / lanes; index += 1) {
      const person = `person${number * own + (index % own)}`;
      const answer = agent.answered(person);
      await write(person).stored;
      await answer;
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
}
