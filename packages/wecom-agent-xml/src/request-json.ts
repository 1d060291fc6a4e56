import { createHash } from "node:crypto";
import { isObject, type JsonValue } from "@wxgate/core";
import type { Receivers, WireMessage } from "./wire.ts";

/** From here upwards; with the spread below it stays under the platform's four hours. */
const LEAST_INTERVAL_SECONDS = 3_600;
const SPREAD_SECONDS = 10_800;

export interface RequestOptions {
  readonly agentId: number;
  /** Of the message: the same on every attempt, another for every other message. */
  readonly id: string;
  readonly duplicateCheck: boolean;
}

/**
 * The body of `message/send`: the same bytes for the same message, whenever and by whichever gateway it is repeated, since
 * the platform's duplicate check compares the whole request. Two messages with equal words must not be taken for a repeat:
 * their requests differ in the length of the check, and in an id that the platform does not know and ignores.
 */
export function requestJson(receivers: Receivers, message: WireMessage, options: RequestOptions): string {
  const { agentId, id, duplicateCheck } = options;
  const body = { ...receivers, ...message, agentid: agentId };
  if (!duplicateCheck) return stableJson(body);
  const seed = createHash("sha256").update(id).digest().readUInt32BE(0);
  return stableJson({
    ...body,
    enable_duplicate_check: 1,
    duplicate_check_interval: LEAST_INTERVAL_SECONDS + (seed % SPREAD_SECONDS),
    request_id: id,
  });
}

/** Keys in order: a piece that was stored and read again may have lost its own. */
function stableJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, one: JsonValue) =>
    isObject(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  );
}
