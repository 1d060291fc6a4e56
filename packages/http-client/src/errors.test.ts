import { describe, expect, it } from "vitest";
import { HttpError } from "./index.ts";

describe("HttpError", () => {
  it("keeps the cause, but nothing secret in it", () => {
    const root = Object.assign(new Error("GET https://u:hunter2@x.test/a?access_token=SECRET failed"), {
      code: "EPIPE",
    });
    const cause = new TypeError("fetch failed", { cause: root });

    const error = new HttpError("the call failed", { code: "http.connection-lost", sent: "unknown", cause });

    const kept = (error.cause as Error).cause as Error & { code: string };
    expect(kept.message).toBe("GET https://x.test/a?… failed");
    expect(kept.code).toBe("EPIPE");
    expect(kept).not.toBe(root);
  });

  it("does not keep what Node hangs on a URL error", () => {
    const cause = Object.assign(new TypeError("Invalid URL"), { input: "http://u:hunter2@x.test" });

    const error = new HttpError("bad", { code: "http.bad-request", sent: "no", cause });

    expect(JSON.stringify(error.cause, Object.getOwnPropertyNames(error.cause))).not.toContain("hunter2");
  });
});
