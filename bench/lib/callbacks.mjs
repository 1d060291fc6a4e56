// The platform's callbacks, rendered as HTTP requests before the load begins.
import { createCrypto } from "@wxgate/wecom-crypto";

export const ACCOUNT = {
  corpId: "ww51a3c0ffee0be9c4",
  agentId: 1000002,
  botId: "aibBench",
  token: "benchToken2026",
  encodingAESKey: "2wgSqGrnzYN2884VE2DB2Je22gxxXmGrpgsGKzvQxwE",
};

/** One text message of a member to the app each, with ids that never repeat. */
export function callbackRequests(count, { from = (index) => `member${index % 500}`, ...more } = {}) {
  return render(count, more, {
    ...appEnvelope,
    plain: (index, number, seconds) =>
      `<xml><ToUserName><![CDATA[${ACCOUNT.corpId}]]></ToUserName><FromUserName><![CDATA[${from(index)}]]></FromUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[message ${number}: 请问我的订单什么时候发货？]]></Content><MsgId>${appMessageId(number)}</MsgId><AgentID>${ACCOUNT.agentId}</AgentID></xml>`,
  });
}

/** The id of the message that was rendered with this number. */
export const appMessageId = (number) => String(7_000_000_000_000_000n + BigInt(number));

/** A member sends a file. */
export function fileRequests(count, { mediaId, ...more }) {
  return render(count, more, {
    ...appEnvelope,
    plain: (_index, number, seconds) =>
      `<xml><ToUserName><![CDATA[${ACCOUNT.corpId}]]></ToUserName><FromUserName><![CDATA[member0]]></FromUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[file]]></MsgType><MediaId><![CDATA[${mediaId}]]></MediaId><FileName><![CDATA[large.bin]]></FileName><MsgId>${appMessageId(number)}</MsgId><AgentID>${ACCOUNT.agentId}</AgentID></xml>`,
  });
}

/** Customer service's callbacks: there is news, and nothing about what it is. */
export function doorbellRequests(count, options = {}) {
  return render(count, options, {
    ...xmlEnvelope(""),
    plain: (_index, number, seconds) =>
      `<xml><ToUserName><![CDATA[${ACCOUNT.corpId}]]></ToUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[token${number}]]></Token><OpenKfId><![CDATA[wkbench]]></OpenKfId></xml>`,
  });
}

/** One text message to the bot each. */
export function botRequests(count, options = {}) {
  return render(count, options, {
    ...botEnvelope,
    plain: (index, number) =>
      botBody(number, index, { msgtype: "text", text: { content: `message ${number}: 请问我的订单什么时候发货？` } }),
  });
}

/** The platform asks what the bubbles with these ids show now. */
export function refreshRequests(streamIds, options = {}) {
  return render(streamIds.length, options, {
    ...botEnvelope,
    plain: (index, number) => botBody(number, index, { msgtype: "stream", stream: { id: streamIds[index] } }),
  });
}

const botBody = (number, index, more) =>
  JSON.stringify({
    msgid: `m-${number}`,
    aibotid: ACCOUNT.botId,
    chattype: "single",
    from: { userid: `person${index % 500}` },
    ...more,
  });

const xmlEnvelope = (agentId) => ({
  type: "text/xml",
  receiveId: ACCOUNT.corpId,
  wrap: (encrypt) =>
    `<xml><ToUserName><![CDATA[${ACCOUNT.corpId}]]></ToUserName>${agentId}<Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>`,
});
const appEnvelope = xmlEnvelope(`<AgentID><![CDATA[${ACCOUNT.agentId}]]></AgentID>`);
const botEnvelope = { type: "application/json", receiveId: "", wrap: (encrypt) => JSON.stringify({ encrypt }) };

function render(count, { path = "/webhooks/app", firstId = 1 }, { type, receiveId, wrap, plain }) {
  const { token, encodingAESKey } = ACCOUNT;
  const crypto = createCrypto({ token, encodingAESKey, receiveId });
  const timestamp = String(Math.floor(Date.now() / 1000));
  return Array.from({ length: count }, (_, index) => {
    const nonce = String(firstId + index);
    const encrypt = crypto.encrypt(plain(index, firstId + index, timestamp));
    const signature = crypto.sign({ timestamp, nonce, encrypt });
    const body = wrap(encrypt);
    return Buffer.from(
      `POST ${path}?msg_signature=${signature}&timestamp=${timestamp}&nonce=${nonce} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}

/** What is inside an encrypted answer to the bot's callback. */
export function openBotReply(body) {
  const { token, encodingAESKey } = ACCOUNT;
  const { encrypt } = JSON.parse(body);
  return JSON.parse(createCrypto({ token, encodingAESKey, receiveId: "" }).decrypt(encrypt).message.toString());
}
