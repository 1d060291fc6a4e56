import { parseOptions } from "@wxgate/core";
import { noticesSchema } from "@wxgate/long-reply";
import { callbackConfigShape } from "@wxgate/wecom-callback/config";
import { z } from "zod";

const CONSOLE_KF = "WeCom admin console, WeChat Customer Service, API (or the KF console, Development)";

const itemText = z.string().min(1).describe("What the item says. Alone it is a line that cannot be tapped.");
const itemId = z.string().min(1).describe("What the agent is told when the customer taps the item.");

const menuItemSchema = z.union([
  z.strictObject({ id: itemId, text: itemText }),
  z.strictObject({
    url: z
      .url("must be a whole address with https://")
      .describe("The page that a tap opens, for an item without `id`."),
    text: itemText,
  }),
  z.strictObject({
    appId: z.string().min(1).describe("The mini program that a tap opens, for an item without `id`."),
    path: z.string().min(1).describe("The page of that mini program."),
    text: itemText,
  }),
  z.strictObject({ text: itemText }),
]);

const menuSchema = z.strictObject({
  head: z.string().optional().describe("The line above the items of a menu."),
  items: z
    .array(menuItemSchema)
    .min(1, "needs at least one item")
    .max(10, "WeChat shows at most 10 items")
    .describe("The items of a menu, at most 10."),
  tail: z.string().optional().describe("The line under the items of a menu."),
});

/** What may answer an event: a sentence or a menu. */
const greetingSchema = z.union([z.string().min(1, "is empty; leave the key out to say nothing"), menuSchema], {
  error: "must be a text, or a menu { head?, items: [{ id, text } | { url, text } | …], tail? }",
});
export type Greeting = z.output<typeof greetingSchema>;

const accountIdSchema = z.string().regex(/^[0-9A-Za-z_-]+$/, "must be an open_kfid such as wkAJ2GCAAASSm4");

/** Configuration of a `kf` channel. Keys that all channels have (path, agent, dmPolicy, …) belong to the gateway. */
export const kfConfigSchema = z.strictObject({
  type: z.literal("kf").default("kf").describe("WeChat Customer Service (微信客服): WeChat users write to a company."),
  corpId: z
    .string()
    .min(1, "is empty; copy it from the WeCom admin console, My Company, at the bottom")
    .describe("The corp id, `ww…`: WeCom admin console, My Company, at the bottom. Needed here or in `defaults`."),
  secret: z
    .string()
    .min(1, "is empty; leave the key out until the console shows it (after the callback address was saved)")
    .optional()
    .describe(
      "The Secret of the self-built app that manages the accounts, or of the KF console. May follow after the callback check.",
    ),
  ...callbackConfigShape(CONSOLE_KF),
  apiBaseUrl: z
    .url({ protocol: /^https?$/, error: "must be a whole address with http:// or https://" })
    .default("https://qyapi.weixin.qq.com")
    .describe("Where the platform's API is; only private deployments and the simulator need another address."),

  welcomeText: greetingSchema
    .optional()
    .describe(
      "Said when a customer opens the chat, within WeChat's 20 seconds: a text, or a menu. Nothing when absent.",
    ),
  welcome: z
    .strictObject({
      scenes: z
        .record(z.string(), greetingSchema)
        .default({})
        .describe("By the `scene` in the link the customer came by: a text, or a menu."),
      accounts: z
        .record(accountIdSchema, greetingSchema)
        .default({})
        .describe("By the account's open_kfid: a text, or a menu."),
    })
    .prefault({})
    .describe("Greetings that stand before `welcomeText`: the scene's, else the account's."),
  closingText: greetingSchema.optional().describe("Said when a human ends the session: a text, or a menu."),

  accounts: z
    .strictObject({
      allow: z
        .array(accountIdSchema)
        .optional()
        .describe("Only these accounts are served, by open_kfid; all that are found when absent."),
      deny: z.array(accountIdSchema).default([]).describe("Accounts that are left alone, by open_kfid."),
    })
    .prefault({})
    .describe("Which accounts are served; they are found by themselves."),
  catchUpIntervalSeconds: z
    .number()
    .int()
    .min(60, "must be 60 or more: WeChat limits pulls without a callback strictly")
    .max(86_400)
    .default(300)
    .describe(
      "How often messages are fetched without a callback, in seconds, in case one was lost; WeChat limits this strictly.",
    ),
  backfill: z
    .boolean()
    .default(false)
    .describe("Answer what customers wrote before the first contact with an account, too."),
  maxMessageAgeHours: z
    .number()
    .positive()
    .max(48, "must be 48 or less: nothing can be answered later")
    .default(48)
    .describe(
      "Messages older than so many hours are kept as history and not answered; WeChat takes no answer after 48.",
    ),

  handoff: z
    .strictObject({
      operator: z
        .string()
        .min(1)
        .optional()
        .describe("The servicer who gets the customer, by WeCom userid; the waiting pool when absent."),
      text: z.string().min(1).optional().describe("Said to the customer when a human takes over; nothing when absent."),
      keywords: z.array(z.string().min(1)).default([]).describe("Messages that ask for a human, each as a whole."),
    })
    .prefault({})
    .describe("How a customer gets to a human."),
  takeBack: z
    .strictObject({
      from: z
        .enum(["never", "pool", "human"])
        .default("never")
        .describe("From whom a customer is taken back when a reply is due: nobody, the waiting pool, or also a human."),
      afterIdleMinutes: z
        .number()
        .int()
        .min(1)
        .optional()
        .describe(
          "The human's session is ended after so many minutes in which neither of them wrote; never when absent.",
        ),
    })
    .prefault({})
    .describe("When a customer comes back from a human."),

  format: z
    .enum(["unicode", "plain"])
    .default("unicode")
    .describe("How Markdown is shown: with Unicode letters for bold and the like, or as bare text."),
  longReply: z
    .enum(["continue", "file", "truncate"])
    .optional()
    .describe(
      "What becomes of a reply with more messages than the platform takes now; `dispatch.longReply` when absent.",
    ),
  voiceFormat: z
    .enum(["amr", "silk"])
    .default("amr")
    .describe("The format in which WeChat hands over what customers speak; `silk` sounds better and is converted."),
  replyWindow: z
    .strictObject({
      hours: z
        .number()
        .positive()
        .max(48)
        .default(48)
        .describe("How long after a customer's message it can be answered, in hours; WeChat allows 48."),
      messages: z
        .number()
        .int()
        .min(1)
        .max(5)
        .default(5)
        .describe("How many messages may answer one of the customer's; WeChat allows 5."),
    })
    .prefault({})
    .describe("WeChat's limits on answers; lower them to keep a reserve."),
  notices: noticesSchema
    .extend({
      miniprogram: z.string().min(1).max(30).default("小程序").describe("The title of a mini program that has none."),
    })
    .prefault({})
    .describe("The sentences customers see from the channel itself."),
});

/** As written by an operator or importer. */
export type KfOptions = z.input<typeof kfConfigSchema>;
/** Checked, with its defaults. */
export type KfConfig = z.output<typeof kfConfigSchema>;

/** @throws Error that lists every wrong key in words. */
export function parseConfig(id: string, options: KfOptions): KfConfig {
  return parseOptions(kfConfigSchema, { id, type: "kf" }, options);
}
