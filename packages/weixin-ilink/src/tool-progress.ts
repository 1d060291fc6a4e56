import type { Channel, Clock, JsonObject } from "@wxgate/core";
import { ITEM } from "./wire.ts";

/** The phone's own lines for an agent's tools: one when a call starts, one when it ends. */
export function createToolProgress(clock: Clock): NonNullable<Channel["toolProgress"]> {
  return ({ name, state }, callId) => {
    const call = { tool_name: name, tool_call_id: callId };
    const item = (isCompleted: boolean, payload: JsonObject): JsonObject => ({
      create_time_ms: clock.now(),
      is_completed: isCompleted,
      ...payload,
    });
    if (state === "started") {
      return { kind: "native", payload: item(false, { type: ITEM.toolStart, tool_call_start_item: call }) };
    }
    const status = state === "finished" ? "completed" : "failed";
    return {
      kind: "native",
      payload: item(true, { type: ITEM.toolResult, tool_call_result_item: { ...call, status } }),
    };
  };
}
