import type { FaultDefinition } from "../faults.ts";

const APP = "corp id or agent id";
const APP_OR_MEMBER = "corp id, agent id or userid";
const CHAT = "corp id, agent id or chat id";

/** What can go wrong with self-built apps alone, and what their documents leave open. */
export const APP_FAULTS: readonly FaultDefinition[] = [
  {
    name: "app.send.per-minute",
    summary: "Another number of messages a minute per member, beyond which they are dropped silently; 30 when not set.",
    targets: APP_OR_MEMBER,
    value: { type: "number", summary: "messages", default: 30 },
  },
  {
    name: "app.userid.any-characters",
    summary: "Userids of any characters, at most 64 bytes: which characters they may have is not sure.",
    targets: APP_OR_MEMBER,
  },
  {
    name: "app.chat.per-minute",
    summary:
      "Another number of messages a minute that one member gets from all group chats of the app; 200 when not set.",
    targets: CHAT,
    value: { type: "number", summary: "messages", default: 200 },
  },
  {
    name: "app.chat.per-day",
    summary: "Another number of messages a day that one member gets from all group chats; 10,000 when not set.",
    targets: CHAT,
    value: { type: "number", summary: "messages", default: 10_000 },
  },
  {
    name: "app.chat.corp-per-minute",
    summary: "Another number of receivers a minute for all group chats of the corp; 20,000 when not set.",
    targets: CHAT,
    value: { type: "number", summary: "receivers", default: 20_000 },
  },
  {
    name: "app.chat.corp-per-hour",
    summary: "Another number of receivers an hour for all group chats of the corp; 300,000 when not set.",
    targets: CHAT,
    value: { type: "number", summary: "receivers (newer texts: 150,000, 350,000 or 700,000)", default: 150_000 },
  },
  {
    name: "app.callback.attempts",
    summary: "Deliveries of one callback in all, whatever else is set (the documents allow 3 or 4).",
    targets: APP,
    value: { type: "number", summary: "attempts", default: 3 },
  },
  {
    name: "app.callback.agent-id",
    summary: "Callbacks name another app.",
    targets: APP,
    value: { type: "string", summary: "the AgentID", default: "999999" },
  },
  { name: "app.callback.no-cdata", summary: "Callbacks come without CDATA.", targets: APP },
  { name: "app.callback.shuffle", summary: "Elements of callbacks come in reverse order.", targets: APP },
  { name: "app.callback.extra-elements", summary: "Callbacks hold elements that no document names.", targets: APP },
  {
    name: "app.callback.huge",
    summary: "Callbacks are filled up with an unknown element.",
    targets: APP,
    value: { type: "number", summary: "bytes", default: 2_000_000 },
  },
  {
    name: "app.callback.same-msgid",
    summary: "Messages come with one and the same MsgId.",
    targets: APP,
    value: { type: "string", summary: "the MsgId", default: "7023415566778899001" },
  },
  { name: "app.tap.ignore-reply", summary: "The passive reply to a tap is not shown.", targets: APP_OR_MEMBER },
];
