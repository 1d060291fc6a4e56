import { z } from "zod";

/** Shapes of the API's answers, for its OpenAPI description; the code's own types are core's. */
/** JSON described elsewhere: a content by its `kind`, a platform's own words. */
const json = z.unknown();
const accountState = z.enum(["ok", "starting", "degraded", "paused", "needs-login", "displaced", "stopped"]);
const deliveryState = z.enum([
  "queued",
  "sending",
  "accepted",
  "confirmed",
  "failed-late",
  "deferred",
  "dead",
  "discarded",
]);

const storedError = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  platformCode: z.number().optional(),
});
export const address = z.object({
  channel: z.string(),
  account: z.string(),
  kind: z.enum(["direct", "group", "audience"]),
  peer: z.string(),
});
const quota = z.object({
  lastInboundAt: z.number().optional().describe("Milliseconds since 1970."),
  sendsSinceInbound: z.number(),
  waiting: z.number().describe("Deliveries that still wait."),
});
const policy = z.object({
  windowMs: z.number().optional(),
  sendsPerInbound: z.number().optional(),
  countsItself: z.literal(true).optional().describe("Answers to earlier messages take nothing from a later one's."),
  perMinute: z.number().optional(),
  perHour: z.number().optional(),
  gapMs: z.number().optional(),
  kinds: z.array(z.string()).readonly().optional(),
});
export const channel = z.object({
  id: z.string(),
  type: z.string(),
  enabled: z.boolean(),
  agent: z.string(),
  paths: z.array(z.string()).readonly(),
  state: accountState,
  reason: z.string().optional(),
  hint: z.string().optional(),
  canLogin: z.boolean(),
  callbacks: z
    .object({
      checkedAt: z.number().optional().describe("The console checked the address."),
      messageAt: z.number().optional(),
      refusedAt: z.number().optional(),
      refusedStatus: z.number().optional(),
      unsignedAt: z.number().optional().describe("A request without a callback's parameters was refused."),
    })
    .optional()
    .describe("When the platform last called, since the start; absent where it does not."),
  accounts: z
    .array(
      z.object({
        account: z.string(),
        name: z.string().optional(),
        state: accountState,
        since: z.iso.datetime(),
        reason: z.string().optional(),
        hint: z.string().optional(),
        lagMs: z.number().optional().describe("Age of the oldest thing the platform still holds for us."),
        quota: policy.optional().describe("What the platform allows; absent: no limit."),
        used: z
          .object({
            open: z.number().describe("Conversations within the platform's window."),
            usedUp: z.number().describe("Of these, where nothing more can be sent before the person writes."),
            minute: z.number().describe("Sends of the last minute, in the conversation with the most."),
            hour: z.number(),
          })
          .optional()
          .describe("How much of it is used; with `use`, where there is something to tell."),
      }),
    )
    .readonly(),
});
export const agent = z.object({
  name: z.string(),
  type: z.string(),
  fallback: z.array(z.string()).describe("Who is asked in its place when it fails."),
  state: z
    .enum(["ok", "resting", "trying", "unwatched"])
    .describe("resting: left alone after failures; trying: one turn tries it again; unwatched: it has no breaker."),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional().describe("It is left alone till then."),
  reason: z.string().optional().describe("What its last failure said."),
});
export const conversation = z.object({
  id: z.string(),
  ...address.shape,
  name: z.string().optional(),
  lastMessageAt: z.number(),
  servedBy: z.enum(["bot", "human"]),
  quota,
});
export const message = z.object({
  id: z.string(),
  platformId: z.string().optional(),
  conversation: address,
  direction: z.enum(["inbound", "outbound", "operator"]),
  sender: z.object({ id: z.string(), name: z.string().optional() }).optional(),
  at: z.number(),
  content: z.array(json).readonly(),
  state: z.string(),
  feedback: z
    .array(
      z.object({
        by: z.string(),
        at: z.number(),
        score: z.string(),
        text: z.string().optional(),
        reasons: z.array(z.string()).readonly().optional(),
      }),
    )
    .readonly()
    .optional()
    .describe("How people rated the answer: the last word of each."),
  turnId: z.string().optional(),
  error: storedError.optional(),
});
export const delivery = z.object({
  id: z.string(),
  replyId: z.string(),
  turnId: z.string().optional(),
  conversation: address,
  state: deliveryState,
  attempt: z.number(),
  piece: json,
  note: z.string().optional(),
  platformId: z.string().optional(),
  error: storedError.optional(),
  createdAt: z.number(),
  updatedAt: z.number(),
  dueAt: z.number().optional(),
});
export const failedTurn = z.object({
  id: z.string(),
  conversation: address,
  messages: z.array(z.string()).readonly().describe("Ids of the messages nobody has answered."),
  attempt: z.number(),
  error: storedError.optional(),
  createdAt: z.number(),
  failedAt: z.number(),
});
export const timelineEntry = z.object({
  at: z.number(),
  what: z.string(),
  id: z.string().optional(),
  attempt: z.number().optional(),
  error: storedError.optional(),
  detail: z.unknown().optional(),
});
export const auditEntry = z.object({
  at: z.number(),
  actor: z.string(),
  action: z.string(),
  subject: z.string().optional(),
  detail: json.optional(),
});

export const storedMedia = z.object({
  id: z.string(),
  mime: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  filename: z.string().optional(),
  url: z.string().optional().describe("Signed; send it as `url` of an image, voice, video or file."),
});

export const paged = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item).readonly(),
    next: z.string().optional().describe("Hand it back as `before` for older ones."),
  });

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.string().min(1).optional().describe("`next` of the page before."),
};
export const idParams = z.object({ id: z.string().min(1) });
export { deliveryState };
