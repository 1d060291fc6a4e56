import { AuthenticationError, RejectedError } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createFailures } from "./failures.ts";
import { createRedact } from "./redact.ts";
import { parseRetryAfter } from "./retry-after.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");

describe("what a server says about its failure", () => {
  const redact = createRedact(["s3cret/key+1", "abc"]);

  it("shows no secret, in no way of writing it", () => {
    const said = 'bad key s3cret/key+1, also as s3cret%2Fkey%2B1 and {"key":"s3cret/key+1"}';

    expect(redact(said)).toBe('bad key ***, also as *** and {"key":"***"}');
  });

  it("shows no query of an address", () => {
    expect(redact("see https://x.example/a?token=1&b=2 and http://y.example#t=3.")).toBe(
      "see https://x.example/a?*** and http://y.example?***",
    );
  });

  it("is one short line", () => {
    expect(redact(`a\n\n  b${"x".repeat(500)}`)).toMatch(/^a bx{197}…$/);
  });

  it("takes linear time", () => {
    const begun = performance.now();

    redact("http://".repeat(30_000));
    redact(`https://${"a".repeat(200_000)}`);

    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe("Retry-After", () => {
  it.each([
    ["120", "2026-11-20T10:02:00.000Z"],
    [" 0 ", "2026-11-20T10:00:00.000Z"],
    ["Fri, 20 Nov 2026 10:05:00 GMT", "2026-11-20T10:05:00.000Z"],
    ["Fri, 20 Nov 2020 10:05:00 GMT", "2026-11-20T10:00:00.000Z"],
    ["999999999", "2026-11-21T10:00:00.000Z"],
  ])("%s means %s", (value, at) => {
    expect(parseRetryAfter(value, NOW)?.toISOString()).toBe(at);
  });

  it.each([null, "", "soon", "-5x"])("%s means nothing", (value) => {
    expect(parseRetryAfter(value, NOW)).toBeUndefined();
  });
});

describe("a server that refuses", () => {
  const ports = {
    label: 'agent "ops"',
    clock: { now: () => NOW, sleep: async () => {} },
    redact: createRedact([]),
    credential: "apiKey",
    place: "baseUrl and model",
  };
  const url = new URL("https://models.example/v1/chat/completions?key=k3y");

  it("is the operator's affair and not the question's when it wants to be paid", () => {
    const error = createFailures(ports).status(402, new Headers(), "insufficient balance", url);

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.hint).toContain("no credit left");
  });

  it("has refused the question where the interface says that every 4xx does", () => {
    const { status } = createFailures({ ...ports, final4xx: true });

    expect(status(402, new Headers(), "", url)).toBeInstanceOf(RejectedError);
  });

  it.each([404, 405])("is told by its address and what to check when it answers %i", (code) => {
    const error = createFailures(ports).status(code, new Headers(), "no such model", url);

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.hint).toBe(
      'Check baseUrl and model: agent "ops" is looked for at https://models.example/v1/chat/completions, and nothing is there.',
    );
  });
});

describe("a server that cannot be reached", () => {
  it("is named with the reason at the bottom, and not with its address", () => {
    const failures = createFailures({
      label: 'agent "ops"',
      clock: { now: () => NOW, sleep: async () => {} },
      redact: createRedact([]),
      credential: "secret",
      place: "url",
    });
    const cause = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });

    const error = failures.unreachable(new TypeError("fetch failed", { cause }));

    expect(error.message).toBe('agent "ops" cannot be reached: fetch failed: connect ECONNREFUSED 127.0.0.1:1');
    expect(error.cause).toBeUndefined();
  });
});
