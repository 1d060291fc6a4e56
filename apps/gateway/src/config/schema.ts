import { z } from "zod";
import { noticesShape } from "./sentences.ts";

const port = z.number().int().min(0).max(65_535);
const positive = z.number().int().positive();
const anyObject = z.record(z.string(), z.unknown());

/** Everything but what agents and channels of a type say themselves; those are checked one by one against the registry. */
export const rootShape = {
  server: z
    .strictObject({ host: z.string().min(1).default("0.0.0.0"), port: port.default(8787) })
    .prefault({})
    .describe("The public server: platform callbacks and /healthz, nothing else."),
  admin: z
    .strictObject({
      host: z.string().min(1).default("127.0.0.1"),
      port: port.default(8788),
      token: z.string().min(1, "is empty; remove the key to have one made, or set a long random text").optional(),
    })
    .prefault({})
    .describe("Console, API and metrics. Without a token one is made and printed at start, on loopback only."),
  store: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, "must be sqlite:<file> or postgres://user:password@host/database")
    .refine(
      isWholeAddress,
      "holds user or password with signs an address cannot: write @ as %40, / as %2F, # as %23, ? as %3F",
    )
    .default("sqlite:./data/wxgate.db"),
  media: z
    .strictObject({
      dir: z.string().min(1).default("./data/media"),
      maxBytes: positive.default(20_971_520),
      retentionHours: z.number().positive().default(72),
    })
    .prefault({})
    .describe("What people send is kept here, by hash, for retentionHours."),
  log: z
    .strictObject({
      level: z.enum(["debug", "info", "warn", "error"]).default("info"),
      bodies: z.boolean().default(false).describe("true: message texts are logged, too."),
    })
    .prefault({}),
  dispatch: z
    .strictObject({
      concurrency: positive.max(10_000).default(256),
      turnTimeoutMs: positive.default(600_000),
      turnRetryMs: z
        .number()
        .int()
        .min(0)
        .default(120_000)
        .describe("So long, at least, a turn is tried again after its agent failed first; five times in any case."),
      mediaGraceMs: z.number().int().min(0).default(2_000),
      longReply: z.enum(["continue", "file", "truncate"]).default("continue"),
      deferHours: z.number().positive().default(72),
      notices: z
        .strictObject(noticesShape)
        .prefault({})
        .describe("The gateway's own sentences to people, on all channels."),
    })
    .prefault({}),
  agents: z.record(z.string().min(1), anyObject).default({}),
  defaultAgent: z.string().min(1).optional(),
  bindings: z
    .array(
      z.strictObject({
        channel: z.string().min(1).optional(),
        account: z.string().min(1).optional(),
        peer: z.string().min(1).optional(),
        group: z.string().min(1).optional(),
        agent: z.string().min(1),
      }),
    )
    .default([])
    .describe("Which agent answers whom; the first match wins, then the channel's agent, then defaultAgent."),
  accessGroups: z
    .record(z.string().min(1), z.array(z.string().min(1)))
    .default({})
    .describe('People by group name; "@admins" in a list of people stands for the members of admins.'),
  tools: z
    .strictObject({
      everywhere: z
        .array(z.string().min(1))
        .default([])
        .describe(
          "Agents whose tools reach every conversation, history and schedule. The tools of all others reach only the conversation they answer.",
        ),
    })
    .prefault({})
    .describe("What agents with a tool loop may do."),
  defaults: z.record(z.string(), anyObject).default({}),
  channels: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a channel id is made of letters, digits, '.', '_' and '-'"),
      anyObject,
    )
    .default({}),
} as const;

export const rootSchema: z.ZodObject<typeof rootShape> = z.strictObject(rootShape);
type Root = z.output<typeof rootSchema>;

export interface AgentConfig {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface ChannelConfig {
  readonly type: string;
  /** All keys, checked and completed: the common ones and those of the type. */
  readonly keys: Readonly<Record<string, unknown>>;
}

/** One checked configuration: every default filled in, every path absolute. */
export interface GatewayConfig extends Omit<Root, "agents" | "channels" | "defaults" | "defaultAgent"> {
  readonly agents: Readonly<Record<string, AgentConfig>>;
  readonly defaultAgent: string;
  readonly channels: Readonly<Record<string, ChannelConfig>>;
  /** The folder relative paths start from. */
  readonly directory: string;
}

/** Else a part of the password would be taken for the host, and told when there is no such host. */
function isWholeAddress(store: string): boolean {
  if (store.startsWith("sqlite:")) return true;
  if (!URL.canParse(store)) return false;
  const { hash, pathname, search } = new URL(store);
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(store)?.[1] ?? "";
  const isOver = authority.includes("@") || !search.includes("@");
  return hash === "" && !pathname.includes("@") && authority.split("@").length <= 2 && isOver;
}
