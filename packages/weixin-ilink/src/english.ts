import type { IlinkOptions } from "./config.ts";

/** The sentences people see from the channel itself, in English: options to be laid under one's own. */
export const weixinIlinkEnglish = {
  notices: {
    moreWaits: "(More to come: reply with anything to read on.)",
    truncated: "(Too long; the rest was left out.)",
    inFile: "(The whole answer is in the file.)",
    notSent: "(A file could not be sent: {reason})",
    notAvailable: "(A file could not be sent.)",
    fileName: "answer.txt",
  },
} as const satisfies Pick<IlinkOptions, "notices">;
