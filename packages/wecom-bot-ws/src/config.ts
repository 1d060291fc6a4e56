import { type JsonValue, parseOptions } from "@wxgate/core";
import { botConfigShape, PROACTIVE_BYTES } from "@wxgate/wecom-bot-message";
import { problemOfCard } from "@wxgate/wecom-card";
import { z } from "zod";
import type { Connect } from "./socket.ts";

const CONSOLE_BOT = "WeCom admin console (or client), AI bot, API mode, long connection";
export const DEFAULT_URL = "wss://openws.work.weixin.qq.com";
const MIB = 1024 * 1024;

/** Configuration of a `wecom-bot-ws` channel. Keys that all channels have (agent, dmPolicy, …) belong to the gateway. */
export const wecomBotWsConfigSchema = z.strictObject({
  type: z
    .literal("wecom-bot-ws")
    .default("wecom-bot-ws")
    .describe("WeCom AI bot (智能机器人) over a long connection; no public address is needed."),
  botId: z
    .string()
    .regex(/^[^\s]{1,128}$/, `must be the Bot ID (${CONSOLE_BOT}); it looks like "aib…"`)
    .describe(`The Bot ID, \`aib…\`: ${CONSOLE_BOT}. Needed here or in \`defaults\`.`),
  secret: z
    .string()
    .regex(/^\S{1,256}$/, `must be the Secret of the long connection (${CONSOLE_BOT}); it is shown once`)
    .describe(`The Secret of the long connection, shown once: ${CONSOLE_BOT}.`),
  url: z
    .url({ protocol: /^wss?$/, error: "must be a whole address with wss:// or ws://" })
    .default(DEFAULT_URL)
    .describe("Where the long connection goes to; only private deployments and the simulator need another address."),
  ...botConfigShape,
  welcomeCard: botConfigShape.welcomeCard.refine((card) => problemOfCard(card, "bot") === undefined, {
    error: ({ input }) => problemOfCard(input as JsonValue, "bot"),
  }),
  proactiveMaxBytes: z
    .number()
    .int()
    .min(64)
    .max(20_480, "must be 20480 or less: the platform takes no more")
    .default(PROACTIVE_BYTES)
    .describe("Most bytes of one message that answers nobody; some of the platform's servers refuse more than 4096."),
  refreshIntervalMs: z
    .number()
    .int()
    .min(300, "must be 300 or more: faster refreshes are refused")
    .max(60_000)
    .default(500)
    .describe("The least time between two refreshes of a bubble, in milliseconds."),
  streamWindowSeconds: z
    .number()
    .int()
    .min(60)
    .max(570, "must be 570 or less: the platform closes a bubble after 10 minutes")
    .default(330)
    .describe(
      "After so many seconds an answer goes on in a fresh bubble; the platform allows 6 or 10 minutes, by its documents.",
    ),
  keepAliveSeconds: z
    .number()
    .int()
    .min(10)
    .max(240, "must be 240 or less: a bubble without news for longer may be given up")
    .default(120)
    .describe("How often a bubble without news is sent again, in seconds."),
  maxReconnectAttempts: z
    .number()
    .int()
    .min(-1)
    .default(-1)
    .describe("Give up after so many failed connections in a row; -1: never."),
  kicked: z
    .strictObject({
      policy: z
        .enum(["retake", "stop"])
        .default("retake")
        .describe(
          "What happens when another client takes the connection: it is taken back after a while, or left to the other one.",
        ),
      coolDownSeconds: z
        .number()
        .int()
        .min(60, "must be 60 or more: two clients would kick each other for ever")
        .default(60)
        .describe(
          "How long it is left to the other client first, in seconds; four times longer with each time in 24 hours.",
        ),
      retakes: z
        .number()
        .int()
        .min(0)
        .max(10)
        .default(2)
        .describe("How often it is taken back in 24 hours; then it is left to the other client until a restart."),
    })
    .prefault({})
    .describe("What happens when another client takes the connection, of which the platform keeps one for each bot."),
  imageMaxBytes: z
    .number()
    .int()
    .min(1024)
    .max(10 * MIB)
    .default(10 * MIB)
    .describe("Pictures of more bytes are made smaller or sent as files; set 2097152 where the platform refuses more."),
  mediaHosts: z
    .array(z.string().regex(/^[0-9A-Za-z.-]+(?::\d+)?$/, "must be a host name, with a port if need be"))
    .default([])
    .describe("Further hosts from which people's files are fetched, beside Tencent's and that of `url`."),
});

/** As written by an operator or importer. */
export type WecomBotWsOptions = z.input<typeof wecomBotWsConfigSchema> & {
  /** Opens the socket; the default goes through `ports.openSocket`, and without it knows no proxy. */
  readonly connect?: Connect;
};
/** Checked, with its defaults. */
export type WecomBotWsConfig = z.output<typeof wecomBotWsConfigSchema>;

/** @throws Error that lists every wrong key in words. */
export function parseConfig(id: string, { connect: _connect, ...keys }: WecomBotWsOptions): WecomBotWsConfig {
  return parseOptions(wecomBotWsConfigSchema, { id, type: "wecom-bot-ws" }, keys);
}
