import { describe, expect, it } from "vitest";
import { isSessionOver } from "./session-reset.ts";

const at = (text: string) => Date.parse(text);

describe("a session", () => {
  it.each([
    ["goes on within its idle time", { idleMinutes: 30 }, "2026-01-01T10:00Z", "2026-01-01T10:29Z", false],
    ["ends after its idle time", { idleMinutes: 30 }, "2026-01-01T10:00Z", "2026-01-01T10:30Z", true],
    ["never ends by itself where nothing says so", {}, "2020-01-01T10:00Z", "2026-01-01T10:30Z", false],
  ] as const)("%s", (_name, reset, last, now, expected) => {
    expect(isSessionOver(reset, at(last), at(now))).toBe(expected);
  });

  const SHANGHAI = { dailyAt: "04:00", timeZone: "Asia/Shanghai" };
  const BERLIN = { dailyAt: "02:30", timeZone: "Europe/Berlin" };
  it.each([
    ["goes on over midnight", SHANGHAI, "2026-01-01T23:00+08:00", "2026-01-02T03:59+08:00", false],
    ["ends at the hour of the day", SHANGHAI, "2026-01-01T23:00+08:00", "2026-01-02T04:00+08:00", true],
    ["goes on through the day after it", SHANGHAI, "2026-01-02T04:00+08:00", "2026-01-03T03:59+08:00", false],
    ["ends once for days of silence", SHANGHAI, "2026-01-02T05:00+08:00", "2026-01-09T03:00+08:00", true],
    [
      "ends where the clocks are put forward over the hour",
      BERLIN,
      "2026-03-29T01:59+01:00",
      "2026-03-29T03:00+02:00",
      true,
    ],
    ["ends once where the hour comes twice", BERLIN, "2026-10-25T02:30+02:00", "2026-10-25T02:45+01:00", false],
  ] as const)("%s", (_name, reset, last, now, expected) => {
    expect(isSessionOver(reset, at(last), at(now))).toBe(expected);
  });

  it("that went through midnight and the hour twice is not asked to be older than itself", () => {
    expect(isSessionOver(SHANGHAI, at("2026-01-02T05:00Z"), at("2026-01-01T05:00Z"))).toBe(false);
  });
});
