import { describe, expect, it } from "vitest";
import { PERSON, said, startIlink, TO } from "./test-support/start-ilink.ts";

async function withPeople(...people: readonly string[]) {
  const h = startIlink();
  h.brings(...people.map((person, index) => said(`${index}`, { from_user_id: person })));
  const work = h.run();
  await h.clock.advance(10);
  await work.stop();
  return h;
}

describe("whom an id means", () => {
  it.each([
    PERSON,
    PERSON.toLowerCase(),
    PERSON.toUpperCase(),
    `user:${PERSON}`,
    `openclaw-weixin:user:${PERSON}`,
    ` ${PERSON} `,
  ])("is the person, for %j", async (text) => {
    expect(await startIlink().channel.target(text)).toEqual(TO);
  });

  it("is found in any case once they have written", async () => {
    const h = await withPeople("o9MiXeD@im.wechat");

    expect(await h.channel.target("O9mixed@im.wechat")).toEqual({ ...TO, peer: "o9MiXeD@im.wechat" });
  });

  it("is exact where several ids differ in case alone, and otherwise an error that names them", async () => {
    const h = await withPeople("o9Same@im.wechat", "o9sAME@im.wechat");

    expect(await h.channel.target("o9sAME@im.wechat")).toMatchObject({ peer: "o9sAME@im.wechat" });
    await expect(h.channel.target("o9same@im.wechat")).rejects.toThrow(/o9Same@im\.wechat.*o9sAME@im\.wechat/);
  });

  it("is nobody who never wrote", async () => {
    await expect(startIlink().channel.target("o9new@im.wechat")).rejects.toMatchObject({ code: "ilink.bad-target" });
  });

  it("is remembered without asking the store for every message", async () => {
    const h = await withPeople("o9A@im.wechat", "o9A@im.wechat");

    expect([...h.state.keys()].filter((key) => key.startsWith("person|"))).toHaveLength(1);
  });
});

describe("who is welcome without a list", () => {
  it("is the person who signed in, in their own chat", () => {
    const { channel } = startIlink();

    expect(channel.vouchesFor?.(TO, { id: PERSON })).toBe(true);
    expect(channel.vouchesFor?.({ ...TO, peer: "o9eve@im.wechat" }, { id: "o9eve@im.wechat" })).toBe(false);
    expect(channel.vouchesFor?.({ ...TO, kind: "group" }, { id: PERSON })).toBe(false);
  });
});
