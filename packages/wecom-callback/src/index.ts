export type { CallbackCandidate } from "./candidates.ts";
export type { CallbackBodies, CallbackFormat, JsonBody } from "./envelope.ts";
export {
  type Callback,
  type CallbackOpener,
  type CallbackOpenerOptions,
  createCallbackOpener,
  type OpenedCallback,
  type OpenOptions,
} from "./open.ts";
export { type RefusalReason, refusalResponse } from "./refusal.ts";
export { cdata, type ReplyOptions, sealJsonReply, sealXmlReply } from "./reply.ts";
export { acknowledged, textResponse } from "./text-response.ts";
export {
  type CallbackWebhook,
  type CallbackWebhookOptions,
  createCallbackWebhook,
} from "./webhook.ts";
export { parseXml, XmlError, type XmlFields, type XmlNode, xmlText } from "./xml.ts";
