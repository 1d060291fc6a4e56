import type { FaultDefinition } from "../faults.ts";

const BOT = "bot id";

/** What can go wrong with an AI bot on callbacks, and what its documents leave open. */
export const BOT_WEBHOOK_FAULTS: readonly FaultDefinition[] = [
  { name: "bot.refresh.none", summary: "Bubbles are never asked for: their first content stays.", targets: BOT },
  { name: "bot.refresh.lost", summary: "The answer to a refresh is lost on its way.", targets: BOT },
  {
    name: "bot.refresh.fragile",
    summary: "A refresh that gets no answer at all is the last; an answer other than 200 always is.",
    targets: BOT,
  },
  {
    name: "bot.refresh.window",
    summary: "How long after the message its bubble is asked for; 360,000 ms when not set.",
    targets: BOT,
    value: { type: "number", summary: "milliseconds of simulated time", default: 600_000 },
  },
  {
    name: "bot.response-url.errcode",
    summary: "A message by response_url is refused with this number.",
    targets: BOT,
    value: { type: "number", summary: "errcode", default: 45009 },
  },
  { name: "bot.response-url.lost", summary: "It is shown, but the connection breaks before the answer.", targets: BOT },
  { name: "bot.response-url.none", summary: "Callbacks bring no response_url.", targets: BOT },
];
