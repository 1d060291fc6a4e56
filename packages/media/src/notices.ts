import type { ZodString } from "zod";

/** What the receiver reads instead of a file. */
export interface FileNotices {
  /** Its form or size was wrong, or its upload was refused; `{reason}` stands for why. */
  readonly notSent: string;
  /** A guard refused it, or it is not there: nothing a receiver can use. */
  readonly notAvailable: string;
}

/**
 * Keys of a channel's configuration, with the sentences in Chinese.
 *
 * @param sentence what the channel takes as one: how long it may be, and what is said of one that is wrong
 */
export function fileNotices(sentence: ZodString) {
  return {
    notSent: sentence
      .default("（文件未能发送：{reason}）")
      .describe("Takes the place of a file that could not be sent; {reason} says why."),
    notAvailable: sentence
      .default("（有一个文件未能发送）")
      .describe("Takes the place of a file that could not be had."),
  };
}

/** The same in English, to be laid under one's own. */
export const englishFileNotices = {
  notSent: "(A file could not be sent: {reason})",
  notAvailable: "(A file could not be sent.)",
} as const satisfies FileNotices;
