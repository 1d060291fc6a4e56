import { WecomCrypto } from "@wxgate/wecom-crypto";
import type { KfOptions } from "../config.ts";

export const CONFIG = {
  type: "kf",
  corpId: "ww1234567890abcdef",
  secret: "canary-secret-0123456789",
  token: "simToken2024",
  encodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
  apiBaseUrl: "https://qyapi.test",
} as const satisfies KfOptions;

const crypto = new WecomCrypto({
  token: CONFIG.token,
  encodingAESKey: CONFIG.encodingAESKey,
  receiveId: CONFIG.corpId,
});

interface CallbackFields {
  readonly openKfId?: string;
  readonly token?: string;
  readonly event?: string;
  readonly createTime?: number;
  readonly more?: string;
}

export function innerXml({
  openKfId,
  token,
  event = "kf_msg_or_event",
  createTime = 1_700_000_001,
  more = "",
}: CallbackFields) {
  return [
    `<xml><ToUserName><![CDATA[${CONFIG.corpId}]]></ToUserName><CreateTime>${createTime}</CreateTime>`,
    `<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${event}]]></Event>`,
    token === undefined ? "" : `<Token><![CDATA[${token}]]></Token>`,
    openKfId === undefined ? "" : `<OpenKfId><![CDATA[${openKfId}]]></OpenKfId>`,
    more,
    "</xml>",
  ].join("");
}

/** A callback as the platform posts it. */
export function callback(fields: CallbackFields | string): Request {
  const encrypt = crypto.encrypt(typeof fields === "string" ? fields : innerXml(fields));
  return signed(encrypt, { timestamp: "1700000001", nonce: "112233" });
}

export function signed(
  encrypt: string,
  { timestamp, nonce }: { timestamp: string; nonce: string },
  signature?: string,
): Request {
  const query = new URLSearchParams({
    msg_signature: signature ?? crypto.sign({ timestamp, nonce, encrypt }),
    timestamp,
    nonce,
  });
  const body = `<xml><ToUserName><![CDATA[${CONFIG.corpId}]]></ToUserName><Encrypt><![CDATA[${encrypt}]]></Encrypt><AgentID><![CDATA[]]></AgentID></xml>`;
  return new Request(`https://gate.test/webhooks/support?${query}`, { method: "POST", body });
}

export function urlCheck(text = "5927782489442352469"): Request {
  const echostr = crypto.encrypt(text);
  const parts = { timestamp: "1700000000", nonce: "998877" };
  const query = new URLSearchParams({ ...parts, msg_signature: crypto.sign({ ...parts, encrypt: echostr }), echostr });
  return new Request(`https://gate.test/webhooks/support?${query}`);
}
