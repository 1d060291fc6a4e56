import { createDecipheriv } from "node:crypto";
import type { CallbackEndpoint } from "../callbacks.ts";
import { sign } from "../crypto.ts";
import { isJsonObject, type JsonObject } from "../json.ts";

/** The JSON inside the answer to a callback; undefined: no reply. @throws Error that says why it would be thrown away */
export function openPassiveReply({ keys, aesKey }: CallbackEndpoint, body: string): JsonObject | undefined {
  if (body.trim() === "") return undefined;
  const envelope = parse(body);
  const { encrypt, msgsignature, timestamp, nonce } = envelope;
  if (typeof encrypt !== "string") throw new Error("the answer is neither empty nor an encrypted reply");
  if (msgsignature !== sign(keys.token, String(timestamp), String(nonce), encrypt)) {
    throw new Error("the reply's msgsignature is wrong");
  }
  const decipher = createDecipheriv("aes-256-cbc", aesKey, aesKey.subarray(0, 16)).setAutoPadding(false);
  const frame = Buffer.concat([decipher.update(Buffer.from(encrypt, "base64")), decipher.final()]);
  const end = frame.length - (frame.at(-1) ?? 0);
  const length = frame.readUInt32BE(16);
  if (20 + length > end) throw new Error("the reply's length is wrong");
  if (frame.toString("utf8", 20 + length, end) !== keys.receiveId) throw new Error("the reply is for another receiver");
  const reply = parse(frame.toString("utf8", 20, 20 + length));
  return Object.keys(reply).length === 0 ? undefined : reply;
}

function parse(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error("the reply is no JSON object");
  return value;
}
