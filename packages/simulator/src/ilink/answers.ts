import { randomBytes } from "node:crypto";
import type { JsonObject } from "../json.ts";

/** Marks text that leaves as a bare number: 64-bit ids do not fit a double. Random, so that nobody can write it. */
const MARK = `u64-${randomBytes(9).toString("hex")}-`;
const MARKED = new RegExp(`"${MARK}(\\d+)"`, "g");

export function bareNumber(digits: string): string {
  return `${MARK}${digits}`;
}

export function toJson(answer: JsonObject, { stringIds }: { readonly stringIds: boolean }): string {
  return JSON.stringify(answer).replace(MARKED, stringIds ? '"$1"' : "$1");
}

export const OK: JsonObject = { ret: 0 };
export function refusal(ret: number, errmsg: string): JsonObject {
  return { ret, errmsg };
}
export const STALE: JsonObject = { errcode: -14, errmsg: "session timeout" };
