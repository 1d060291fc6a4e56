import type { IncomingHttpHeaders } from "node:http";
import { isJsonObject, type JsonObject } from "../json.ts";

/** What a call does otherwise than the official client; recorded, not refused. */
export function violationsOf(
  call: string,
  { method, headers, body }: { method: string; headers: IncomingHttpHeaders; body: JsonObject },
): readonly string[] {
  const found: string[] = [];
  if (headers["ilink-app-id"] !== "bot") found.push("iLink-App-Id is not bot");
  if (!/^\d+$/.test(String(headers["ilink-app-clientversion"]))) found.push("iLink-App-ClientVersion is no number");
  if (method === "POST") {
    if (headers["content-type"]?.split(";")[0] !== "application/json") found.push("Content-Type is not JSON");
    if (headers.authorizationtype !== "ilink_bot_token") found.push("AuthorizationType is not ilink_bot_token");
    const uin = Buffer.from(String(headers["x-wechat-uin"] ?? ""), "base64").toString("latin1");
    if (!/^\d{1,10}$/.test(uin) || Number(uin) > 0xffff_ffff) found.push("X-WECHAT-UIN is no uint32 in base64");
    if (call !== "get_bot_qrcode" && !isBaseInfo(body.base_info)) found.push("base_info is missing");
  } else if (headers.authorization !== undefined || headers["x-wechat-uin"] !== undefined) {
    found.push("a GET carries a token or X-WECHAT-UIN");
  }
  return found.map((words) => `${call}: ${words}`);
}

function isBaseInfo(value: unknown): boolean {
  return isJsonObject(value) && typeof value.channel_version === "string" && typeof value.bot_agent === "string";
}
