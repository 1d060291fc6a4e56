import type { Content } from "../control/content.ts";
import { ControlError } from "../control/errors.ts";
import type { Envelope } from "../crypto.ts";
import { numberOf } from "../faults.ts";
import { randomId } from "../ids.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { type StoredFiles, storeFiles } from "../kf/inbound.ts";
import { isMedia } from "../kf/incoming.ts";
import type { PlatformTools } from "../platform.ts";
import type { Member } from "./directory.ts";
import { noticeOf, type PassiveReply, readPassiveReply } from "./passive.ts";
import { type ShownItem, show } from "./shown.ts";
import { type App, screenOf } from "./state.ts";
import { callbackXml } from "./xml.ts";

/** The first delivery and three retries. */
const USUAL_ATTEMPTS = 4;

export interface Inbound {
  /** A member writes, or does what ends in an event; one id per content. */
  write(app: App, member: Member, contents: readonly Content[]): Promise<readonly string[]>;
  /** Posts one event. `onReply` hears what the receiver answered. */
  event(app: App, sender: string, fields: JsonObject, onReply?: (reply: PassiveReply) => void): string;
  /** Posts what a member has caused; what the receiver answers appears on the member's phone. */
  cause(app: App, member: Member, name: string, elements: JsonObject): string;
}

export function createInbound({ clock, faults, callbacks, changed, baseUrl }: PlatformTools): Inbound {
  let counter = 0;

  /** 64 bits, too large for a JSON number. */
  function nextMsgId(): string {
    counter += 1;
    return String(7_023_415_566_000_000_000n + BigInt(clock.now() % 1_000_000_000) * 1000n + BigInt(counter % 1000));
  }

  function post(app: App, fields: JsonObject, onReply?: (reply: PassiveReply) => void): void {
    const { corpId } = app.corp;
    const targets = [corpId, app.account];
    const other = faults.take("app.callback.agent-id", targets);
    const filled = faults.take("app.callback.huge", targets);
    const attempts = faults.take("app.callback.attempts", targets);
    const agentId = other ? String(other.value) : app.account;
    const body: JsonObject = {
      ...fields,
      ...(fields.AgentID === undefined ? { AgentID: Number(agentId) } : {}),
      ...(faults.take("app.callback.extra-elements", targets) ? { Unknown: { Nested: "x", Other: 1 } } : {}),
      ...(filled ? { Filling: "x".repeat(numberOf(filled)) } : {}),
    };
    const plain = callbackXml(body, {
      cdata: faults.take("app.callback.no-cdata", targets) === undefined,
      reversed: faults.take("app.callback.shuffle", targets) !== undefined,
    });
    const wrap = ({ encrypt }: Envelope) =>
      callbackXml({ ToUserName: corpId, AgentID: agentId, Encrypt: encrypt }, { cdata: true, reversed: false });
    callbacks.send({
      endpoint: app.endpoint,
      account: app.account,
      plain,
      wrap,
      contentType: "text/xml; charset=utf-8",
      usualAttempts: USUAL_ATTEMPTS,
      ...(attempts ? { attempts: numberOf(attempts) } : {}),
      ...(onReply ? { onAnswer: (text: string) => onReply(readPassiveReply(app, text, baseUrl())) } : {}),
    });
  }

  function frame(app: App, sender: string): JsonObject {
    return { ToUserName: app.corp.corpId, FromUserName: sender, CreateTime: Math.floor(clock.now() / 1000) };
  }

  function event(app: App, sender: string, fields: JsonObject, onReply?: (reply: PassiveReply) => void): string {
    post(app, { ...frame(app, sender), MsgType: "event", ...fields }, onReply);
    return randomId("evt", 12);
  }

  function message(app: App, member: Member, content: Content, files: StoredFiles): string {
    const same = faults.take("app.callback.same-msgid", [app.corp.corpId, app.account]);
    const id = same ? String(same.value) : nextMsgId();
    const file = files.get(content)?.media;
    const reply = (passive: PassiveReply) => showReply(app, member, passive);
    const elements = wire(content, file?.id ?? "", `${baseUrl()}/control/media/${app.corp.corpId}/${file?.id}`);
    post(app, { ...frame(app, member.userId), ...elements, MsgId: id }, reply);
    const { base64: _base64, ...rest } = content as Content & { base64?: string };
    const media = file && {
      media: {
        ...{ id: file.id, filename: file.filename, mime: file.mime, bytes: file.bytes },
        url: `${baseUrl()}/control/media/${app.corp.corpId}/${file.id}`,
      },
    };
    const at = new Date(clock.now()).toISOString();
    show(screenOf(app, member), { ...rest, ...media, id, direction: "inbound", at, state: "sent", by: "member" });
    changed(app.account, member.userId);
    return id;
  }

  /** A reply inside the answer to the callback appears like any other message. */
  function showReply(app: App, member: Member, reply: PassiveReply): void {
    if (reply.kind === "none") return;
    const at = new Date(clock.now()).toISOString();
    const base = { id: randomId("PSV", 12), at, by: "reply", state: "shown" as const };
    const item: ShownItem =
      reply.kind === "message"
        ? { ...reply.shown, ...base, direction: "outbound" }
        : { ...base, direction: "notice", kind: "notice", text: noticeOf(reply) };
    show(screenOf(app, member), item);
    changed(app.account, member.userId);
  }

  function cause(app: App, member: Member, name: string, elements: JsonObject): string {
    const { FromUserName: sender = member.userId, ...rest } = elements;
    const usual = name === "enter_agent" && rest.EventKey === undefined ? { EventKey: "" } : {};
    return event(app, String(sender), { Event: name, ...usual, ...rest }, (reply) => showReply(app, member, reply));
  }

  function eventOf(app: App, member: Member, content: Extract<Content, { kind: "event" }>): string {
    const { kind: _kind, event: name, ...elements } = content as unknown as JsonObject & { event: string };
    return cause(app, member, name, elements);
  }

  return {
    event,
    cause,
    async write(app, member, contents) {
      const files = await storeFiles(app.corp, contents);
      return contents.map((content) =>
        content.kind === "event" ? eventOf(app, member, content) : message(app, member, content, files),
      );
    },
  };
}

function wire(content: Content, mediaId: string, url: string): JsonObject {
  if (isMedia(content)) {
    switch (content.kind) {
      case "image":
        return { MsgType: "image", PicUrl: url, MediaId: mediaId };
      case "voice":
        return { MsgType: "voice", MediaId: mediaId, Format: "amr" };
      case "video":
        return { MsgType: "video", MediaId: mediaId, ThumbMediaId: mediaId };
      case "file":
        return { MsgType: "file", MediaId: mediaId, ...(content.filename ? { FileName: content.filename } : {}) };
    }
  }
  switch (content.kind) {
    case "text":
      return { MsgType: "text", Content: content.text };
    case "location": {
      const { latitude, longitude, name = "", address = "" } = content;
      const label = address || name;
      return {
        MsgType: "location",
        ...{ Location_X: latitude, Location_Y: longitude, Scale: 16, Label: label, AppType: "wxwork" },
      };
    }
    case "link": {
      const { title, url: address, description = "", imageUrl = "" } = content;
      return { MsgType: "link", Title: title, Description: description, Url: address, PicUrl: imageUrl };
    }
    case "unsupported":
      return { MsgType: content.nativeType, ...(isJsonObject(content.raw) ? content.raw : {}) };
    default:
      throw new ControlError(400, `Members cannot send "${content.kind}" to an app.`, KINDS);
  }
}

const KINDS = "Kinds: text, image, voice, video, file, location, link, event, unsupported.";
