import { z } from "zod";
import { contentsSchema } from "../control/content.ts";
import { ControlError, parseControl } from "../control/errors.ts";
import type { JsonObject } from "../json.ts";
import type { ControlVerb, PlatformTools } from "../platform.ts";
import { cdata, type Stream, xml } from "./events.ts";
import { type Write, writerOf } from "./person.ts";
import { currentState, type KfAccount, type KfCorp } from "./state.ts";

interface VerbParts {
  readonly corp: (id: string) => KfCorp;
  readonly account: (id: string) => KfAccount;
  readonly stream: Stream;
  readonly write: Write;
}

const chatSchema = z.object({ account: z.string(), user: z.string() });
const staffSchema = chatSchema.extend({ servicer: z.string().default("zhangsan") });
const messageSchema = staffSchema.extend({ content: contentsSchema });
const statusSchema = z.object({
  account: z.string(),
  servicer: z.string(),
  receiving: z.boolean(),
  suspended: z.boolean().default(false),
});
const recallSchema = staffSchema.extend({ messageId: z.string() });
const failSchema = chatSchema.extend({ messageId: z.string(), failType: z.int().default(0) });
const rejectSchema = staffSchema.extend({ reject: z.boolean().default(true) });
const ringSchema = z.object({ account: z.string(), count: z.int().min(1).max(100_000).default(1) });
const rawSchema = z.object({ account: z.string(), xml: z.string() });
const authSchema = z.object({
  account: z.string(),
  add: z.array(z.string()).default([]),
  remove: z.array(z.string()).default([]),
});
const changeSchema = z.object({
  account: z.string(),
  name: z.string().optional(),
  managePrivilege: z.boolean().optional(),
  deleted: z.boolean().optional(),
});
const corpSchema = z.object({ account: z.string() });

