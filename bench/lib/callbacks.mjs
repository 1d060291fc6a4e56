// The platform's callbacks, rendered as HTTP requests before the load begins.
import { createCrypto } from "@wxgate/wecom-crypto";

export const ACCOUNT = {
  corpId: "ww51a3c0ffee0be9c4",
  agentId: 1000002,
  token: "benchToken2026",
  encodingAESKey: "2wgSqGrnzYN2884VE2DB2Je22gxxXmGrpgsGKzvQxwE",
};

/** One text message of a member to the app each, with ids that never repeat. */
export function callbackRequests(count, { from = (index) => `member${index % 500}`, ...more } = {}) {
  return render(count, more, {
    agentId: ACCOUNT.agentId,
    xml: (index, number, seconds) =>
      `<xml><ToUserName><![CDATA[${ACCOUNT.corpId}]]></ToUserName><FromUserName><![CDATA[${from(index)}]]></FromUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[message ${number}: 请问我的订单什么时候发货？]]></Content><MsgId>${7_000_000_000_000_000n + BigInt(number)}</MsgId><AgentID>${ACCOUNT.agentId}</AgentID></xml>`,
  });
}

/** A member sends a file. */
export function fileRequests(count, { mediaId, ...more }) {
  return render(count, more, {
    agentId: ACCOUNT.agentId,
    xml: (_index, number, seconds) =>
      `<xml><ToUserName><![CDATA[${ACCOUNT.corpId}]]></ToUserName><FromUserName><![CDATA[member0]]></FromUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[file]]></MsgType><MediaId><![CDATA[${mediaId}]]></MediaId><FileName><![CDATA[large.bin]]></FileName><MsgId>${7_000_000_000_000_000n + BigInt(number)}</MsgId><AgentID>${ACCOUNT.agentId}</AgentID></xml>`,
  });
}

/** Customer service's callbacks: there is news, and nothing about what it is. */
export function doorbellRequests(count, options = {}) {
  return render(count, options, {
    agentId: "",
    xml: (_index, number, seconds) =>
      `<xml><ToUserName><![CDATA[${ACCOUNT.corpId}]]></ToUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[token${number}]]></Token><OpenKfId><![CDATA[wkbench]]></OpenKfId></xml>`,
  });
}

function render(count, { path = "/webhooks/app", firstId = 1 }, { agentId, xml }) {
  const { token, encodingAESKey, corpId } = ACCOUNT;
  const crypto = createCrypto({ token, encodingAESKey, receiveId: corpId });
  const timestamp = String(Math.floor(Date.now() / 1000));
  return Array.from({ length: count }, (_, index) => {
    const nonce = String(firstId + index);
    const encrypt = crypto.encrypt(xml(index, firstId + index, timestamp));
    const signature = crypto.sign({ timestamp, nonce, encrypt });
    const body = `<xml><ToUserName><![CDATA[${corpId}]]></ToUserName>${agentId === "" ? "" : `<AgentID><![CDATA[${agentId}]]></AgentID>`}<Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>`;
    return Buffer.from(
      `POST ${path}?msg_signature=${signature}&timestamp=${timestamp}&nonce=${nonce} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/xml\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}
