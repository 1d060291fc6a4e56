import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFailures } from "./failures.ts";
import { createRedact } from "./redact.ts";
import { readServerEvents } from "./server-events.ts";

const failures = createFailures({
  label: 'agent "test"',
  clock: { now: () => 0, sleep: async () => {} },
  redact: createRedact([]),
  credential: "apiKey",
  place: "url",
});

async function read(bytes: Uint8Array, cuts: readonly number[] = []) {
  async function* pieces() {
    let from = 0;
    for (const cut of [...cuts, bytes.length]) {
      yield bytes.subarray(from, cut);
      from = cut;
    }
  }
  const events = [];
  for await (const event of readServerEvents(pieces(), failures)) events.push(event);
  return events;
}
const encode = (text: string) => new TextEncoder().encode(text);

describe("server-sent events", () => {
  const STREAM =
    "\uFEFFevent: 说\r\ndata: 你好 👋\r\n\r\n: comment\ndata: one\ndata: two\n\nid: 7\rdata:x\r\rdata: last";

  it("are the same wherever the bytes are cut", async () => {
    const whole = await read(encode(STREAM));
    expect(whole).toEqual([
      { event: "说", data: "你好 👋", cut: false },
      { event: "", data: "one\ntwo", cut: false },
      { event: "", data: "x", cut: false },
      { event: "", data: "last", cut: true },
    ]);

    const { length } = encode(STREAM);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(length), { maxLength: 20 }), async (cuts) => {
        expect(
          await read(
            encode(STREAM),
            cuts.toSorted((a, b) => a - b),
          ),
        ).toEqual(whole);
      }),
    );
  });

  it("are read in time that grows with their length alone", async () => {
    const everyChunk = Array.from({ length: 20 }, (_, index) => (index + 1) * 50_000);

    for (const stream of ["\r".repeat(1_000_000), "data:\n".repeat(170_000), ":".repeat(1_000_000)]) {
      const begun = performance.now();
      await read(encode(stream), everyChunk);
      expect(performance.now() - begun).toBeLessThan(3_000);
    }
  });

  it("are told from lines that mean nothing", async () => {
    expect(await read(encode("what: ever\n\ndata: one\n\n"))).toMatchObject([{ data: "one" }]);
    await expect(read(encode("a\n".repeat(500_000)), [20_000])).rejects.toMatchObject({ code: "agent.garbage" });
  });
});
