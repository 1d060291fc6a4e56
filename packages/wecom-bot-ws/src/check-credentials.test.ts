import { AuthenticationError, TransientError } from "@wxgate/core";
import { createTestPorts } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { checkBotCredentials } from "./check-credentials.ts";
import { BOT, fakePlatform, SECRET } from "./test-support/fake-platform.ts";

async function check(setUp: (platform: ReturnType<typeof fakePlatform>) => void) {
  const { ports, clock } = createTestPorts();
  const platform = fakePlatform(clock.now);
  setUp(platform);
  const outcome = checkBotCredentials(
    { botId: BOT, secret: SECRET },
    { ports, connect: platform.connect },
    new AbortController().signal,
  );
  return {
    platform,
    error: await outcome.then(
      () => undefined,
      (error: unknown) => error,
    ),
  };
}

describe("the check of a bot's credentials", () => {
  it("subscribes once and sends nothing else", async () => {
    const { platform, error } = await check(() => {});

    expect(error).toBeUndefined();
    expect(platform.frames.map(({ cmd }) => cmd)).toEqual(["aibot_subscribe"]);
  });

  it("says that they are wrong, and what to copy", async () => {
    const { error } = await check((platform) => (platform.answer = () => 853_000));

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ code: "wecom-bot.bad-credentials", hint: expect.stringContaining("Copy Bot ID") });
  });

  it.each([
    ["the platform wants a rest", (platform: ReturnType<typeof fakePlatform>) => (platform.answer = () => 45_009)],
    ["nobody answers", (platform: ReturnType<typeof fakePlatform>) => (platform.open = false)],
  ])("says that it cannot be told now when %s", async (_, setUp) => {
    const { error } = await check(setUp);

    expect(error).toBeInstanceOf(TransientError);
    expect(String(error)).not.toContain(SECRET);
  });
});
