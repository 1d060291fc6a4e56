import { createAgentXmlChannel } from "@wxgate/wecom-agent-xml";
import { expect, it } from "vitest";
import { APP, appChannel } from "./bots.ts";
import { waitFor } from "./harness.ts";
import { startParts } from "./moved-clock.ts";

const MINUTE_MS = 60_000;
const MEMBER = "zhangsan";
type Options = Parameters<typeof createAgentXmlChannel>[1];

it("an app writes 25 messages a minute and 900 an hour to one member, and all 910 arrive", async () => {
  const { sim, channel, dispatcher, pass } = await startParts({
    channel: "app",
    create: (platforms, ports) => createAgentXmlChannel("app", appChannel(platforms) as unknown as Options, ports),
  });
  const items = () => sim.screen({ account: APP, user: MEMBER }).items;
  const shown = () => items().length;
  const to = await channel.target(MEMBER);
  for (let at = 1; at <= 910; at += 1) await dispatcher.send(to, [{ kind: "text", text: `${at}` }], "test");
  await waitFor(() => shown() === 25);

  await pass(35, MINUTE_MS, async () => {
    const before = shown();
    await waitFor(() => shown() === before + 25);
  });
  expect(shown()).toBe(900);
  const aMoment = () => new Promise((resolve) => setTimeout(resolve, 30));
  await pass(23, MINUTE_MS, aMoment);
  expect(shown()).toBe(900);
  await pass(2, MINUTE_MS, aMoment);
  await waitFor(() => shown() === 910);

  // What the platform drops silently would stand here as failed.
  expect(items().filter(({ state }) => state === "failed")).toEqual([]);
  expect(items().map(({ text }) => text)).toEqual(Array.from({ length: 910 }, (_, index) => `${index + 1}`));
});
