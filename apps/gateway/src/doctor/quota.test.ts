import { describe, expect, it } from "vitest";
import { quotaFindings } from "./quota.ts";

const HOUR_MS = 3_600_000;

describe("what doctor says of the platform's limits", () => {
  it("is one line for each account, and a note where somebody must write first", () => {
    const quota = { windowMs: 48 * HOUR_MS, sendsPerInbound: 5 };
    const accounts = [
      { account: "wk1", quota, used: { open: 3, usedUp: 1, minute: 2, hour: 9 } },
      { account: "wk2", quota },
    ];

    expect(quotaFindings("support", accounts)).toEqual([
      {
        check: "quota",
        result: "note",
        message:
          "support/wk1: open conversations: 3 (48 h from the person's last message); with all 5 messages used until the person writes: 1",
      },
      {
        check: "quota",
        result: "ok",
        message:
          "support/wk2: open conversations: 0 (48 h from the person's last message); with all 5 messages used until the person writes: 0",
      },
    ]);
  });

  it("tells rates by the busiest conversation", () => {
    const quota = { perMinute: 30, perHour: 1_000 };

    const [busy] = quotaFindings("bot", [
      { account: "aib", quota, used: { open: 0, usedUp: 0, minute: 30, hour: 40 } },
    ]);

    expect(busy).toEqual({
      check: "quota",
      result: "note",
      message: "bot/aib: sends to the busiest: 30 of 30 in a minute, 40 of 1000 in an hour",
    });
  });

  it("is nothing where the platform has no limits", () => {
    expect(quotaFindings("app", [{ account: "1000002" }])).toEqual([]);
  });
});
