import { describe, expect, it } from "vitest";
import type { Answer } from "./exchange.ts";
import { createFailures } from "./failures.ts";
import { readReply } from "./read-reply.ts";

const failures = createFailures({
  label: 'agent "ops"',
  clock: { now: () => 0, sleep: async () => {} },
  redact: (said) => said,
  credential: "apiKey",
  place: "url",
});

/** An answer in these chunks, and whether its connection was let go. */
function answering(...chunks: string[]) {
  const seen = { released: false };
  async function* read() {
    try {
      for (const chunk of chunks) yield Buffer.from(chunk);
    } finally {
      seen.released = true;
    }
  }
  const answer: Pick<Answer, "chunks" | "framed"> = { chunks: read, framed: true };
  return { seen, answer: answer as Answer };
}

describe("a reader that has enough", () => {
  it.each([
    ["in the first piece", ['data: "a"\n\ndata: [DONE]\n\n', "data: 1\n\n"]],
    ["in a later piece", ['data: "a"\n\n', "data: [DONE]\n\n", "data: 1\n\n"]],
  ])("lets the connection go when it stops %s", async (_, chunks) => {
    const { seen, answer } = answering(...chunks);

    const values: unknown[] = [];
    for await (const { value } of readReply(answer, failures)) {
      values.push(value);
      if (value === "[DONE]") break;
    }

    expect(values).toEqual(["a", "[DONE]"]);
    expect(seen.released).toBe(true);
  });

  it("lets it go after a whole document, too", async () => {
    const { seen, answer } = answering('{"a":', "1}");

    const values: unknown[] = [];
    for await (const { value } of readReply(answer, failures)) values.push(value);

    expect(values).toEqual([{ a: 1 }]);
    expect(seen.released).toBe(true);
  });
});
