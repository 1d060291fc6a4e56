import type { FaultDefinition } from "../faults.ts";

const COMMAND = "bot id, command or chat";
const BOT = "bot id";

/** What can go wrong with an AI bot's long connection, and what its documents leave open. */
export const BOT_FAULTS: readonly FaultDefinition[] = [
  { name: "bot.ack.drop", summary: "A command is carried out, its acknowledgement is lost.", targets: COMMAND },
  {
    name: "bot.ack.delay",
    summary: "The acknowledgement comes late.",
    targets: COMMAND,
    value: { type: "number", summary: "milliseconds of simulated time", default: 6_000 },
  },
  { name: "bot.ack.duplicate", summary: "The acknowledgement comes twice.", targets: COMMAND },
  {
    name: "bot.ack.errcode",
    summary: "A command is refused with this number and not carried out.",
    targets: COMMAND,
    value: { type: "number", summary: "errcode", default: 45009 },
  },
  { name: "bot.command.lost", summary: "A command is neither carried out nor acknowledged.", targets: COMMAND },
  {
    name: "bot.command.drop",
    summary: "The connection breaks when the command arrives, before it is carried out.",
    targets: COMMAND,
  },
  {
    name: "bot.command.drop-after",
    summary: "The command is carried out, then the connection breaks.",
    targets: COMMAND,
  },
  { name: "bot.subscribe.silent", summary: "A subscription is never answered.", targets: BOT },
  { name: "bot.pong.silent", summary: "Pings are not answered: a connection that is half open.", targets: BOT },
  { name: "bot.forget", summary: "The platform forgets the subscription: 846609 until the next.", targets: COMMAND },
  { name: "bot.callback.duplicate", summary: "A callback comes twice.", targets: BOT },
  { name: "bot.callback.control-byte", summary: "A raw control byte stands inside a callback's text.", targets: BOT },
  { name: "bot.callback.binary", summary: "Frames come as binary messages.", targets: BOT },
  {
    name: "bot.kick.close-delay",
    summary: "How long an old connection stays open after its kick; 2,000 ms when not set.",
    targets: BOT,
    value: { type: "number", summary: "milliseconds of simulated time", default: 313_000 },
  },
  {
    name: "bot.stream.window",
    summary: "How long a stream takes updates; 600,000 ms when not set.",
    targets: BOT,
    value: { type: "number", summary: "milliseconds", default: 360_000 },
  },
  {
    name: "bot.stream.ok-after-finish",
    summary: "Frames after the last are acknowledged, and change nothing.",
    targets: BOT,
  },
  {
    name: "bot.stream.refreshes-count",
    summary: "Refreshes count against the limits of a conversation.",
    targets: BOT,
  },
  {
    name: "bot.markdown.limit",
    summary: "Markdown of the bot's own accord may have fewer bytes; 20,480 when not set.",
    targets: BOT,
    value: { type: "number", summary: "bytes", default: 4_096 },
  },
  { name: "bot.no-limits", summary: "No limits per minute and hour.", targets: BOT },
  { name: "bot.cdn.busy", summary: "The file server answers 503.", targets: BOT },
  { name: "bot.cdn.wrong-key", summary: "The key beside the address opens another file.", targets: BOT },
  { name: "bot.cdn.plain-name", summary: "The file's name comes percent-encoded in filename= alone.", targets: BOT },
  { name: "bot.mcp.stateful", summary: "The servers of the bot's tools keep sessions.", targets: BOT },
  { name: "bot.mcp.events", summary: "They answer with events, a notification first.", targets: BOT },
  { name: "bot.mcp.session-lost", summary: "They forget a session: 404.", targets: BOT },
  { name: "bot.mcp.wrong-id", summary: "They answer another request.", targets: BOT },
  { name: "bot.mcp.slow-headers", summary: "They take ten minutes to begin.", targets: BOT },
  { name: "bot.mcp.slow-body", summary: "They take ten minutes to end.", targets: BOT },
  {
    name: "bot.mcp.rpc-error",
    summary: "They refuse in JSON-RPC's words.",
    targets: BOT,
    value: { type: "number", summary: "the code: -32001, -32002, -32003 …", default: -32001 },
  },
];