/** What staff and administrators do in WeCom's client and console, at `POST /control/kf/<verb>`. */
export function createVerbs(
  tools: PlatformTools,
  { corp, account, stream, write }: VerbParts,
): Readonly<Record<string, ControlVerb>> {
  const { clock } = tools;

  function verb<Value>(
    summary: string,
    body: string,
    schema: z.ZodType<Value>,
    run: (value: Value) => JsonObject | Promise<JsonObject>,
  ): ControlVerb {
    return { summary, body, run: (raw) => run(parseControl(schema, raw, `Body: ${body}`)) };
  }

  async function event(accountId: string, user: string, name: string, fields: JsonObject): Promise<JsonObject> {
    const writer = writerOf(account(accountId), user);
    const [id] = await write(writer, [{ kind: "event", event: name, ...fields }]);
    return { id: id ?? "", user: writer.customer.person.id, state: currentState(writer.customer, clock.now()) };
  }

  function takeOver({ account: id, user, servicer }: z.infer<typeof staffSchema>): Promise<JsonObject> {
    const { customer } = writerOf(account(id), user);
    const state = currentState(customer, clock.now());
    const change = state === 4 ? "reopened" : state === 3 ? "transferred" : "picked-up";
    return event(id, user, "session_status_change", { change, servicer });
  }

  return {
    "servicer-message": verb(
      "A servicer writes to the customer by hand (origin 5).",
      "{ account, user, servicer?, content }",
      messageSchema,
      async ({ account: id, user, servicer, content }) => {
        const writer = { ...writerOf(account(id), user), servicer };
        const before = currentState(writer.customer, clock.now());
        if (before === 4) await event(id, user, "session_status_change", { change: "reopened", servicer });
        const ids = await write(writer, content);
        return { id: ids.at(-1) ?? "", ids, user: writer.customer.person.id };
      },
    ),
    "take-over": verb(
      "A servicer takes the chat: from the pool, from another servicer, or opens an ended one again.",
      "{ account, user, servicer? }",
      staffSchema,
      takeOver,
    ),
    transfer: verb("The chat goes to another servicer.", "{ account, user, servicer }", staffSchema, (body) =>
      event(body.account, body.user, "session_status_change", { change: "transferred", servicer: body.servicer }),
    ),
    end: verb("A servicer ends the session.", "{ account, user, servicer? }", staffSchema, (body) =>
      event(body.account, body.user, "session_status_change", { change: "ended", servicer: body.servicer }),
    ),
    "servicer-status": verb(
      "A servicer starts or stops receiving.",
      "{ account, servicer, receiving, suspended? }",
      statusSchema,
      ({ account: id, servicer, receiving, suspended }) => {
        const status = receiving ? 1 : 2;
        const target = account(id);
        target.servicers.set(servicer, { status, stopType: suspended ? 1 : 0 });
        const more = receiving ? {} : { stop_type: suspended ? 1 : 0 };
        const fields = { servicer_userid: servicer, status, ...more, open_kfid: target.openKfId };
        return { id: stream.event(target, { event_type: "servicer_status_change", ...fields }) };
      },
    ),
    recall: verb("The customer takes a message back.", "{ account, user, messageId }", recallSchema, (body) =>
      event(body.account, body.user, "user_recall_msg", { messageId: body.messageId }),
    ),
    "servicer-recall": verb(
      "A servicer takes a message back.",
      "{ account, user, messageId, servicer? }",
      recallSchema,
      (body) =>
        event(body.account, body.user, "servicer_recall_msg", { messageId: body.messageId, servicer: body.servicer }),
    ),
    fail: verb(
      "A sent message turns out not delivered.",
      "{ account, user, messageId, failType? }",
      failSchema,
      (body) => event(body.account, body.user, "msg_send_fail", { messageId: body.messageId, failType: body.failType }),
    ),
    reject: verb(
      "A servicer refuses this customer, or no longer.",
      "{ account, user, servicer?, reject? }",
      rejectSchema,
      (body) =>
        event(body.account, body.user, "reject_customer_msg_switch_change", {
          servicer: body.servicer,
          reject: body.reject,
        }),
    ),
    ring: verb("Callbacks although nothing is new.", "{ account, count? }", ringSchema, ({ account: id, count }) => {
      for (let sent = 0; sent < count; sent += 1) stream.ring(account(id));
      return { sent: count };
    }),
    "raw-callback": verb(
      "Any XML as a callback, such as another app's event.",
      "{ account, xml }",
      rawSchema,
      (body) => {
        stream.raw(corp(body.account), body.account, body.xml);
        return { sent: 1 };
      },
    ),
    "auth-change": verb(
      "Accounts are granted to this app or taken away: kf_account_auth_change.",
      "{ account, add?: [open_kfid], remove?: [open_kfid] }",
      authSchema,
      ({ account: id, add, remove }) => {
        for (const granted of add) account(granted).managePrivilege = true;
        for (const revoked of remove) account(revoked).managePrivilege = false;
        const owner = corp(id);
        stream.raw(owner, id, authChangeXml(owner, add, remove, clock.now()));
        return { sent: 1 };
      },
    ),
    account: verb(
      "Changes an account in the console.",
      "{ account, name?, managePrivilege?, deleted? }",
      changeSchema,
      ({ account: id, name, managePrivilege, deleted }) => {
        const target = account(id);
        target.name = name ?? target.name;
        target.managePrivilege = managePrivilege ?? target.managePrivilege;
        target.deleted = deleted ?? target.deleted;
        return { account: id, name: target.name, managePrivilege: target.managePrivilege, deleted: target.deleted };
      },
    ),
    "revoke-tokens": verb("Every access_token of the corp is revoked now.", "{ account }", corpSchema, (body) => {
      return { revoked: tools.tokens.revoke(corp(body.account).corp.corpId) };
    }),
    people: verb("Who has written to this account, newest first.", "{ account }", corpSchema, (body) => {
      const customers = [...account(body.account).customers.values()];
      customers.sort((one, other) => other.person.lastSeenAt - one.person.lastSeenAt);
      return { people: customers.slice(0, 200).map(({ person }) => ({ id: person.id, name: person.name })) };
    }),
  };
}

function authChangeXml(corp: KfCorp, add: readonly string[], remove: readonly string[], now: number): string {
  if (add.length + remove.length === 0) {
    throw new ControlError(400, "Nothing would change.", 'Name accounts in "add" or "remove".');
  }
  return xml([
    ["ToUserName", cdata(corp.corp.corpId)],
    ["CreateTime", String(Math.floor(now / 1000))],
    ["MsgType", cdata("event")],
    ["Event", cdata("kf_account_auth_change")],
    ...add.map((id) => ["AuthAddOpenKfId", cdata(id)] as const),
    ...remove.map((id) => ["AuthDelOpenKfId", cdata(id)] as const),
  ]);
}
