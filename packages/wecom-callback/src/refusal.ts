/** Why a request was not taken; for logs and metrics. The sender only learns the status and a fixed sentence. */
export type RefusalReason =
  | "method"
  | "parameters"
  | "too-large"
  | "garbage"
  | "format"
  | "signature"
  | "stale"
  | "undecryptable"
  | "content";

const ANSWERS: Readonly<Record<RefusalReason, readonly [status: number, text: string]>> = {
  method: [405, "use GET or POST"],
  parameters: [400, "msg_signature, timestamp and nonce must each be there once, echostr on GET"],
  "too-large": [413, "the body is too large"],
  garbage: [400, "the body is no callback"],
  format: [400, "the body is no callback of this channel"],
  signature: [401, "the signature is wrong"],
  stale: [401, "the timestamp is too far from now"],
  undecryptable: [400, "the content cannot be read"],
  content: [400, "the content cannot be read"],
};

/** The answer to a refused request; nothing of the request is repeated in it. */
export function refusalResponse(reason: RefusalReason): Response {
  const [status, text] = ANSWERS[reason];
  const headers: Record<string, string> = { "content-type": "text/plain; charset=utf-8" };
  if (reason === "method") headers.allow = "GET, POST";
  if (reason === "too-large") headers.connection = "close";
  return new Response(text, { status, headers });
}
