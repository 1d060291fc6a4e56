import { fileNotices } from "@wxgate/media";
import { z } from "zod";
import { CONTENT_BYTES } from "./limits.ts";

const sentence = z.string().min(1, "is empty; people would see nothing").max(400);
const notice = (text: string) => sentence.default(text);

/** Sentences of both transports; a channel may add its own. */
export const botNotices = {
  nothing: notice("（本次没有回复内容）").describe("Ends a bubble whose answer is empty."),
  attachment: notice("（请查看下面的消息）").describe("Ends a bubble whose answer is a file or a card."),
  continues: notice("⏳ 处理时间较长，回复将显示在下一条消息中").describe("Ends a bubble before its time is over."),
  merged: notice("（已合并到后面的回复中）").describe(
    "Ends the bubble of a message that is answered with a later one.",
  ),
  cardDone: z.string().min(1).max(10).default("已提交").describe("Stands on the button of a card that was used."),
  truncated: notice("（内容过长，已省略）").describe("Ends a reply whose rest was left out."),
  inFile: notice("（完整内容见文件）").describe("Ends the beginning of a reply that goes as a file."),
  ...fileNotices(sentence),
  noHuman: notice("（此机器人无法转接人工）").describe(
    "Said when the agent wants to hand over to a human and has no words for it.",
  ),
  choose: z.string().min(1).max(30).default("请选择").describe("The title of a card made of a menu without a head."),
  submit: z.string().min(1).max(10).default("提交").describe("Stands on the button of a card's form that names none."),
  fileName: z.string().min(1).max(100).default("完整回复.md").describe("The name of the file a long reply goes as."),
} as const;

/** Keys of the bot's configuration that mean the same on both transports; each channel's schema spreads them. */
export const botConfigShape = {
  botName: z
    .string()
    .min(1, "is empty; leave the key out when the name is not known")
    .optional()
    .describe(
      "The name members see: its mention is taken out of group messages. When absent, a mention at the very start is.",
    ),
  welcomeText: z
    .string()
    .min(1, "is empty; leave the key out to say nothing")
    .optional()
    .describe("Said to a member who opens the chat, once a day; nothing when absent."),
  welcomeCard: z.record(z.string(), z.json()).optional().describe("A template card instead of `welcomeText`."),
  sendThinkingMessage: z.boolean().default(true).describe("Show a bubble at once, before the agent's first word."),
  streamPlaceholderContent: z
    .string()
    .min(1, "is empty; switch `sendThinkingMessage` off to show nothing")
    .max(400)
    .default("⏳ 正在思考…")
    .describe("What the bubble of `sendThinkingMessage` says; `<think></think>` shows the client's own sign."),
  showThinking: z
    .boolean()
    .default(false)
    .describe("Show what a model thinks before it answers, folded; the agent must tell it, see its `showReasoning`."),
  streamMaxBytes: z
    .number()
    .int()
    .min(64)
    .max(CONTENT_BYTES, `must be ${CONTENT_BYTES} or less: the platform takes no more`)
    .default(CONTENT_BYTES)
    .describe("Most bytes of one bubble; the rest of an answer goes on in the next message. The platform takes 20480."),
  feedback: z.boolean().default(true).describe("Let people rate answers with 👍 and 👎."),
  notices: z.strictObject(botNotices).prefault({}).describe("The sentences people see from the channel itself."),
} as const;

/** The shared keys, checked and with defaults. */
export type BotConfig = z.output<z.ZodObject<typeof botConfigShape>>;
