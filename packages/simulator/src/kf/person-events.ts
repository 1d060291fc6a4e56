import { z } from "zod";
import type { EventContent } from "../control/content.ts";
import { ControlError, parseControl } from "../control/errors.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import type { Stream } from "./events.ts";
import { notice } from "./notice.ts";
import type { Writer } from "./person.ts";
import { currentState, issueCode, type ShownItem, WINDOW_MS } from "./state.ts";

export type EventSender = (writer: Writer, content: EventContent) => string;

const WELCOME_MS = 20_000;
const PICKED_UP_CODE_MS = WINDOW_MS;
const CLOSING_CODE_MS = 20_000;

const enterSchema = z.object({
  scene: z.string().default("sim"),
  sceneParam: z.string().default(""),
  /** From WeChat Channels: where the person came from. */
  channels: z
    .object({ nickname: z.string().optional(), shopNickname: z.string().optional(), scene: z.int().min(1).max(5) })
    .optional(),
  /** Overrides whether there is a welcome_code. */
  welcome: z.boolean().optional(),
});
const messageSchema = z.object({ messageId: z.string() });
const failSchema = messageSchema.extend({ failType: z.int().default(0) });
const servicerSchema = z.object({ servicer: z.string() });
const statusSchema = servicerSchema.extend({
  status: z.int().min(1).max(2),
  stopType: z.int().min(0).max(1).default(0),
});
const rejectSchema = servicerSchema.extend({ reject: z.boolean().default(true) });
const changeSchema = z.object({
  change: z.enum(["picked-up", "transferred", "ended", "reopened"]),
  servicer: z.string().optional(),
});
const nativeSchema = z.object({ payload: z.record(z.string(), z.json()) });

type Handler = (writer: Writer, content: EventContent) => string;

