import { isObject, type JsonObject, numberField, objectField, textField } from "@wxgate/core";

/*
 * The frames of the long connection: one JSON object per message.
 * https://developer.work.weixin.qq.com/document/path/101463
 */

export const CMD = {
  subscribe: "aibot_subscribe",
  ping: "ping",
  respond: "aibot_respond_msg",
  welcome: "aibot_respond_welcome_msg",
  updateCard: "aibot_respond_update_msg",
  send: "aibot_send_msg",
  uploadInit: "aibot_upload_media_init",
  uploadChunk: "aibot_upload_media_chunk",
  uploadFinish: "aibot_upload_media_finish",
  mcpConfig: "aibot_get_mcp_config",
  sendBiz: "aibot_send_biz_msg",
} as const;

export interface OutgoingFrame {
  readonly cmd: string;
  readonly reqId: string;
  readonly body?: JsonObject;
}

export function frameText({ cmd, reqId, body }: OutgoingFrame): string {
  return JSON.stringify({ cmd, headers: { req_id: reqId }, ...(body === undefined ? {} : { body }) });
}

/** The platform's answer to one frame of ours. */
export interface Ack {
  readonly errcode: number;
  readonly errmsg: string;
  readonly body: JsonObject;
}

export type IncomingFrame =
  | { readonly kind: "ack"; readonly reqId: string; readonly ack: Ack }
  | { readonly kind: "message" | "event"; readonly reqId: string; readonly body: JsonObject }
  | { readonly kind: "unknown"; readonly cmd: string };

/** Raw control bytes, which JSON forbids, and a byte order mark; tabs and line feeds may stay between its tokens. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /^\uFEFF|[\u0000-\u0008\u000b-\u001f]/g;

/** Undefined: no JSON object, also not without the control bytes that some servers leave inside strings. */
export function parseFrame(text: string): IncomingFrame | undefined {
  const frame = parseJson(text) ?? parseJson(text.replace(CONTROL, ""));
  if (frame === undefined) return undefined;
  const reqId = textField(objectField(frame, "headers"), "req_id") ?? "";
  const cmd = textField(frame, "cmd");
  const body = objectField(frame, "body");
  switch (cmd) {
    case undefined:
    case "pong":
    case "aibot_response":
      // A missing errcode stands for success, as the platform's other answers have it.
      return {
        kind: "ack",
        reqId,
        ack: { errcode: numberField(frame, "errcode") ?? 0, errmsg: textField(frame, "errmsg") ?? "", body },
      };
    case "aibot_msg_callback":
    case "aibot_callback":
      return { kind: textField(body, "msgtype") === "event" ? "event" : "message", reqId, body };
    case "aibot_event_callback":
      return { kind: "event", reqId, body };
    default:
      return { kind: "unknown", cmd };
  }
}

function parseJson(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Not JSON as it stands.
    return undefined;
  }
}
