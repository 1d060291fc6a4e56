import { describe, expect, it } from "vitest";
import { NOW, startIlink } from "./test-support/start-ilink.ts";

describe("an agent's tools", () => {
  it("are shown as the phone's own lines, where that is switched on", () => {
    const { channel } = startIlink({ config: { toolProgress: true } });

    const started = channel.toolProgress?.({ kind: "tool", name: "search", state: "started" }, "c1");
    const failed = channel.toolProgress?.({ kind: "tool", name: "search", state: "failed" }, "c1");

    const call = { tool_name: "search", tool_call_id: "c1" };
    expect(started).toEqual({
      kind: "native",
      payload: { type: 11, create_time_ms: NOW, is_completed: false, tool_call_start_item: call },
    });
    expect(failed).toMatchObject({
      payload: { type: 12, is_completed: true, tool_call_result_item: { ...call, status: "failed" } },
    });
  });

  it("are not shown otherwise", () => {
    expect(startIlink().channel.toolProgress).toBeUndefined();
  });
});
