import { wrongConfig } from "@wxgate/core";
import { noticesSchema } from "@wxgate/long-reply";
import { isCallbackKey } from "@wxgate/wecom-crypto";
import { z } from "zod";

const CONSOLE_KF = "WeCom admin console, WeChat Customer Service, API (or the KF console, Development)";

const menuItemSchema = z.union([
  z.strictObject({ id: z.string().min(1), text: z.string().min(1) }),
  z.strictObject({ url: z.url("must be a whole address with https://"), text: z.string().min(1) }),
  z.strictObject({ appId: z.string().min(1), path: z.string().min(1), text: z.string().min(1) }),
  z.strictObject({ text: z.string().min(1) }),
]);

const menuSchema = z.strictObject({
  head: z.string().optional(),
  items: z.array(menuItemSchema).min(1, "needs at least one item").max(10, "WeChat shows at most 10 items"),
  tail: z.string().optional(),
});

/** What may answer an event: a sentence or a menu. */
const greetingSchema = z.union([z.string().min(1, "is empty; leave the key out to say nothing"), menuSchema], {
  error: "must be a text, or a menu { head?, items: [{ id, text } | { url, text } | …], tail? }",
});
export type Greeting = z.output<typeof greetingSchema>;

const accountIdSchema = z.string().regex(/^[0-9A-Za-z_-]+$/, "must be an open_kfid such as wkAJ2GCAAASSm4");

/** Configuration of a `kf` channel. Keys that all channels have (path, agent, dmPolicy, …) belong to the gateway. */
export const kfConfigSchema = z.strictObject({
  type: z.literal("kf").default("kf"),
  corpId: z.string().min(1, "is empty; copy it from the WeCom admin console, My Company, at the bottom"),
  secret: z
    .string()
    .min(1, "is empty; leave the key out until the console shows it (after the callback address was saved)")
    .optional()
    .describe("Of the self-built app that manages KF, or of the KF console. May follow after the callback check."),
  token: z
    .string()
    .regex(/^\S{1,64}$/, `must be the Token of the callback page: letters and digits without spaces (${CONSOLE_KF})`),
  encodingAESKey: z
    .string()
    .trim()
    .refine(isCallbackKey, `must be the 43 characters of the callback page, without a trailing '=' (${CONSOLE_KF})`),
  apiBaseUrl: z
    .url("must be a whole address with http:// or https://")
    .default("https://qyapi.weixin.qq.com")
    .describe("Where the API is; for private deployments and the simulator."),

  welcomeText: greetingSchema.optional().describe("Said when somebody opens the chat: a text, or a menu."),
  welcome: z
    .strictObject({
      scenes: z.record(z.string(), greetingSchema).default({}).describe("By the `scene` of the link."),
      accounts: z.record(accountIdSchema, greetingSchema).default({}).describe("By open_kfid."),
    })
    .prefault({})
    .describe("Greetings that stand before `welcomeText`: the scene's, else the account's."),
  closingText: greetingSchema.optional().describe("Said when a human ends the session: a text, or a menu."),

  accounts: z
    .strictObject({
      allow: z.array(accountIdSchema).optional().describe("Only these accounts; all that are found when left out."),
      deny: z.array(accountIdSchema).default([]),
    })
    .prefault({}),
  catchUpIntervalSeconds: z
    .number()
    .int()
    .min(60, "must be 60 or more: WeChat limits pulls without a callback strictly")
    .max(86_400)
    .default(300),
  backfill: z
    .boolean()
    .default(false)
    .describe("Answer what customers wrote before the first contact with an account, too."),
  maxMessageAgeHours: z
    .number()
    .positive()
    .max(48, "must be 48 or less: nothing can be answered later")
    .default(48)
    .describe("Older messages are kept as history and not answered."),
  callbackMaxSkewSeconds: z
    .number()
    .int()
    .refine((seconds) => seconds === 0 || seconds >= 600, "must be 0 (any) or at least 600: WeChat repeats callbacks")
    .default(0)
    .describe("How far the timestamp of a callback may be from now."),

  handoff: z
    .strictObject({
      operator: z
        .string()
        .min(1)
        .optional()
        .describe("The servicer (WeCom userid) who gets the customer; the waiting pool if left out."),
      text: z.string().min(1).optional().describe("Said to the customer when a human takes over."),
      keywords: z.array(z.string().min(1)).default([]).describe("Messages that ask for a human, as a whole."),
    })
    .prefault({}),
  takeBack: z
    .strictObject({
      from: z
        .enum(["never", "pool", "human"])
        .default("never")
        .describe("Take a customer back when a reply is due: never, from the waiting pool, or also from a human."),
      afterIdleMinutes: z
        .number()
        .int()
        .min(1)
        .optional()
        .describe("End the human's session when nobody of them wrote for so long; never when left out."),
    })
    .prefault({}),

  format: z
    .enum(["unicode", "plain"])
    .default("unicode")
    .describe("How Markdown is shown: with Unicode letters, or bare."),
  longReply: z.enum(["continue", "file", "truncate"]).optional(),
  voiceFormat: z.enum(["amr", "silk"]).default("amr").describe("What WeChat delivers customers' voice as."),
  replyWindow: z
    .strictObject({
      hours: z.number().positive().max(48).default(48),
      messages: z.number().int().min(1).max(5).default(5),
    })
    .prefault({})
    .describe("WeChat's limits on answers; lower them to keep a reserve."),
  notices: noticesSchema
    .extend({
      miniprogram: z.string().min(1).max(30).default("小程序").describe("Title of a mini program that has none."),
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
  const parsed = kfConfigSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw wrongConfig(id, "kf", parsed.error.issues);
}
