import type { WecomCrypto } from "@wxgate/wecom-crypto";

export interface ReplyOptions {
  /** The one the request carried. */
  readonly receiveId?: string;
  /** Unix seconds, of the reply. */
  readonly timestamp: number;
  /** Any text; re-using the request's is usual. */
  readonly nonce: string;
}

/** Wraps text in CDATA; a "]]>" inside is split over two sections. */
export function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
}

/** The encrypted envelope of a passive reply to an app callback; `message` is its plaintext XML. */
export function sealXmlReply(crypto: WecomCrypto, message: string, options: ReplyOptions): string {
  const { encrypt, signature, nonce } = seal(crypto, message, options);
  return (
    `<xml><Encrypt>${cdata(encrypt)}</Encrypt><MsgSignature>${cdata(signature)}</MsgSignature>` +
    `<TimeStamp>${options.timestamp}</TimeStamp><Nonce>${cdata(nonce)}</Nonce></xml>`
  );
}

/** The encrypted envelope of a reply to an AI bot callback; `message` is its plaintext JSON. */
export function sealJsonReply(crypto: WecomCrypto, message: string, options: ReplyOptions): string {
  const { encrypt, signature, nonce } = seal(crypto, message, options);
  return JSON.stringify({ encrypt, msgsignature: signature, timestamp: options.timestamp, nonce });
}

function seal(crypto: WecomCrypto, message: string, { receiveId, timestamp, nonce }: ReplyOptions) {
  const encrypt = crypto.encrypt(message, receiveId);
  return { encrypt, signature: crypto.sign({ timestamp: String(timestamp), nonce, encrypt }), nonce };
}
