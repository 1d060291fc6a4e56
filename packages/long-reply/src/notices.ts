import { englishFileNotices, fileNotices } from "@wxgate/media";
import { z } from "zod";

/** The sentences about long replies and files, and their Chinese. */
export const noticesSchema = z.strictObject({
  moreWaits: z
    .string()
    .max(200)
    .default("（未完，回复任意内容查看后续）")
    .describe("Ends the last message that may be sent now; the rest waits for the person's next message."),
  truncated: z.string().max(200).default("（内容过长，已省略）").describe("Ends a reply whose rest was left out."),
  inFile: z
    .string()
    .max(200)
    .default("（完整内容见文件）")
    .describe("Ends the beginning of a reply that goes as a file."),
  ...fileNotices(z.string().min(1).max(200)),
  fileName: z.string().min(1).max(100).default("完整回复.txt").describe("The name of the file a long reply goes as."),
});
export type Notices = z.output<typeof noticesSchema>;

/** The same in English, to be laid under one's own. */
export const englishNotices = {
  moreWaits: "(More to come: reply with anything to read on.)",
  truncated: "(Too long; the rest was left out.)",
  inFile: "(The whole answer is in the file.)",
  ...englishFileNotices,
  fileName: "answer.txt",
} as const satisfies Notices;
