// Callbacks of a self-built app, rendered as HTTP requests: one text message each, ids that never repeat.
import { createCrypto } from "@wxgate/wecom-crypto";

export const ACCOUNT = {
  corpId: "ww51a3c0ffee0be9c4",
  agentId: 1000002,
  token: "benchToken2026",
  encodingAESKey: "2wgSqGrnzYN2884VE2DB2Je22gxxXmGrpgsGKzvQxwE",
};

export function callbackRequests(
  count,
  { path = "/webhooks/app", from = (index) => `member${index % 500}`, firstId = 1, account = ACCOUNT } = {},
) {
  const crypto = createCrypto({
    token: account.token,
    encodingAESKey: account.encodingAESKey,
    receiveId: account.corpId,
  });
  const seconds = String(Math.floor(Date.now() / 1000));
  return Array.from({ length: count }, (_, index) => {
    const id = 7_000_000_000_000_000n + BigInt(firstId + index);
    const xml = `<xml><ToUserName><![CDATA[${account.corpId}]]></ToUserName><FromUserName><![CDATA[${from(index)}]]></FromUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[message ${firstId + index}: 请问我的订单什么时候发货？]]></Content><MsgId>${id}</MsgId><AgentID>${account.agentId}</AgentID></xml>`;
    const encrypt = crypto.encrypt(xml);
    const nonce = String(firstId + index);
    const signature = crypto.sign({ timestamp: seconds, nonce, encrypt });
    const body = `<xml><ToUserName><![CDATA[${account.corpId}]]></ToUserName><AgentID><![CDATA[${account.agentId}]]></AgentID><Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>`;
    return Buffer.from(
      `POST ${path}?msg_signature=${signature}&timestamp=${seconds}&nonce=${nonce} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/xml\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}
