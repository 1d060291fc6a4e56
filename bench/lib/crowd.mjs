// People who write, and an agent that takes its time: how many conversations run beside each other, and who waits for whom?
import { setTimeout as wait } from "node:timers/promises";
import { quantile } from "./load.mjs";

export const AGENT_MS = 100;
const WARM_UP_MS = 2_000;
const MEASURED_MS = 4_000;
const STEADY_MEMBERS = 20;
const STEADY_MS = 6_000;
const ROUNDS = 5;

/** Answers each turn `AGENT_MS` later with `answer`, and not at all while it hangs for somebody. */
export function createSlowAgent(answer) {
  const hanging = [];
  const agent = {
    turns: 0,
    onTurn: () => {},
    hangsFor: undefined,
    respond({ sender, messages }, response) {
      agent.turns += 1;
      agent.onTurn(sender.id, messages);
      if (sender.id === agent.hangsFor) hanging.push(response);
      else setTimeout(() => answer(response), AGENT_MS);
    },
    release() {
      agent.hangsFor = undefined;
      for (const response of hanging.splice(0)) response.writeHead(204).end();
    },
  };
  return agent;
}

/**
 * The share of `count` / `AGENT_MS` turns a second that is reached when everybody writes again as soon as the agent has what
 * they wrote before.
 *
 * @param {{ agent: ReturnType<typeof createSlowAgent>, write(member: string): { id: string, stored: Promise<unknown> } }} world
 */
export async function shareOfTurns({ agent, write }, count) {
  agent.onTurn = (member) => write(member);
  for (let index = 0; index < count; index += 1) write(`member${index}`);
  await wait(WARM_UP_MS);
  const before = agent.turns;
  const startedAt = performance.now();
  await wait(MEASURED_MS);
  const perSecond = ((agent.turns - before) * 1000) / (performance.now() - startedAt);
  agent.onTurn = () => {};
  await wait(10 * AGENT_MS);
  return perSecond / (count * (1000 / AGENT_MS));
}

/** How late the latest per cent of others have their messages at the agent, without and beside a conversation that hangs. */
export async function besideOneThatHangs(world) {
  const without = [];
  const beside = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    without.push(...(await delays(world, false)));
    beside.push(...(await delays(world, true)));
  }
  const [withoutMs, besideMs] = [quantile(without, 0.99), quantile(beside, 0.99)];
  return { withoutMs, besideMs, ratio: besideMs / withoutMs };
}

/**
 * Milliseconds from the written message to the agent, for members who write now and then. One more writes beside the first of
 * them, whether the agent hangs for that one or not: what is compared is the hanging, not one message more.
 */
async function delays({ agent, write }, hangs) {
  const writtenAt = new Map();
  const found = [];
  agent.onTurn = (_member, messages) => {
    const at = performance.now();
    for (const { id } of messages) if (writtenAt.has(id)) found.push(at - writtenAt.get(id));
  };
  if (hangs) agent.hangsFor = "slow";
  await write("slow").stored;
  const until = performance.now() + STEADY_MS;
  async function steady(index) {
    // Not all at once: the end of such a crowd would be the latest per cent.
    await wait((index * 4 * AGENT_MS) / STEADY_MEMBERS);
    while (performance.now() < until) {
      const at = performance.now();
      const { id, stored } = write(`steady${index}`);
      writtenAt.set(id, at);
      await stored;
      if (index === 0) await write("slow").stored;
      await wait(3 * AGENT_MS + (index * AGENT_MS) / STEADY_MEMBERS);
    }
  }
  await Promise.all(Array.from({ length: STEADY_MEMBERS }, (_, index) => steady(index)));
  agent.onTurn = () => {};
  agent.release();
  await wait(10 * AGENT_MS);
  return found;
}
