import { parseOptions } from "@wxgate/core";
import { fileNotices } from "@wxgate/media";
import { callbackConfigShape } from "@wxgate/wecom-callback/config";
import { z } from "zod";

const APP_PAGE = "WeCom admin console, App management, the page of the app";
const CALLBACK_PAGE = "the page of the app, Receive messages (接收消息), Set API receive";

const AGENT_ID = `must be the AgentId, a number such as 1000002 (${APP_PAGE})`;

const callbackKeys = callbackConfigShape(CALLBACK_PAGE);
const notice = (text: string) => z.string().max(200).default(text);

/** Configuration of a `wecom-agent-xml` channel. Keys that all channels have (path, agent, dmPolicy, …) belong to the gateway. */
export const agentXmlConfigSchema = z
  .strictObject({
    type: z.literal("wecom-agent-xml").default("wecom-agent-xml").describe("WeCom self-built app (企业微信自建应用)."),
    corpId: z
      .string()
      .min(1, "is empty; copy it from the WeCom admin console, My Company, at the bottom")
      .describe("The corp id, `ww…`: WeCom admin console, My Company, at the bottom. Needed here or in `defaults`."),
    secret: z.string().min(1, `is empty; copy it from the ${APP_PAGE}`).describe(`The Secret of the app: ${APP_PAGE}.`),
    agentId: z
      .union([z.int().nonnegative(), z.string().regex(/^[0-9]{1,15}$/, AGENT_ID)], { error: AGENT_ID })
      .describe(`The AgentId of the app, a number: ${APP_PAGE}. Needed here or in \`defaults\`.`),
    ...callbackKeys,
    token: callbackKeys.token
      .optional()
      .describe(`The Token: ${CALLBACK_PAGE}. Without it and \`encodingAESKey\` the app only sends.`),
    encodingAESKey: callbackKeys.encodingAESKey.optional(),
    apiBaseUrl: z
      .url({ protocol: /^https?$/, error: "must be a whole address with http:// or https://" })
      .default("https://qyapi.weixin.qq.com")
      .describe("Where the platform's API is; only private deployments and the simulator need another address."),

    welcomeText: z
      .string()
      .min(1, "is empty; leave the key out to say nothing")
      .optional()
      .describe("Said to a member who opens the app or is given it; nothing when absent."),
    welcomeEveryHours: z
      .number()
      .positive()
      .max(24 * 365)
      .default(24)
      .describe("A member is welcomed at most once in so many hours, however often the app is opened."),
    menu: z
      .record(z.string(), z.string().min(1))
      .default({})
      .describe('What a tap on a "click" item of the app\'s menu says, by its key; `/<key>` when it is not here.'),

    format: z
      .enum(["unicode", "plain", "markdown"])
      .default("unicode")
      .describe(
        "How Markdown is sent: as text with Unicode letters for bold and the like, as bare text, or as WeCom's Markdown, which the WeChat plugin does not show.",
      ),
    safe: z.boolean().default(false).describe("Confidential: receivers cannot forward it, and see a watermark."),
    allowBroadcast: z
      .boolean()
      .default(false)
      .describe('true: messages may be sent to "@all", everybody who can see the app.'),
    duplicateCheck: z
      .boolean()
      .default(true)
      .describe("Have WeCom drop a repeat of a message whose fate is unknown, such as after a time-out."),
    limits: z
      .strictObject({
        perMinute: z
          .number()
          .int()
          .min(1)
          .max(30, "WeCom drops more than 30 silently")
          .default(25)
          .describe("Most messages to one member in a minute; WeCom drops more than 30 silently."),
        perHour: z
          .number()
          .int()
          .min(1)
          .max(1000, "WeCom drops more than 1000 silently")
          .default(900)
          .describe("Most messages to one member in an hour; WeCom drops more than 1000 silently."),
      })
      .prefault({})
      .describe("How many messages go to one member; the rest waits."),
    groupLimits: z
      .strictObject({
        perMinute: z
          .number()
          .int()
          .min(1)
          .max(200, "WeCom drops more than 200 silently")
          .default(180)
          .describe(
            "Most messages a member gets from all group chats in a minute; WeCom drops more than 200 silently.",
          ),
        perDay: z
          .number()
          .int()
          .min(1)
          .max(10_000, "WeCom drops more than 10,000 silently")
          .default(9_000)
          .describe("Most messages a member gets from all group chats in a day; WeCom drops more than 10000 silently."),
        receiversPerMinute: z
          .number()
          .int()
          .min(1)
          .max(20_000)
          .default(18_000)
          .describe("Most messages times members of all group chats in a minute."),
        receiversPerHour: z
          .number()
          .int()
          .min(1)
          .max(700_000)
          .default(270_000)
          .describe("Most messages times members of all group chats in an hour."),
      })
      .prefault({})
      .describe("How many messages go to group chats; the rest waits."),
    cardDone: notice("已提交").describe(
      "Stands on the buttons of a card after one was tapped; when it is empty, cards stay as they are.",
    ),
    notices: z
      .strictObject({
        asFile: notice("（以文件形式发送：{reason}）").describe(
          "Stands beside a picture, voice or video that had to go as a file; {reason} says why. Empty: nothing is said.",
        ),
        ...fileNotices(z.string().min(1).max(200)),
        noHuman: notice("（这里没有人工客服）").describe(
          "Said when the agent wants to hand over to a human and has no words for it.",
        ),
        choose: z
          .string()
          .min(1)
          .max(30)
          .default("请选择")
          .describe("The title of a card made of a menu without a head."),
        submit: z
          .string()
          .min(1)
          .max(10)
          .default("提交")
          .describe("Stands on the button of a card's form that names none."),
        miniprogram: z.string().min(1).max(30).default("小程序").describe("The title of a mini program that has none."),
      })
      .prefault({})
      .describe("The sentences members see from the channel itself."),
  })
  .superRefine(({ token, encodingAESKey }, context) => {
    if ((token === undefined) === (encodingAESKey === undefined)) return;
    const missing = token === undefined ? "token" : "encodingAESKey";
    const message = "is missing: token and encodingAESKey belong together; leave both out for an app that only sends";
    context.addIssue({ code: "custom", path: [missing], message });
  });

/** As written by an operator or importer. */
export type AgentXmlOptions = z.input<typeof agentXmlConfigSchema>;
/** Checked, with its defaults. */
export type AgentXmlConfig = z.output<typeof agentXmlConfigSchema>;

/** @throws Error that lists every wrong key in words. */
export function parseConfig(id: string, options: AgentXmlOptions): AgentXmlConfig {
  return parseOptions(agentXmlConfigSchema, { id, type: "wecom-agent-xml" }, options);
}
