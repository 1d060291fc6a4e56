import type { FaultDefinition } from "../faults.ts";

const CALLS = 'path end such as "sendmessage", bot id or person';
const BOT = "bot id or person";

/** What can go wrong with iLink, and what its reference leaves open. */
export const ILINK_FAULTS: readonly FaultDefinition[] = [
  {
    name: "ilink.http-status",
    summary: "The call is not done; this HTTP status instead of 200.",
    targets: CALLS,
    value: { type: "number", summary: "the HTTP status", default: 502 },
  },
  {
    name: "ilink.ret",
    summary: "The call is not done and answers with these numbers.",
    targets: CALLS,
    value: { type: "json", summary: "{ ret?, errcode?, errmsg? }", default: { ret: -2, errmsg: "prepare failed" } },
  },
  {
    name: "ilink.delay",
    summary: "The call is done; the answer comes later.",
    targets: CALLS,
    value: { type: "number", summary: "real milliseconds", default: 1000 },
  },
  { name: "ilink.reset", summary: "The call is not done; the connection is cut.", targets: CALLS },
  {
    name: "ilink.reset-after",
    summary: "The call is done; the connection is cut instead of an answer.",
    targets: CALLS,
  },
  { name: "ilink.hang", summary: "The call is not done and never answered.", targets: CALLS },
  {
    name: "ilink.stalled-body",
    summary: "The call is done; half of the answer arrives, then nothing.",
    targets: CALLS,
  },
  { name: "ilink.garbage", summary: "The call is done; HTTP 200 with an HTML page.", targets: CALLS },
  { name: "ilink.empty-body", summary: "The call is done; the answer has no body.", targets: CALLS },
  { name: "ilink.omit-ret", summary: "Successful answers have no `ret`.", targets: CALLS },
  { name: "ilink.octet-stream", summary: "Answers come as application/octet-stream.", targets: CALLS },
  { name: "ilink.token-stale", summary: "The bot token is dead from this call on: -14.", targets: CALLS },
  { name: "ilink.replay", summary: "A poll with an old cursor gets again what was handed out since.", targets: BOT },
  { name: "ilink.duplicate", summary: "What is handed out is handed out once more, under the same ids.", targets: BOT },
  { name: "ilink.duplicate-new-id", summary: "What is handed out comes once more under new ids.", targets: BOT },
  { name: "ilink.string-ids", summary: "64-bit ids come as text.", targets: BOT },
  {
    name: "ilink.poll-timeout",
    summary: "Polls announce and keep another longpolling_timeout_ms.",
    targets: BOT,
    value: { type: "number", summary: "milliseconds", default: 5000 },
  },
  { name: "ilink.risk", summary: "A send answers ret 0 without message_id and never arrives.", targets: BOT },
  { name: "ilink.no-message-id", summary: "A send arrives, but its answer names no message_id.", targets: BOT },
  {
    name: "ilink.strict-context",
    summary: "A send without the newest context_token is refused with -2.",
    targets: BOT,
  },
  {
    name: "ilink.throttle",
    summary: "Sends of one bot that follow sooner than this get -2.",
    targets: BOT,
    value: { type: "number", summary: "milliseconds", default: 1000 },
  },
  {
    name: "ilink.quota",
    summary: "Another number of replies per message.",
    targets: BOT,
    value: { type: "number", summary: "replies", default: 10 },
  },
  { name: "ilink.upload-param", summary: "getuploadurl answers in the old form: upload_param.", targets: BOT },
  { name: "ilink.no-cdn-header", summary: "An upload answers 200 without x-encrypted-param.", targets: '"upload"' },
  {
    name: "ilink.cdn-status",
    summary: "The media server answers with this HTTP status.",
    targets: '"upload" or "download"',
    value: { type: "number", summary: "the HTTP status", default: 500 },
  },
  {
    name: "ilink.cdn-slow",
    summary: "The media server's download trickles.",
    targets: '"download"',
    value: { type: "number", summary: "real milliseconds for the whole file", default: 3000 },
  },
  {
    name: "ilink.key-encoding",
    summary: "How keys of people's files are written.",
    targets: BOT,
    value: { type: "string", summary: "A (bytes), B (hex characters) or C (bare hex)", default: "A" },
  },
  { name: "ilink.wrong-key", summary: "The key of a person's file does not fit.", targets: BOT },
  { name: "ilink.plain-image", summary: "People's pictures are not encrypted and have no key.", targets: BOT },
  { name: "ilink.no-full-url", summary: "People's files come without full_url.", targets: BOT },
  { name: "ilink.no-transcript", summary: "Voice comes without the platform's transcript.", targets: BOT },
  {
    name: "ilink.verify-code",
    summary: "A scan asks for these digits.",
    targets: "person",
    value: { type: "string", summary: "the digits on the phone", default: "4321" },
  },
  {
    name: "ilink.redirect",
    summary: "A scan sends the client to another host first.",
    targets: "person",
    value: { type: "string", summary: "host and port", default: "sz.weixin.qq.com" },
  },
  { name: "ilink.no-bot-token", summary: "A confirmed login brings no bot_token.", targets: "person" },
];
