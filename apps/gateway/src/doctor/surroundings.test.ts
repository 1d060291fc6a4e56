import { describe, expect, it } from "vitest";
import { clockFinding, diskFinding, ownerFindings } from "./surroundings.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");
const at = (date: string | undefined) => async () =>
  new Response(null, date === undefined ? {} : { headers: { date: new Date(date).toUTCString() } });
const signal = new AbortController().signal;
const compare = (fetch: () => Promise<Response>) => clockFinding("https://api.test", fetch, () => NOW, signal);

describe("the clock", () => {
  it("is right when the platform's says nearly the same", async () => {
    expect(await compare(at("2026-11-20T09:59:50Z"))).toMatchObject({ result: "ok" });
  });

  it("is wrong when it is minutes away, with how far and the cure", async () => {
    const { result, message } = await compare(at("2026-11-20T09:50:00Z"));

    expect(result).toBe("wrong");
    expect(message).toMatch(/600 s ahead of https:\/\/api\.test.*time synchronisation/);
  });

  it("cannot be judged when nobody answers", async () => {
    expect(await compare(() => Promise.reject(new Error("no network")))).toMatchObject({ result: "note" });
    expect(await compare(at(undefined))).toMatchObject({ result: "note" });
  });
});

describe("the address of a long connection", () => {
  it("is asked as a web server, and called what it is in the configuration", async () => {
    const asked: string[] = [];
    const fetch = async (url: string | URL | Request) => {
      asked.push(String(url));
      return new Response(null, { status: 426, headers: { date: new Date(NOW).toUTCString() } });
    };

    const { result, message } = await clockFinding("wss://bot.test", fetch, () => NOW, signal);

    expect(asked).toEqual(["https://bot.test"]);
    expect({ result, message }).toEqual({ result: "ok", message: "within 1 s of wss://bot.test" });
  });
});

describe("the disk", () => {
  it("is measured where the data are", async () => {
    expect((await diskFinding(import.meta.dirname)).message).toMatch(/\d+ MiB are free/);
  });
});

describe("two owners of one account", () => {
  const app = { type: "wecom-agent-xml", keys: { enabled: true, corpId: "ww1", agentId: 1 } };

  it("are named", () => {
    expect(ownerFindings({ a: app, b: app })).toMatchObject([
      { result: "wrong", message: expect.stringContaining("a and b") },
    ]);
  });

  it("are none when one is switched off or another app", () => {
    const off = { ...app, keys: { ...app.keys, enabled: false } };
    const other = { ...app, keys: { ...app.keys, agentId: 2 } };

    expect(ownerFindings({ a: app, off, other })).toEqual([]);
  });
});
