import type { FaultDefinition } from "../faults.ts";

const ACCOUNT = "corp id or open_kfid";
const ACCOUNT_OR_PERSON = "corp id, open_kfid or person";

/** What can go wrong with WeChat Customer Service alone, and what its documents leave open. */
export const KF_FAULTS: readonly FaultDefinition[] = [
  {
    name: "kf.callback.burst",
    summary: "Several callbacks at once for one message, each with its own Token.",
    targets: ACCOUNT,
    value: { type: "number", summary: "how many callbacks", default: 10 },
  },
  { name: "kf.callback.omit-open-kfid", summary: "The callback has no OpenKfId, as in 2021.", targets: ACCOUNT },
  {
    name: "kf.sync.page-cap",
    summary: "A page holds fewer messages than asked for.",
    targets: ACCOUNT,
    value: { type: "number", summary: "messages per page", default: 1 },
  },
  {
    name: "kf.sync.empty-page",
    summary: "An empty page with has_more 1; the cursor still advances by nothing.",
    targets: ACCOUNT,
  },
  { name: "kf.sync.stuck-cursor", summary: "has_more 1 and the same next_cursor as was sent.", targets: ACCOUNT },
  { name: "kf.sync.no-next-cursor", summary: "next_cursor is missing.", targets: ACCOUNT },
  { name: "kf.sync.no-list", summary: "msg_list is missing on an empty page.", targets: ACCOUNT },
  {
    name: "kf.sync.duplicate-items",
    summary: "The page begins with messages from before its cursor.",
    targets: ACCOUNT,
    value: { type: "number", summary: "how many", default: 1 },
  },
  { name: "kf.sync.reverse", summary: "The page's messages come newest first.", targets: ACCOUNT },
  {
    name: "kf.sync.invalid-token",
    summary: "The msg token is refused with 95007, though it is fresh.",
    targets: ACCOUNT,
  },
  {
    name: "kf.sync.tokenless-interval-ms",
    summary: "Another interval between calls without token, per account; 5,000 ms when not set.",
    targets: ACCOUNT,
    value: { type: "number", summary: "milliseconds; 0 lifts the limit", default: 0 },
  },
  {
    name: "kf.send.fail-later",
    summary: "The message is accepted and fails afterwards: msg_send_fail.",
    targets: ACCOUNT_OR_PERSON,
    value: { type: "number", summary: "fail_type", default: 0 },
  },
  {
    name: "kf.send.past-window-errcode",
    summary: "What a send after 48 hours is refused with; 95002 when not set.",
    targets: ACCOUNT_OR_PERSON,
    value: { type: "number", summary: "errcode, such as 95018 or 95031", default: 95018 },
  },
  {
    name: "kf.send.reject-long-text",
    summary: "Text over 2,048 bytes is refused with 45002 instead of being cut off.",
    targets: ACCOUNT_OR_PERSON,
  },
  {
    name: "kf.send.duplicate-errcode",
    summary: "What a second send with one msgid is refused with; 40058 when not set.",
    targets: ACCOUNT_OR_PERSON,
    value: { type: "number", summary: "errcode", default: 40058 },
  },
  { name: "kf.send.no-business-card", summary: "business_card is refused with 40008.", targets: ACCOUNT_OR_PERSON },
  {
    name: "kf.send.quota",
    summary: "Another number of messages per customer message; 5 when not set.",
    targets: ACCOUNT_OR_PERSON,
    value: { type: "number", summary: "messages", default: 5 },
  },
  {
    name: "kf.send.on-event-counts",
    summary: "Welcome and closing messages count against the quota.",
    targets: ACCOUNT_OR_PERSON,
  },
  { name: "kf.tap.keeps-quota", summary: "A tapped menu item does not reset the quota.", targets: ACCOUNT_OR_PERSON },
  {
    name: "kf.session.to-servicer",
    summary: "New sessions go to a human at once (state 3), as when servicers are online.",
    targets: ACCOUNT_OR_PERSON,
    value: { type: "string", summary: "the servicer", default: "zhangsan" },
  },
  {
    name: "kf.session.transitions",
    summary: "Allowed changes of the session's state.",
    targets: ACCOUNT_OR_PERSON,
    value: {
      type: "json",
      summary: 'from → to, such as { "3": [1, 3, 4] }; what is not named stays',
      default: { "2": [1, 3, 4], "3": [1, 3, 4] },
    },
  },
  { name: "kf.inbound.any-size", summary: "Customers' files are not limited in size.", targets: ACCOUNT_OR_PERSON },
  { name: "kf.event.no-msgid", summary: "Events come without msgid.", targets: ACCOUNT },
];
