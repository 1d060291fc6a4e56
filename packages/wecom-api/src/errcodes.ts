import { bug, type ErrcodeTable, giveUp, operator, wait } from "./errcode-rule.ts";

const MEDIA =
  "Check type, format and size of the file: image JPG or PNG 10 MB, voice AMR 2 MB, video MP4 10 MB, file 20 MB.";
const RECEIVER = "Check the receiver's id; the person or department must be inside the app's visible range.";
const GROUP =
  "The chat must have been created by this app with appchat/create, and its members must be in the app's visible range.";
const MALFORMED = "The platform calls the request malformed: please report this.";
const CREDENTIALS =
  "Copy corp id and secret again from the WeCom admin console; a secret that was reset stays valid nowhere.";

/**
 * The platform's numbers that mean the same in every API.
 *
 * https://developer.work.weixin.qq.com/document/path/90313
 */
export const SHARED_ERRCODES: ErrcodeTable = {
  [-1]: wait("wecom.busy", "WeCom is busy; this is tried again."),
  6000: wait("wecom.conflict", "Somebody changed the same data at this moment; this is tried again."),
  45009: wait("wecom.rate-limited", "Too many calls in a minute or an hour; sending goes on when the ban is over."),
  45033: wait("wecom.concurrency", "Too many calls at the same time; this is tried again.", { waitMs: 2_000 }),

  40001: operator("wecom.secret-refused", `The secret is wrong, was reset, or the app is disabled. ${CREDENTIALS}`),
  40013: operator("wecom.corp-id-refused", "The corp id is wrong; copy it from the WeCom admin console, My Company."),
  40014: operator(
    "wecom.token-refused",
    "WeCom refuses even a fresh token; check that the app is enabled and the secret is this app's.",
  ),
  42001: operator(
    "wecom.token-refused",
    "WeCom refuses even a fresh token; check that the app is enabled and the clock of this machine.",
  ),
  40056: operator(
    "wecom.agent-id-refused",
    "The agent id is wrong; copy it from the page of the app in the WeCom admin console.",
  ),
  40091: operator(
    "wecom.secret-of-another-corp",
    "The secret belongs to another enterprise than the corp id; copy both from the same console.",
  ),
  41002: operator("wecom.corp-id-missing", CREDENTIALS),
  41004: operator("wecom.secret-missing", CREDENTIALS),
  41011: operator(
    "wecom.agent-id-missing",
    "Set agentId to the number on the page of the app in the WeCom admin console.",
  ),
  48002: operator(
    "wecom.api-not-permitted",
    "The secret's app may not use this API; grant it in the WeCom admin console, or use the secret of the app that has it.",
  ),
  50003: operator("wecom.app-disabled", "The app is disabled; enable it in the WeCom admin console, App management."),
  60011: operator(
    "wecom.out-of-range",
    "The app has no right on this member or department; add them to its visible range in the WeCom admin console.",
  ),
  60020: operator(
    "wecom.ip-not-trusted",
    "Add this machine's public address to the app's trusted IPs (企业可信IP) in the WeCom admin console, page of the app; a change takes a minute. Or set egressProxyUrl to a proxy that has a trusted address.",
  ),
  301002: operator(
    "wecom.agent-not-permitted",
    "The secret does not belong to this agent id; copy both from the page of the same app.",
  ),

  41001: bug("wecom.token-missing", MALFORMED),
  40063: bug("wecom.empty-parameter", MALFORMED),

  40007: giveUp(
    "wecom.media-expired",
    "The media id is wrong, older than 3 days, or of another type than the message.",
  ),
  40004: giveUp("wecom.media-type", MEDIA),
  40005: giveUp("wecom.media-type", MEDIA),
  40006: giveUp("wecom.media-size", `${MEDIA} Every file needs more than 5 bytes.`),
  40009: giveUp("wecom.media-size", MEDIA),
  40011: giveUp("wecom.media-size", MEDIA),
  41006: giveUp("wecom.media-missing", "The message names no media id."),
  44001: giveUp("wecom.media-empty", "The file is empty; every file needs more than 5 bytes."),
  45001: giveUp("wecom.media-size", MEDIA),
  45007: giveUp("wecom.voice-too-long", "A voice message has at most 60 seconds; send it as a file."),
  301016: giveUp("wecom.voice-format", "A voice message must be AMR; send it as a file."),
  301017: giveUp("wecom.voice-format", "A voice message must be AMR; send it as a file."),
  830002: giveUp("wecom.download-too-large", "The file is too large for one request."),

  40003: giveUp("wecom.receiver-unknown", RECEIVER),
  40031: giveUp("wecom.receiver-unknown", RECEIVER),
  40032: giveUp("wecom.receiver-count", "A call takes at most 1000 members."),
  40066: giveUp("wecom.receiver-unknown", RECEIVER),
  40068: giveUp("wecom.receiver-unknown", "Tags are named by their number, not by their name."),
  40070: giveUp("wecom.receiver-unknown", RECEIVER),
  46004: giveUp("wecom.receiver-unknown", RECEIVER),
  50002: giveUp("wecom.receiver-out-of-range", RECEIVER),
  60111: giveUp("wecom.receiver-unknown", RECEIVER),
  81013: giveUp("wecom.receiver-out-of-range", `Nobody received it. ${RECEIVER}`),
  82001: giveUp("wecom.receiver-missing", "Name at least one member, department or tag."),
  82002: giveUp("wecom.receiver-count", "A call takes at most 100 departments."),
  82003: giveUp("wecom.receiver-count", "A call takes at most 100 tags."),
  40050: giveUp("wecom.chat-unknown", GROUP),
  86001: giveUp("wecom.chat-unknown", GROUP),
  86003: giveUp("wecom.chat-unknown", GROUP),
  86004: giveUp("wecom.chat-name", "The name of a group has at most 50 characters."),
  86005: giveUp("wecom.chat-owner", GROUP),
  86006: giveUp("wecom.chat-size", "A group has 2 to 2000 members."),
  86007: giveUp("wecom.chat-member", GROUP),
  86008: giveUp("wecom.chat-not-own", GROUP),
  86216: giveUp("wecom.chat-member", GROUP),
  86217: giveUp("wecom.chat-member", GROUP),
  86220: giveUp("wecom.chat-member", GROUP),

  40008: giveUp("wecom.message-type", "The platform does not take this type of message here."),
  40033: giveUp("wecom.bad-request", MALFORMED),
  40035: giveUp("wecom.bad-request", MALFORMED),
  40058: giveUp(
    "wecom.bad-request",
    "A value of the message has a form the platform does not take; its own words say which.",
  ),
  40074: giveUp("wecom.news-not-safe", "News messages cannot be confidential (safe)."),
  40201: giveUp(
    "wecom.blocked-as-spam",
    "WeCom takes the message for spam; look into the WeCom admin console for a warning.",
  ),
  41016: giveUp("wecom.title-missing", "The message needs a title."),
  41033: giveUp("wecom.description-missing", "The message needs a description."),
  44004: giveUp("wecom.text-empty", "The text is empty."),
  45002: giveUp("wecom.text-too-long", "The text is longer than the platform takes."),
  45008: giveUp("wecom.too-many-articles", "A message takes at most 8 articles."),
  45032: giveUp("wecom.url-too-long", "A link has at most 2048 bytes."),
  85002: giveUp("wecom.forbidden-words", "The text contains words that WeCom forbids."),
  90207: giveUp(
    "wecom.miniprogram-not-linked",
    "Link the mini program to the enterprise in the WeCom admin console first.",
  ),
};
