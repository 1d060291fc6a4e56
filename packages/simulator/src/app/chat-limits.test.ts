import { describe, expect, it } from "vitest";
import { DEFAULT_CORPS } from "../index.ts";
import { type Client, start, text } from "./client.fixture.ts";

const MINUTE_MS = 60_000;
const people = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);

async function startWith(members: number): Promise<Client> {
  const directory = { members: people(members).map((userId) => ({ userId })) };
  const corps = DEFAULT_CORPS.map((corp) => ({ ...corp, directory }));
  // Noon in China: no day ends during a test.
  return start({ corps, clock: { startAt: new Date("2026-05-01T04:00:00Z") } });
}

async function createChat(client: Client, userlist: readonly string[]): Promise<string> {
  return (await client.call("appchat/create", { userlist })).chatid;
}

async function write(client: Client, chatid: string, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    expect(await client.call("appchat/send", { chatid, ...text("hi") })).toMatchObject({ errcode: 0 });
  }
}

const states = (client: Client, chatid: string, user: string) =>
  client.screen(user, chatid).map(({ state, dropped }) => dropped ?? state);

describe("messages to group chats are dropped without a word", () => {
  it("for the member who got 200 in a minute from all chats of the app, and for nobody else", async () => {
    const client = await startWith(3);
    const one = await createChat(client, ["m0", "m1"]);
    const other = await createChat(client, ["m0", "m2"]);

    await write(client, one, 150);
    await write(client, other, 51);

    expect(states(client, other, "m0")).toEqual([...Array(50).fill("shown"), "frequency"]);
    expect(states(client, other, "m2")).toEqual(Array(51).fill("shown"));
    await client.sim.advance(MINUTE_MS);
    await write(client, other);
    expect(states(client, other, "m0").at(-1)).toBe("shown");
  });

  it("for the member who got the most of a day", async () => {
    const client = await startWith(2);
    const chatid = await createChat(client, people(2));
    client.sim.setFaults([{ name: "app.chat.per-day", value: 2 }]);

    await write(client, chatid, 2);
    await client.sim.advance(MINUTE_MS);
    await write(client, chatid);
    await client.sim.advance(24 * 60 * MINUTE_MS);
    await write(client, chatid);

    expect(states(client, chatid, "m1")).toEqual(["shown", "shown", "frequency", "shown"]);
  });

  it("for everybody beyond 20,000 receivers of the corp in a minute", async () => {
    const client = await startWith(2000);
    const large = await createChat(client, people(2000));
    const small = await createChat(client, people(2));

    await write(client, large, 10);
    await write(client, small);
    await client.sim.advance(MINUTE_MS);
    await write(client, small);

    expect(states(client, large, "m0")).toEqual(Array(10).fill("shown"));
    expect(states(client, small, "m0")).toEqual(["frequency", "shown"]);
  });

  it("for everybody beyond 300,000 receivers of the corp in an hour", async () => {
    const client = await startWith(2000);
    const large = await createChat(client, people(2000));

    for (let minute = 0; minute < 15; minute += 1) {
      await write(client, large, 10);
      await client.sim.advance(MINUTE_MS);
    }
    await write(client, large);
    await client.sim.advance(60 * MINUTE_MS);
    await write(client, large);

    expect(states(client, large, "m0")).toEqual([...Array(150).fill("shown"), "frequency", "shown"]);
  });

  it("from the number on that a fault sets, and not after everything is forgotten", async () => {
    const client = await startWith(2);
    client.sim.setFaults([{ name: "app.chat.corp-per-hour", value: 2 }]);
    const chatid = await createChat(client, people(2));
    await write(client, chatid, 2);
    expect(states(client, chatid, "m0")).toEqual(["shown", "frequency"]);

    client.sim.reset();
    const again = await createChat(client, people(2));
    await write(client, again);

    expect(states(client, again, "m0")).toEqual(["shown"]);
  });
});
