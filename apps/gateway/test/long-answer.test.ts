import type { Agent } from "@wxgate/core";
import { createWecomBotWsChannel } from "@wxgate/wecom-bot-ws";
import { expect, it } from "vitest";
import { botChannel, connected, LONG_BOT, phoneOf } from "./bots.ts";
import { waitFor } from "./harness.ts";
import { startParts } from "./moved-clock.ts";

const MINUTE_MS = 60_000;
/** Claims and the connection are renewed in between, as in real time. */
const STEP_MS = 3_000;

const startBot = (agent: Agent) =>
  startParts({
    channel: "helper",
    agent,
    turnTimeoutMs: 15 * MINUTE_MS,
    create: (platforms, ports) =>
      createWecomBotWsChannel(
        "helper",
        botChannel(platforms) as unknown as Parameters<typeof createWecomBotWsChannel>[1],
        ports,
      ),
  });
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 40));

it("a picture that comes while the agent works for six minutes is there when its turn comes", async () => {
  let answer = () => {};
  const seen: unknown[] = [];
  const agent: Agent = {
    async *respond({ messages }) {
      seen.push(messages.map(({ content }) => content));
      if (seen.length === 1) await new Promise<void>((resolve) => (answer = resolve));
      yield { kind: "text-delta", text: `answer ${seen.length}` };
    },
  };
  const { sim, pass } = await startBot(agent);
  await connected({ sim });
  await sim.send({ account: LONG_BOT, from: "anna", content: [{ kind: "text", text: "tell me" }] });
  await waitFor(() => seen.length === 1);
  await sim.send({ account: LONG_BOT, from: "anna", content: [{ kind: "image" }] });

  await pass((6 * MINUTE_MS) / STEP_MS, STEP_MS, aMoment);
  answer();
  await waitFor(() => seen.length === 2);

  expect(seen[1]).toMatchObject([[{ kind: "image", media: { mime: "image/png", id: expect.any(String) } }]]);
}, 60_000);

it("an agent that takes 12 minutes gets its answer to the member, in a bubble that is finished, and so is every other", async () => {
  let answer = () => {};
  const agent: Agent = {
    async *respond() {
      yield { kind: "text-delta", text: "I look it up. " };
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      yield { kind: "text-delta", text: "Here it is." };
    },
  };
  const { sim, pass } = await startBot(agent);
  await connected({ sim });
  const bubbles = () => phoneOf({ sim }, LONG_BOT, "anna").answers();
  await sim.send({ account: LONG_BOT, from: "anna", content: [{ kind: "text", text: "tell me" }] });
  await waitFor(() => bubbles().some(({ text }) => text?.includes("I look it up.")));

  await pass((12 * MINUTE_MS) / STEP_MS, STEP_MS, aMoment);
  answer();
  await waitFor(() => bubbles().at(-1)?.text === "I look it up. Here it is.");
  await waitFor(() => bubbles().every(({ spinning }) => spinning === false));

  expect(bubbles().map(({ finishes }) => finishes)).toEqual([1, 1, 1]);
  expect(bubbles().filter(({ text }) => text?.includes("Here it is."))).toHaveLength(1);
});
