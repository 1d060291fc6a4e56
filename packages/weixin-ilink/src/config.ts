import { parseOptions } from "@wxgate/core";
import { noticesSchema } from "@wxgate/long-reply";
import { z } from "zod";
import { isBotAgent } from "./bot-agent.ts";

const address = () => z.url({ protocol: /^https?$/, error: "must be a whole address with http:// or https://" });

/** Configuration of a `weixin-ilink` channel. Keys that all channels have (agent, allowFrom, …) belong to the gateway. */
export const weixinIlinkConfigSchema = z.strictObject({
  type: z
    .literal("weixin-ilink")
    .default("weixin-ilink")
    .describe("A personal WeChat bot (微信 iLink): the person scans a QR code."),
  baseUrl: address()
    .default("https://ilinkai.weixin.qq.com")
    .describe(
      "Where QR codes come from; after a login the address the platform names is used. Only the simulator needs another.",
    ),
  cdnBaseUrl: address()
    .default("https://novac2c.cdn.weixin.qq.com/c2c")
    .describe("Where pictures and files are kept; only the simulator needs another address."),
  token: z
    .string()
    .regex(/^[!-~]+$/, "must be a bot token as a login gives it, <bot id>:<secret>, without spaces")
    .optional()
    .describe("A bot token in place of a login by QR code; absent with `wxgate login`, which keeps the token itself."),
  userId: z
    .string()
    .regex(/^[!-~]+@im\.wechat$/, 'must be the person\'s id, ending in "@im.wechat", with its case')
    .optional()
    .describe(
      "Who scanned for `token`, by id with its case: this person is served, and conversations survive another token.",
    ),
  redirectHosts: z
    .array(z.string().regex(/^[a-z0-9.-]+(:\d+)?$/i, "must be a host name, without https://"))
    .default([])
    .describe("Hosts outside weixin.qq.com that the platform may send a login to."),
  clientVersion: z
    .string()
    .regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/, "must be three numbers, such as 2.4.9")
    .default("2.4.9")
    .describe("The client version told to the platform; a too old one makes phones refuse the QR code."),
  botAgent: z
    .string()
    .refine(isBotAgent, "must be products such as MyBot/1.2 (comment), 256 bytes at most")
    .default("wxgate/0.1.0")
    .describe("The name of the program that is told to the platform."),
  routeTag: z.string().min(1).optional().describe("Sent as `SKRouteTag`; only for those whom the platform told to."),
  textLimit: z
    .number()
    .int()
    .min(50)
    .max(15_000)
    .default(4_000)
    .describe("Most characters of one message; some phones cut off after 2000. Never more than 15000 bytes."),
  replyWindow: z
    .strictObject({
      hours: z
        .number()
        .positive()
        .max(24)
        .default(24)
        .describe("How long after a person's message it can be answered, in hours; WeChat allows 24."),
      messages: z
        .number()
        .int()
        .min(2)
        .max(10)
        .default(10)
        .describe("How many messages may answer one of the person's; WeChat allows 10."),
    })
    .prefault({})
    .describe("WeChat's limits on answers; lower them to keep a reserve."),
  gapMs: z
    .number()
    .int()
    .min(0)
    .default(1_000)
    .describe("The least time between two messages of one account, in milliseconds; faster ones are refused."),
  groupMessages: z
    .enum(["drop", "accept"])
    .default("drop")
    .describe("Whether messages that come from a group are kept; ordinary bots get none."),
  typing: z.boolean().default(true).describe('Show "typing" while an answer is being written.'),
  toolProgress: z
    .boolean()
    .default(false)
    .describe("Show the agent's tool calls as progress lines; each counts as one of the answers WeChat allows."),
  alertUrl: address()
    .optional()
    .describe(
      "An address that gets a POST when an account must be scanned anew, and when it works again; nobody is told when absent.",
    ),
  notices: noticesSchema.prefault({}).describe("The sentences people see from the channel itself."),
});

/** As written by an operator or importer. */
export type IlinkOptions = z.input<typeof weixinIlinkConfigSchema>;
/** Checked, with its defaults. */
export type IlinkConfig = z.output<typeof weixinIlinkConfigSchema>;

/** @throws Error that lists every wrong key in words. */
export function parseConfig(id: string, options: IlinkOptions): IlinkConfig {
  return parseOptions(weixinIlinkConfigSchema, { id, type: "weixin-ilink" }, options);
}
