import type { KfOptions } from "./config.ts";

/** The sentences customers see from the channel itself, in English: options to be laid under one's own. */
export const kfEnglish = {
  notices: {
    moreWaits: "(More to come: reply with anything to read on.)",
    truncated: "(Too long; the rest was left out.)",
    inFile: "(The whole answer is in the file.)",
    notSent: "(A file could not be sent: {reason})",
    notAvailable: "(A file could not be sent.)",
    fileName: "answer.txt",
  },
} as const satisfies Pick<KfOptions, "notices">;
