import { z } from "zod";
import { noticesShape } from "./sentences.ts";

const port = z.number().int().min(0).max(65_535);
const positive = z.number().int().positive();
const anyObject = z.record(z.string(), z.unknown());

/** Everything but what agents and channels of a type say themselves; those are checked one by one against the registry. */
export const rootShape = {
  server: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default("0.0.0.0")
        .describe("The address that is listened on; 127.0.0.1 behind a proxy on the same machine."),
      port: port
        .default(8787)
        .describe("The port the platform's callbacks arrive at, behind your proxy or tunnel; 0: any free one."),
    })
    .prefault({})
    .describe("The public server: platform callbacks and /healthz, nothing else."),
  admin: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default("127.0.0.1")
        .describe("The address that is listened on; any other than loopback needs a `token`."),
      port: port.default(8788).describe("The port of API, metrics and MCP; 0: any free one."),
      token: z
        .string()
        .min(1, "is empty; remove the key to have one made, or set a long random text")
        .optional()
        .describe("What callers show as `Authorization: Bearer …`: a long random text of yours."),
    })
    .prefault({})
    .describe("API, metrics and MCP. Without a token one is made and printed at start, on loopback only."),
  store: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, "must be sqlite:<file> or postgres://user:password@host/database")
    .refine(
      isWholeAddress,
      "holds user or password with signs an address cannot: write @ as %40, / as %2F, # as %23, ? as %3F",
    )
    .default("sqlite:./data/wxgate.db")
    .describe(
      "Where everything is kept: `sqlite:<file>` for one gateway, or `postgres://user:password@host/database` for several.",
    ),
  media: z
    .strictObject({
      dir: z
        .string()
        .min(1)
        .default("./data/media")
        .describe("The folder; a relative one starts at the configuration file. Several gateways share one."),
      maxBytes: positive
        .default(20_971_520)
        .describe("The largest file that is taken in or sent out, in bytes; most platforms stop at 20 MiB."),
      retentionHours: z
        .number()
        .positive()
        .default(72)
        .describe("How long a file is kept, in hours, and its signed address works."),
    })
    .prefault({})
    .describe("What people send is kept here, by hash, for retentionHours."),
  log: z
    .strictObject({
      level: z
        .enum(["debug", "info", "warn", "error"])
        .default("info")
        .describe("The least important lines that are written; `debug` tells every step."),
      bodies: z.boolean().default(false).describe("true: message texts are logged, too."),
    })
    .prefault({})
    .describe("What is written to the log."),
  dispatch: z
    .strictObject({
      concurrency: positive
        .max(10_000)
        .default(256)
        .describe("Most turns at a time, and most deliveries beside them; one conversation has one of each."),
      turnTimeoutMs: positive
        .default(600_000)
        .describe(
          "How long an agent may work on a turn, in milliseconds; the time it waits for a person's answer is not counted.",
        ),
      turnRetryMs: z
        .number()
        .int()
        .min(0)
        .default(120_000)
        .describe(
          "How long, at least, a turn is tried again after its agent failed first, in milliseconds; five times in any case.",
        ),
      mediaGraceMs: z
        .number()
        .int()
        .min(0)
        .default(2_000)
        .describe(
          "How long a picture or file without words waits for the text that explains it, in milliseconds; 0: not at all.",
        ),
      longReply: z
        .enum(["continue", "file", "truncate"])
        .default("continue")
        .describe(
          "What becomes of a reply with more messages than the platform takes now: the rest waits for the person's next message, the whole goes as a file, or the rest is left out.",
        ),
      deferHours: z
        .number()
        .positive()
        .default(72)
        .describe(
          "How long a message that cannot be sent yet waits, in hours; then it is dead, see `wxgate dead list`.",
        ),
      notices: z
        .strictObject(noticesShape)
        .prefault({})
        .describe("The gateway's own sentences to people, on all channels."),
    })
    .prefault({})
    .describe("How turns are worked on and replies sent."),
  agents: z.record(z.string().min(1), anyObject).default({}),
  defaultAgent: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Answers where neither a binding nor the channel names an agent; may be left out where there is only one.",
    ),
  bindings: z
    .array(
      z.strictObject({
        channel: z.string().min(1).optional().describe("Only on this channel, by its id here; on all when absent."),
        account: z
          .string()
          .min(1)
          .optional()
          .describe("Only on this account of the channel, as `wxgate channels status` shows it; on all when absent."),
        peer: z.string().min(1).optional().describe("Only in the direct conversation with this person, by id."),
        group: z.string().min(1).optional().describe("Only in this group, by id."),
        agent: z.string().min(1).describe("The agent that answers there."),
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
          "Agents, by name, whose tools reach every conversation, history and schedule. The tools of all others reach only the conversation they answer.",
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
