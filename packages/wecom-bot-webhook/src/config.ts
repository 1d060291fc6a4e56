import { type JsonValue, parseOptions } from "@wxgate/core";
import { botConfigShape, botNotices } from "@wxgate/wecom-bot-message";
import { callbackConfigShape } from "@wxgate/wecom-callback/config";
import { problemOfCard } from "@wxgate/wecom-card";
import { z } from "zod";

const CONSOLE_BOT = "WeCom admin console (or client), AI bot, API mode, URL callback";
const MIB = 1024 * 1024;

const notice = (text: string) => z.string().min(1, "is empty; people would see nothing").max(400).default(text);

/** Configuration of a `wecom-bot-webhook` channel. Keys that all channels have (path, agent, …) belong to the gateway. */
export const wecomBotWebhookConfigSchema = z.strictObject({
  type: z
    .literal("wecom-bot-webhook")
    .default("wecom-bot-webhook")
    .describe("WeCom AI bot (智能机器人) in callback mode; needs an address the platform reaches."),
  ...callbackConfigShape(CONSOLE_BOT),
  receiveId: z
    .string()
    .default("")
    .describe("The receiver every callback must name; empty, as for a bot of one's own enterprise: not checked."),
  botId: z
    .string()
    .regex(/^\S{1,128}$/, `must be the Bot ID (${CONSOLE_BOT}); it looks like "aib…"`)
    .optional()
    .describe(
      "The Bot ID: callbacks for other bots are refused. It also names the account; the channel's id does when absent.",
    ),
  apiBaseUrl: z
    .url({ protocol: /^https?$/, error: "must be a whole address with http:// or https://" })
    .default("https://qyapi.weixin.qq.com")
    .describe(
      "A host that answers may go to, beside Tencent's; only private deployments and the simulator need another address.",
    ),
  mediaHosts: z
    .array(z.string().regex(/^[0-9A-Za-z.-]+(?::\d+)?$/, "must be a host name, with a port if need be"))
    .default([])
    .describe("Further hosts from which people's files are fetched, beside Tencent's and that of `apiBaseUrl`."),
  ...botConfigShape,
  welcomeCard: botConfigShape.welcomeCard.refine((card) => problemOfCard(card, "bot") === undefined, {
    error: ({ input }) => problemOfCard(input as JsonValue, "bot"),
  }),
  streamWindowSeconds: z
    .number()
    .int()
    .min(60)
    .max(355, "must be 355 or less: the platform asks for 6 minutes")
    .default(330)
    .describe(
      "After so many seconds a bubble says that the answer comes in the next message; the platform asks for 6 minutes.",
    ),
  refreshIntervalMs: z
    .number()
    .int()
    .min(300, "must be 300 or more: nobody asks more often")
    .max(60_000)
    .default(500)
    .describe("The least time between two stored states of a growing answer, in milliseconds."),
  refreshPatienceSeconds: z
    .number()
    .int()
    .min(5)
    .max(300)
    .default(20)
    .describe(
      "When nobody fetches a finished bubble for so many seconds, the answer goes out by the message's `response_url`.",
    ),
  imageMaxBytes: z
    .number()
    .int()
    .min(1024)
    .max(10 * MIB, "must be 10485760 or less: the platform takes no more")
    .default(10 * MIB)
    .describe("Pictures of more bytes are made smaller; the platform takes 10 MiB."),
  notices: z
    .strictObject({
      ...botNotices,
      moreWaits: notice("（未完，回复“继续”查看其余内容）").describe(
        "Ends a piece when the rest waits for the next message.",
      ),
      images: notice("（见图）").describe("Stands above pictures that come without words."),
      lost: notice("（这条回复已无法继续显示，请重新发送消息）").describe("Ends a bubble that nobody knows any more."),
      sendAgain: notice("（消息没有收到，请稍后再发一次）").describe(
        "Ends the bubble of a message that could not be stored.",
      ),
    })
    .prefault({})
    .describe("The sentences people see from the channel itself."),
});

/** As written by an operator or importer. */
export type WecomBotWebhookOptions = z.input<typeof wecomBotWebhookConfigSchema>;
/** Checked, with its defaults. */
export type WecomBotWebhookConfig = z.output<typeof wecomBotWebhookConfigSchema>;

/** @throws Error that lists every wrong key in words. */
export function parseConfig(id: string, options: WecomBotWebhookOptions): WecomBotWebhookConfig {
  return parseOptions(wecomBotWebhookConfigSchema, { id, type: "wecom-bot-webhook" }, options);
}
