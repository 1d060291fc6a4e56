import { type OutboundContent, parseOutboundContent } from "@wxgate/core";
import { createHttpClient } from "@wxgate/http-client";
import { z } from "zod";
import { noticesShape } from "./sentences.ts";

const WEBHOOK_PATH = z
  .string()
  .regex(/^\/[^?#\s]*$/, "must be a path that begins with / and holds no ? or #, like /webhooks/support")
  .refine((path) => path !== "/healthz", "is taken: /healthz answers health checks");

/** Ids as the platform shows them; "*" stands for everyone, "@name" for an access group. */
const personIds = z.array(z.string().min(1));

const contents = z
  .union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown())).min(1)])
  .transform((given, context): readonly OutboundContent[] => {
    try {
      return (Array.isArray(given) ? given : [given]).map(parseOutboundContent);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
      return z.NEVER;
    }
  });

const customCommand = z.union([
  z.string().min(1),
  z.strictObject({
    content: contents.describe("What is answered: one content or several, by kind."),
    allowFrom: personIds.optional().describe("Who may use it, instead of commands.allowFrom."),
  }),
]);

/** What `http-client` takes as `network`. */
export const networkShape = {
  timeoutMs: z
    .number()
    .int()
    .positive()
    .optional()
    .describe("The longest silence of a server, in milliseconds; 15000 when absent."),
  retries: z
    .number()
    .int()
    .min(0)
    .max(10)
    .optional()
    .describe("How often a request that certainly did not arrive, or may be repeated, is tried again; 2 when absent."),
  retryDelayMs: z
    .number()
    .int()
    .positive()
    .optional()
    .describe("The first pause before such another try, in milliseconds; it doubles each time. 500 when absent."),
} as const;

