import type { JsonValue } from "@wxgate/core";
import { botConfigShape, PROACTIVE_BYTES } from "@wxgate/wecom-bot-message";
import { problemOfCard } from "@wxgate/wecom-card";
import { z } from "zod";
import type { Connect } from "./socket.ts";

const CONSOLE_BOT = "WeCom admin console (or client), AI bot, API mode, long connection";
export const DEFAULT_URL = "wss://openws.work.weixin.qq.com";
const MIB = 1024 * 1024;

/** Configuration of a `wecom-bot-ws` channel. Keys that all channels have (agent, dmPolicy, …) belong to the gateway. */
export const wecomBotWsConfigSchema = z.strictObject({
  type: z.literal("wecom-bot-ws").default("wecom-bot-ws"),
  botId: z.string().regex(/^[^\s]{1,128}$/, `must be the Bot ID (${CONSOLE_BOT}); it looks like "aib…"`),
  secret: z
    .string()
    .regex(/^\S{1,256}$/, `must be the Secret of the long connection (${CONSOLE_BOT}); it is shown once`),
  url: z
    .url({ protocol: /^wss?$/, error: "must be a whole address with wss:// or ws://" })
    .default(DEFAULT_URL)
    .describe("Where the long connection is; for private deployments and the simulator."),
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
    .describe("Of one message that answers nobody; some servers refuse more than 4,096."),
  refreshIntervalMs: z
    .number()
    .int()
    .min(300, "must be 300 or more: faster refreshes are refused")
    .max(60_000)
    .default(500)
    .describe("Least time between two refreshes of a bubble."),
  streamWindowSeconds: z
    .number()
    .int()
    .min(60)
    .max(570, "must be 570 or less: the platform closes a bubble after 10 minutes")
    .default(330)
    .describe(
      "After this long an answer goes on in a fresh bubble; documents say the platform allows 6 or 10 minutes.",
    ),
  keepAliveSeconds: z
    .number()
    .int()
    .min(10)
    .max(240, "must be 240 or less: a bubble without news for longer may be given up")
    .default(120)
    .describe("How often a bubble without news is sent again."),
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
        .describe("When somebody else takes the connection: take it back after a while, or leave it."),
      coolDownSeconds: z
        .number()
        .int()
        .min(60, "must be 60 or more: two clients would kick each other for ever")
        .default(60),
      retakes: z
        .number()
        .int()
        .min(0)
        .max(10)
        .default(2)
        .describe("How often in 24 hours; then it is left to the other one until a restart."),
    })
    .prefault({}),
  imageMaxBytes: z
    .number()
    .int()
    .min(1024)
    .max(10 * MIB)
    .default(10 * MIB)
    .describe("Larger pictures are made smaller or sent as files; set 2 MiB where the platform refuses more."),
  mediaHosts: z
    .array(z.string().regex(/^[0-9A-Za-z.-]+(?::\d+)?$/, "must be a host name, with a port if need be"))
    .default([])
    .describe("Further hosts whose files are fetched, beside Tencent's and that of `url`."),
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
  const parsed = wecomBotWsConfigSchema.safeParse(keys);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "(top)"}: ${issue.message}`);
  throw new Error(`The configuration of channel "${id}" (wecom-bot-ws) is wrong:\n${problems.join("\n")}`);
}
