import { createHash } from "node:crypto";
import { refuse } from "../bot/refusal.ts";
import { type BotScreen, CONTENT_BYTES, contentOf, feedbackOf } from "../bot/screen.ts";
import type { Issued, ShownItem } from "../bot/state.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import type { Asked, HookBot } from "./state.ts";

/** Shows what a callback was answered with. @throws BotRefusal, where the platform would throw the reply away */
export interface Replies {
  /** The bubble that must be asked for from now on, if there is one. */
  take(owner: HookBot, issued: Issued, reply: JsonObject): Asked | undefined;
  refreshed(owner: HookBot, asked: Asked, reply: JsonObject): void;
}

const MOST_IMAGES = 10;
const IMAGE_BYTES = 10 * 1024 * 1024;
const EVENT_MS = 5_000;

export function createReplies({ clock }: PlatformTools, screen: BotScreen): Replies {
  function streamOf(reply: JsonObject): JsonObject & { id: string } {
    const { stream } = reply;
    if (!isJsonObject(stream) || typeof stream.id !== "string" || stream.id === "") refuse(40058, "stream.id");
    return { ...stream, id: stream.id };
  }

  function show(owner: HookBot, asked: Asked, reply: JsonObject): void {
    const { bot } = owner;
    const { stream, chat } = asked;
    const fields = streamOf(reply);
    if (fields.id !== stream.id) refuse(40058, "the reply is for another stream");
    const content = contentOf(fields.content ?? "", CONTENT_BYTES);
    const finish = fields.finish === true;
    if (stream.finished) {
      // The same end again, since an answer was lost or a callback came twice.
      if (stream.item.text !== content || !finish) refuse(846608);
      return;
    }
    const images = fields.msg_item === undefined ? [] : imagesOf(fields.msg_item);
    if (images.length > 0 && !finish) refuse(40058, "msg_item belongs into the last packet");
    if (reply.msgtype === "stream_with_template_card") card(owner, asked, reply.template_card);
    if (images.length > 0) stream.item.images = images;
    screen.snapshot(bot, chat, stream, content, finish);
  }

  /** One card may come with a message, in whichever packet. */
  function card({ bot }: HookBot, { stream, chat }: Asked, fields: JsonObject[string]): void {
    if (!isJsonObject(fields)) refuse(40058, "template_card");
    if (stream.item.withCard === true) return;
    stream.item.withCard = true;
    screen.showCard(bot, chat, fields, "reply");
  }

  function message(owner: HookBot, issued: Issued, reply: JsonObject): Asked | undefined {
    const { bot } = owner;
    const { chat, user, at } = issued;
    if (reply.msgtype === "template_card") {
      if (!isJsonObject(reply.template_card)) refuse(40058, "template_card");
      screen.showCard(bot, chat, reply.template_card, "reply");
      return undefined;
    }
    if (reply.msgtype !== "stream" && reply.msgtype !== "stream_with_template_card") refuse(40008);
    const fields = streamOf(reply);
    const known = owner.asked.get(fields.id);
    if (known === undefined) {
      const item: ShownItem = screen.put(bot, chat, "text", "reply", { ...feedbackOf(fields), stream: fields.id });
      const stream = { id: fields.id, item, firstAt: clock.now(), finished: false };
      const asked: Asked = { stream, chat, user, since: at };
      owner.asked.set(fields.id, asked);
      show(owner, asked, reply);
      return stream.finished ? undefined : asked;
    }
    show(owner, known, reply);
    return undefined;
  }

  function welcome({ bot }: HookBot, issued: Issued, reply: JsonObject): void {
    if (issued.used) return;
    if (reply.msgtype === "text") {
      const text = isJsonObject(reply.text) ? contentOf(reply.text.content, CONTENT_BYTES) : "";
      if (text.trim() === "") refuse(93017);
      screen.put(bot, issued.chat, "text", "welcome", { text });
    } else if (reply.msgtype === "template_card" && isJsonObject(reply.template_card)) {
      screen.showCard(bot, issued.chat, reply.template_card, "welcome");
    } else refuse(40008);
    issued.used = true;
  }

  function update({ bot }: HookBot, issued: Issued, reply: JsonObject): void {
    const { template_card: fields } = reply;
    if (reply.response_type !== "update_template_card" || !isJsonObject(fields)) refuse(40058);
    if (fields.task_id !== issued.taskId) refuse(40058, "task_id differs");
    screen.updateCard(bot, issued.chat, fields);
  }

  return {
    take(owner, issued, reply) {
      if (issued.kind === "message") return message(owner, issued, reply);
      if (clock.now() - issued.at > EVENT_MS) refuse(846605);
      if (issued.kind === "enter_chat") welcome(owner, issued, reply);
      else if (issued.kind === "card") update(owner, issued, reply);
      else refuse(40008);
      return undefined;
    },
    refreshed(owner, asked, reply) {
      if (reply.msgtype !== "stream" && reply.msgtype !== "stream_with_template_card") refuse(40008);
      show(owner, asked, reply);
    },
  };
}

/** What a phone would show of them. */
function imagesOf(items: JsonObject[string]): JsonObject[] {
  if (!Array.isArray(items) || items.length > MOST_IMAGES) refuse(40058, `more than ${MOST_IMAGES} images`);
  return items.map((item) => {
    const image = isJsonObject(item) && item.msgtype === "image" ? item.image : undefined;
    if (!isJsonObject(image) || typeof image.base64 !== "string") refuse(40058, "msg_item");
    const bytes = Buffer.from(image.base64, "base64");
    if (bytes.length > IMAGE_BYTES) refuse(93018);
    if (createHash("md5").update(bytes).digest("hex") !== image.md5) refuse(40058, "md5 differs");
    if (!isPicture(bytes)) refuse(40058, "neither JPG nor PNG");
    return { bytes: bytes.length, md5: image.md5 };
  });
}

function isPicture(bytes: Buffer): boolean {
  return bytes.subarray(0, 3).toString("hex") === "ffd8ff" || bytes.subarray(0, 4).toString("hex") === "89504e47";
}
