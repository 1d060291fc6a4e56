import { z } from "zod";
import { contentsSchema } from "../control/content.ts";
import { ControlError, parseControl } from "../control/errors.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import type { ControlVerb } from "../platform.ts";
import type { BotInbound, Writer } from "./inbound.ts";
import type { BotSockets } from "./socket-server.ts";
import type { Bot } from "./state.ts";
import { chatOf } from "./state.ts";

interface VerbParts {
  readonly bot: (id: string) => Bot;
  readonly inbound: BotInbound;
  readonly sockets: Pick<BotSockets, "push" | "kick">;
}

const accountSchema = z.object({ account: z.string() });
const personSchema = accountSchema.extend({ from: z.string(), group: z.string().optional() });
const mixedSchema = personSchema.extend({ content: contentsSchema, msgid: z.string().optional() });
const quoteSchema = mixedSchema.extend({ quote: contentsSchema });
const rawSchema = personSchema.extend({ body: z.record(z.string(), z.json()) });
const feedbackSchema = personSchema.extend({
  message: z.string(),
  type: z.int().min(1).max(3),
  content: z.string().optional(),
  reasons: z.array(z.int()).optional(),
});
const eventSchema = personSchema.extend({ event: z.string(), fields: z.record(z.string(), z.json()).default({}) });
const memberSchema = accountSchema.extend({ group: z.string(), member: z.boolean() });
const frameSchema = accountSchema.extend({ frame: z.record(z.string(), z.json()) });

/** What members and other clients of the bot do, at `POST /control/wecom-bot-ws/<verb>`. */
export function createBotVerbs({ bot, inbound, sockets }: VerbParts): Readonly<Record<string, ControlVerb>> {
  function verb<Value>(
    summary: string,
    body: string,
    schema: z.ZodType<Value>,
    run: (value: Value) => JsonObject | Promise<JsonObject>,
  ): ControlVerb {
    return { summary, body, run: (raw) => run(parseControl(schema, raw, `Body: ${body}`)) };
  }
  const writer = ({ account, from, group }: z.infer<typeof personSchema>): Writer => ({
    bot: bot(account),
    user: from,
    ...(group === undefined ? {} : { group }),
  });

  return {
    mixed: verb(
      "One message with words and pictures; with an msgid the callback can be repeated.",
      "{ account, from, group?, content: [ … ], msgid? }",
      mixedSchema,
      async ({ content, msgid, ...person }) => ({
        id: await inbound.write(writer(person), { parts: content, ...(msgid === undefined ? {} : { msgid }) }),
      }),
    ),
    quote: verb(
      "A message that quotes another one.",
      "{ account, from, group?, content, quote: content }",
      quoteSchema,
      async ({ content, quote, msgid, ...person }) => ({
        id: await inbound.write(writer(person), { parts: content, quote, ...(msgid === undefined ? {} : { msgid }) }),
      }),
    ),
    raw: verb(
      "A message callback with this body.",
      "{ account, from, group?, body: { msgtype, … } }",
      rawSchema,
      ({ body, ...person }) => ({ id: inbound.raw(writer(person), body as JsonObject) }),
    ),
    enter: verb("A member opens the chat.", "{ account, from }", personSchema, (person) => ({
      id: inbound.event(writer(person), "enter_chat", {}, "enter_chat"),
    })),
    event: verb(
      "Any event.",
      "{ account, from, group?, event, fields? }",
      eventSchema,
      ({ event, fields, ...person }) => ({
        id: inbound.event(writer(person), event, fields as JsonObject),
      }),
    ),
    feedback: verb(
      "A member rates an answer: type 1 good, 2 bad, 3 withdrawn. `message` is its id on the screen.",
      "{ account, from, group?, message, type, content?, reasons? }",
      feedbackSchema,
      ({ message, type, content, reasons, ...person }) => {
        const who = writer(person);
        const item = chatOf(who.bot, who.user, who.group).items.find(({ id }) => id === message);
        if (typeof item?.feedbackId !== "string") {
          throw new ControlError(409, "This message cannot be rated.", "Only answers with a feedback id can.");
        }
        const fields = {
          id: item.feedbackId,
          type,
          ...(content === undefined ? {} : { content }),
          ...(reasons === undefined ? {} : { inaccurate_reason_list: reasons }),
        };
        return { id: inbound.event(who, "feedback_event", fields) };
      },
    ),
    kick: verb("Another client takes the bot's connection.", "{ account }", accountSchema, ({ account }) => ({
      kicked: sockets.kick(bot(account)),
    })),
    disconnect: verb(
      "The bot's connection breaks, without a closing handshake.",
      "{ account }",
      accountSchema,
      ({ account }) => {
        const { current } = bot(account);
        current?.drop();
        return { disconnected: current !== undefined };
      },
    ),
    member: verb(
      "The bot is in a group, or not.",
      "{ account, group, member }",
      memberSchema,
      ({ account, group, member }) => {
        const chat = chatOf(bot(account), "", group);
        chat.hasBot = member;
        return { group: chat.id, member };
      },
    ),
    frame: verb("Pushes any frame to the bot's client.", "{ account, frame }", frameSchema, ({ account, frame }) => ({
      sent: isJsonObject(frame) && sockets.push(bot(account), frame),
    })),
    people: verb("Who has a chat with the bot.", "{ account }", accountSchema, ({ account }) => ({
      people: [...bot(account).chats.values()]
        .filter(({ kind }) => kind === "single")
        .slice(0, 200)
        .map(({ id, name }) => ({ id, name })),
    })),
  };
}