/** The keys every channel understands, whatever its type. A channel's own schema may describe one of them more closely. */
const commonChannelShape = {
  enabled: z.boolean().default(true).describe("false: the channel is checked but not started."),
  agent: z
    .string()
    .min(1)
    .optional()
    .describe("The agent that answers here; a binding comes before it, and `defaultAgent` answers when absent."),
  path: z
    .union([WEBHOOK_PATH, z.array(WEBHOOK_PATH).min(1)])
    .optional()
    .describe("Where the platform's callbacks arrive; `/webhooks/<id>` when absent. Several channels may share one."),
  dmPolicy: z
    .enum(["open", "pairing", "allowlist", "disabled"])
    .default("open")
    .describe(
      "Who may write in a direct conversation: everyone, allowFrom and paired people, only allowFrom, or nobody.",
    ),
  allowFrom: personIds
    .default([])
    .describe(
      'People who may write directly, by id as `wxgate` shows it; "*" stands for everyone, "@name" for an access group.',
    ),
  groupPolicy: z
    .enum(["open", "allowlist", "disabled"])
    .default("open")
    .describe(
      "Which groups are answered: all, only those in `groupAllowFrom` or with settings of their own in `groups`, or none.",
    ),
  groupAllowFrom: z
    .array(z.string().min(1))
    .default([])
    .describe('Groups that are answered, by id; "*" stands for every group.'),
  groups: z
    .record(
      z.string(),
      z.strictObject({
        allowFrom: personIds.optional().describe("The members of this group who are heard, by id; all when absent."),
        requireMention: z
          .boolean()
          .optional()
          .describe("true: what does not mention us is kept and not answered, where the platform tells."),
      }),
    )
    .default({})
    .describe('Settings of single groups, by id; "*" stands for every group.'),
  commands: z
    .strictObject({
      allowFrom: personIds.optional().describe("Who may use commands like /stop; everyone who may write when absent."),
      agents: z
        .array(z.string().min(1))
        .optional()
        .describe(
          "What /agent may choose. When absent: every agent where people are known by allowFrom, pairing or commands.allowFrom, else none.",
        ),
      custom: z
        .record(z.string().trim().min(1), customCommand)
        .default({})
        .describe(
          'Own commands, by what people write: "/price", or a whole message without a slash. A text, or { content }.',
        ),
    })
    .prefault({})
    .describe("What people can do by commands such as /stop, /new and /agent."),
  welcomeText: z
    .string()
    .optional()
    .describe("Said when somebody enters the conversation; {name}, {id} and {channel} are filled in."),
  language: z
    .enum(["zh", "en"])
    .default("zh")
    .describe("The language of what people read from the gateway and from the channel itself."),
  notices: z.strictObject(noticesShape).prefault({}).describe("The gateway's own sentences to people on this channel."),
  session: z
    .enum(["peer", "sender", "channel"])
    .default("peer")
    .describe(
      "What turns are serialised and remembered by: the conversation, each of its senders, or the whole channel.",
    ),
  sessionReset: z
    .strictObject({
      idleMinutes: z
        .number()
        .positive()
        .optional()
        .describe("A new session begins after nobody wrote for so many minutes."),
      dailyAt: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day like "04:00", in quotes')
        .optional()
        .describe("A new session begins every day at this time, such as 04:00, written in quotes."),
      timeZone: z
        .string()
        .refine(isTimeZone, "is no time zone; write it like Asia/Shanghai")
        .optional()
        .describe("The time zone of `dailyAt`, such as Asia/Shanghai; the machine's own when absent."),
    })
    .refine(({ idleMinutes, dailyAt }) => idleMinutes !== undefined || dailyAt !== undefined, {
      message: "says neither idleMinutes nor dailyAt, so no session would end",
    })
    .optional()
    .describe("When sessions end by themselves; only by /new when absent."),
  dynamicAgents: z
    .strictObject({
      enabled: z.boolean().default(false).describe("true: there are such instances."),
      dmCreateAgent: z
        .boolean()
        .default(true)
        .describe("An instance of the agent for each person who writes directly."),
      groupEnabled: z.boolean().default(true).describe("An instance of the agent for each group."),
      adminUsers: personIds.default([]).describe("People who talk to the agent itself, by id."),
    })
    .prefault({})
    .describe("Instances of the agent with a memory of their own; a binding comes before them."),
  mediaLocalRoots: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Folders whose files an agent may send by path; a relative one starts at the configuration file. None when empty.",
    ),
  egressProxyUrl: z
    .string()
    .superRefine((egressProxyUrl, context) => {
      const problem = proxyProblem(egressProxyUrl);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    })
    .optional()
    .describe(
      "Proxy for what this channel calls: http://, https:// or socks5://. Blank or absent: that of the environment, such as HTTPS_PROXY.",
    ),
  network: z.strictObject(networkShape).optional().describe("Patience with the platform's servers."),
  replyDelay: z
    .strictObject({
      minMs: z.number().int().min(0).describe("The shortest pause before a reply, in milliseconds."),
      maxMs: z.number().int().min(0).describe("The longest pause before a reply, in milliseconds."),
    })
    .refine((delay) => delay.maxMs >= delay.minMs, { message: "must not be below minMs", path: ["maxMs"] })
    .optional()
    .describe("A pause before each reply, drawn between the two."),
  longReply: z
    .enum(["continue", "file", "truncate"])
    .optional()
    .describe(
      "What becomes of a reply with more messages than the platform takes now; `dispatch.longReply` when absent.",
    ),
  fallback: z
    .string()
    .min(1)
    .optional()
    .describe("The channel that sends when this one cannot, such as a self-built app beside an AI bot."),
} as const;

/** Whether channels of every type know `key`. */
export const isCommonKey = (key: string): boolean => Object.hasOwn(commonChannelShape, key);

export type CommonChannelKeys = z.output<z.ZodObject<typeof commonChannelShape>>;

/**
 * The channel's own keys and the common ones in one strict object; where both describe a key, the channel's wins. Of
 * `notices` both have their own.
 */
export function withCommonKeys(schema: z.ZodObject): z.ZodObject {
  const added = Object.entries(commonChannelShape).filter(([key]) => !(key in schema.shape));
  const notices = objectIn(schema.shape.notices as z.ZodType | undefined);
  return schema.safeExtend({
    ...Object.fromEntries(added),
    ...(notices && {
      notices: notices
        .extend(noticesShape)
        .prefault({})
        .describe("The sentences people read from the gateway and from the channel itself."),
    }),
  });
}

function objectIn(schema: z.ZodType | undefined): z.ZodObject | undefined {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return objectIn(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodObject ? schema : undefined;
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }) !== undefined;
  } catch {
    // RangeError is how Intl says no.
    return false;
  }
}

/** The client says what is wrong with an address it cannot use, without repeating it. */
function proxyProblem(egressProxyUrl: string): string | undefined {
  try {
    void createHttpClient({ egressProxyUrl }).close();
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^egressProxyUrl /, "");
  }
}
