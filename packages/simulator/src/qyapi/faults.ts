import type { FaultDefinition } from "../faults.ts";

const API_TARGETS = 'API path such as "kf/send_msg", corp id, open_kfid or person';

/** Faults of every qyapi call; `target` narrows them to one API, corp, account or person. */
export const QYAPI_FAULTS: readonly FaultDefinition[] = [
  {
    name: "qyapi.errcode",
    summary: "The call is not done and answers with this errcode.",
    targets: API_TARGETS,
    value: { type: "json", summary: "the errcode, or { errcode, errmsg }" },
  },
  {
    name: "qyapi.busy",
    summary: "The call is not done and answers -1 (system busy).",
    targets: API_TARGETS,
  },
  { name: "qyapi.frequency", summary: "The call is not done and answers 45009.", targets: API_TARGETS },
  {
    name: "qyapi.ip-not-trusted",
    summary: "Refused with 60020, gettoken too.",
    targets: API_TARGETS,
    value: { type: "string", summary: "the address the platform saw", default: "203.0.113.9" },
  },
  {
    name: "qyapi.token-revoked",
    summary: "The access_token is revoked: this call and all later ones with it answer 40014.",
    targets: API_TARGETS,
  },
  {
    name: "qyapi.token-expired",
    summary: "The access_token is dead and the call answers 42001.",
    targets: API_TARGETS,
  },
  {
    name: "qyapi.http-status",
    summary: "The call is not done; HTTP status instead of 200.",
    targets: API_TARGETS,
    value: { type: "number", summary: "the HTTP status", default: 500 },
  },
  {
    name: "qyapi.timeout",
    summary: "The call is not done and never answered; the connection is cut in the end.",
    targets: API_TARGETS,
    value: { type: "number", summary: "real milliseconds before the connection is cut", default: 60_000 },
  },
  {
    name: "qyapi.timeout-after-accept",
    summary: "The call is done, but its answer never comes.",
    targets: API_TARGETS,
    value: { type: "number", summary: "real milliseconds before the connection is cut", default: 60_000 },
  },
  { name: "qyapi.reset", summary: "The call is not done; the connection is cut at once.", targets: API_TARGETS },
  {
    name: "qyapi.reset-after-accept",
    summary: "The call is done; the connection is cut instead of an answer.",
    targets: API_TARGETS,
  },
  { name: "qyapi.garbage", summary: "The call is not done; HTTP 200 with an HTML page.", targets: API_TARGETS },
  { name: "qyapi.cut-body", summary: "The call is done; half of the answer arrives.", targets: API_TARGETS },
  {
    name: "qyapi.slow-body",
    summary: "The call is done; the answer trickles in.",
    targets: API_TARGETS,
    value: { type: "number", summary: "real milliseconds for the whole body", default: 3000 },
  },
  {
    name: "qyapi.delay",
    summary: "The call is done; the answer comes later.",
    targets: API_TARGETS,
    value: { type: "number", summary: "real milliseconds", default: 1000 },
  },
  {
    name: "qyapi.minute-limit",
    summary: "The general limit of calls per API and corp in a minute is enforced: 45009 for the next 60 s.",
    targets: API_TARGETS,
    value: { type: "number", summary: "calls per minute", default: 10_000 },
  },
  {
    name: "gettoken.new-each-time",
    summary: "Every gettoken makes a new token; the older ones stay valid (the newer official text is silent).",
    targets: "corp id",
  },
  {
    name: "gettoken.expires-in",
    summary: "Tokens live this long.",
    targets: "corp id",
    value: { type: "number", summary: "seconds", default: 7200 },
  },
  {
    name: "media.max-download-bytes",
    summary: "Larger files need Range, and no Range may ask for more: else 830002.",
    targets: "corp id or media id",
    value: { type: "number", summary: "bytes; 20 MB when the fault is not set", default: 1_048_576 },
  },
  { name: "media.expired", summary: "media/get answers 40007.", targets: "corp id or media id" },
  { name: "media.error-as-text", summary: "Errors of media/get come as text/plain.", targets: "corp id or media id" },
  { name: "media.no-filename", summary: "No Content-Disposition on a download.", targets: "corp id or media id" },
  {
    name: "media.filename",
    summary: "Another file name in Content-Disposition.",
    targets: "corp id or media id",
    value: { type: "string", summary: "the name", default: "../../etc/passwd" },
  },
  {
    name: "media.content-type",
    summary: "Another Content-Type on a download.",
    targets: "corp id or media id",
    value: { type: "string", summary: "the type", default: "application/octet-stream" },
  },
  {
    name: "media.ignore-range",
    summary: "Range is ignored: HTTP 200 with everything.",
    targets: "corp id or media id",
  },
  {
    name: "media.slow",
    summary: "The download trickles.",
    targets: "corp id or media id",
    value: { type: "number", summary: "real milliseconds for the whole body", default: 3000 },
  },
  { name: "media.cut", summary: "The connection is cut in the middle of a download.", targets: "corp id or media id" },
  {
    name: "media.concurrency",
    summary: "More downloads of one media id at a time answer 45033.",
    targets: "corp id or media id",
    value: { type: "number", summary: "downloads at a time", default: 1 },
  },
];
