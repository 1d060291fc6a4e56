import { englishFileNotices } from "@wxgate/media";
import type { BotConfig } from "./config.ts";

/** The sentences of both transports in English; a channel adds its own. */
export const botEnglish = {
  streamPlaceholderContent: "⏳ Thinking…",
  notices: {
    nothing: "(There is no answer this time.)",
    attachment: "(See the message below.)",
    continues: "⏳ This takes longer; the answer comes as the next message.",
    merged: "(Answered together with a later message.)",
    cardDone: "Done",
    truncated: "(Too long; the rest was left out.)",
    inFile: "(The whole answer is in the file.)",
    ...englishFileNotices,
    noHuman: "(This bot cannot hand over to a human.)",
    choose: "Please choose",
    submit: "Submit",
    fileName: "answer.md",
  },
} as const satisfies Pick<BotConfig, "streamPlaceholderContent" | "notices">;