/** The events of the reference, by the words of `content.event`. */
export function createEventSender({ clock, changed }: PlatformTools, stream: Stream): EventSender {
  const emit = ({ account, customer }: Writer, event_type: string, fields: JsonObject) =>
    stream.event(account, { event_type, open_kfid: account.openKfId, external_userid: customer.person.id, ...fields });
  const read = <Value>(schema: z.ZodType<Value>, content: EventContent): Value =>
    parseControl(schema, content, `The fields of event "${content.event}" are beside "event".`);

  function enter(writer: Writer, content: EventContent): string {
    const { scene, sceneParam, channels, welcome } = read(enterSchema, content);
    const { account, customer } = writer;
    const now = clock.now();
    const welcomed = customer.lastWelcomeAt !== undefined && now - customer.lastWelcomeAt <= WINDOW_MS;
    const isWelcome = welcome ?? (!welcomed && customer.lastWroteAt === undefined);
    const code = isWelcome
      ? { welcome_code: issueCode({ account, customer, occasion: "welcome", expiresAt: now + WELCOME_MS }, "WC") }
      : {};
    const wechat_channels = channels && {
      scene: channels.scene,
      ...(channels.scene <= 3 ? { nickname: channels.nickname ?? "" } : { shop_nickname: channels.shopNickname ?? "" }),
    };
    customer.person.lastSeenAt = now;
    customer.lastEntry = { scene, scene_param: sceneParam, ...(wechat_channels ? { wechat_channels } : {}) };
    notice(customer, now, "entered the chat", { event: "enter_session", scene });
    return emit(writer, "enter_session", { ...customer.lastEntry, ...code });
  }

  function recallByCustomer(writer: Writer, content: EventContent): string {
    const item = ownItem(writer, read(messageSchema, content).messageId);
    item.state = "recalled";
    return emit(writer, "user_recall_msg", { recall_msgid: item.id });
  }

  function recallByServicer(writer: Writer, content: EventContent): string {
    const { messageId, servicer } = read(messageSchema.extend(servicerSchema.shape), content);
    const item = ownItem(writer, messageId);
    item.state = "recalled";
    return emit(writer, "servicer_recall_msg", { recall_msgid: item.id, servicer_userid: servicer });
  }

  function fail(writer: Writer, content: EventContent): string {
    const { messageId, failType } = read(failSchema, content);
    const item = ownItem(writer, messageId);
    item.state = "failed";
    item.failType = failType;
    return emit(writer, "msg_send_fail", { fail_msgid: messageId, fail_type: failType });
  }

  function servicerStatus({ account }: Writer, content: EventContent): string {
    const { servicer, status, stopType } = read(statusSchema, content);
    account.servicers.set(servicer, { status: status as 1 | 2, stopType: stopType as 0 | 1 });
    return stream.event(account, {
      event_type: "servicer_status_change",
      servicer_userid: servicer,
      status,
      ...(status === 2 ? { stop_type: stopType } : {}),
      open_kfid: account.openKfId,
    });
  }

  function rejectSwitch(writer: Writer, content: EventContent): string {
    const { servicer, reject } = read(rejectSchema, content);
    if (reject) writer.customer.refusedBy.add(servicer);
    else writer.customer.refusedBy.delete(servicer);
    return emit(writer, "reject_customer_msg_switch_change", {
      servicer_userid: servicer,
      reject_switch: reject ? 1 : 0,
    });
  }

  function sessionChange(writer: Writer, content: EventContent): string {
    const { change, servicer = "zhangsan" } = read(changeSchema, content);
    const { account, customer } = writer;
    const now = clock.now();
    const before = customer.servicer ?? servicer;
    if (change === "ended") {
      if (currentState(customer, now) === 4)
        throw new ControlError(409, "The session has ended already.", "Let the customer write.");
      customer.state = 4;
      customer.servicer = undefined;
      customer.endedByApi = false;
      const msg_code = issueCode({ account, customer, occasion: "ended", expiresAt: now + CLOSING_CODE_MS }, "MC");
      notice(customer, now, `${before} ended the session`, { event: "session_status_change", change });
      return emit(writer, "session_status_change", { change_type: 3, old_servicer_userid: before, msg_code });
    }
    customer.state = 3;
    customer.servicer = servicer;
    customer.endedByApi = false;
    customer.aliveAt = now;
    notice(customer, now, `${servicer} took the chat`, { event: "session_status_change", change });
    const code = {
      msg_code: issueCode({ account, customer, occasion: "picked-up", expiresAt: now + PICKED_UP_CODE_MS }, "MC"),
    };
    switch (change) {
      case "picked-up":
        return emit(writer, "session_status_change", { change_type: 1, new_servicer_userid: servicer, ...code });
      case "transferred":
        return emit(writer, "session_status_change", {
          change_type: 2,
          old_servicer_userid: before,
          new_servicer_userid: servicer,
        });
      case "reopened":
        return emit(writer, "session_status_change", {
          change_type: 4,
          old_servicer_userid: before,
          new_servicer_userid: servicer,
        });
    }
  }

  const handlers: Readonly<Record<string, Handler>> = {
    enter_session: enter,
    user_recall_msg: recallByCustomer,
    servicer_recall_msg: recallByServicer,
    msg_send_fail: fail,
    servicer_status_change: servicerStatus,
    session_status_change: sessionChange,
    reject_customer_msg_switch_change: rejectSwitch,
    native: ({ account }, content) => stream.event(account, read(nativeSchema, content).payload),
  };

  return (writer, content) => {
    const handler = Object.hasOwn(handlers, content.event) ? handlers[content.event] : undefined;
    if (!handler) {
      throw new ControlError(
        400,
        `There is no event "${content.event}".`,
        `Events: ${Object.keys(handlers).join(", ")}`,
      );
    }
    const id = handler(writer, content);
    changed(writer.account.openKfId, writer.customer.person.id);
    return id;
  };
}

function ownItem({ customer }: Writer, messageId: string): ShownItem {
  const item = customer.screen.find(({ id }) => id === messageId);
  if (item) return item;
  throw new ControlError(
    404,
    `There is no message "${messageId}" on this screen.`,
    "See GET /control/screen for the ids.",
  );
}
