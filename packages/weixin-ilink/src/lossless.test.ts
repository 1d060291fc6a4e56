import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLossless, quoteLongIntegers } from "./lossless.ts";

describe("JSON with 64-bit ids", () => {
  it.each([
    ['{"message_id":18446744073709551615}', { message_id: "18446744073709551615" }],
    ['{"svr_id": -9007199254740993 }', { svr_id: "-9007199254740993" }],
    ["[12345678901234567890]", ["12345678901234567890"]],
    ['{"a":123456789012345}', { a: 123_456_789_012_345 }],
    ['{"a":1785178947256,"b":[1,2.5,-3e2]}', { a: 1_785_178_947_256, b: [1, 2.5, -300] }],
    ['{"a":0.10000000000000000,"b":1e20}', { a: 0.1, b: 1e20 }],
    [
      '{"text":"id 18446744073709551615, \\"12345678901234567890\\""}',
      { text: 'id 18446744073709551615, "12345678901234567890"' },
    ],
  ])("keeps the digits of %s", (json, expected) => {
    expect(parseLossless(json)).toEqual(expected);
  });

  it("changes nothing else, whatever the JSON holds", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const parsed = JSON.parse(json);
        const isPlain = !/\d{16}/.test(json.replace(/"(?:[^"\\]|\\.)*"/g, ""));
        if (isPlain) expect(parseLossless(json)).toEqual(parsed);
      }),
    );
  });

  it("takes linear time on text that never closes its strings", () => {
    const hostile = `1234567890123456${'"\\'.repeat(500_000)}`;
    const startedAt = performance.now();

    quoteLongIntegers(hostile);

    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
