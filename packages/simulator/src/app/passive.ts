import { createDecipheriv } from "node:crypto";
import { sign } from "../crypto.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { readMessage, type Shown } from "./messages.ts";
import type { App } from "./state.ts";
import { readXml } from "./xml.ts";

/** What a passive reply asks for, or why the platform would throw it away. */
export type PassiveReply =
  | { readonly kind: "none" }
  | { readonly kind: "wrong"; readonly reason: string }
  | { readonly kind: "message"; readonly shown: Shown }
  | { readonly kind: "update_button"; readonly name: string }
  | { readonly kind: "update_template_card"; readonly card: JsonObject }
  | { readonly kind: "other"; readonly msgtype: string };

/** Opens the body of an answer to a callback: nothing, "success", or an encrypted reply. */
export function readPassiveReply(app: App, body: string, baseUrl: string): PassiveReply {
  const text = body.trim();
  if (text === "" || text === "success") return { kind: "none" };
  try {
    return toReply(openReply(app, readXml(text)), (message) =>
      readMessage(message, { corp: app.corp, baseUrl }, { inChat: false }),
    );
  } catch (error) {
    return { kind: "wrong", reason: error instanceof Error ? error.message : String(error) };
  }
}

function openReply({ endpoint }: App, envelope: JsonObject): JsonObject {
  const { Encrypt: encrypt, MsgSignature: signature, TimeStamp: timestamp, Nonce: nonce } = envelope;
  if (typeof encrypt !== "string") throw new Error("the answer is neither empty nor an encrypted reply");
  const wanted = sign(endpoint.keys.token, String(timestamp), String(nonce), encrypt);
  if (signature !== wanted) throw new Error("the reply's signature is wrong");
  const decipher = createDecipheriv("aes-256-cbc", endpoint.aesKey, endpoint.aesKey.subarray(0, 16)).setAutoPadding(
    false,
  );
  const frame = Buffer.concat([decipher.update(Buffer.from(encrypt, "base64")), decipher.final()]);
  const end = frame.length - (frame.at(-1) ?? 0);
  const length = frame.readUInt32BE(16);
  if (20 + length > end) throw new Error("the reply's length is wrong");
  if (frame.toString("utf8", 20 + length, end) !== endpoint.keys.receiveId)
    throw new Error("the reply is for another corp");
  return readXml(frame.toString("utf8", 20, 20 + length));
}

/** The grey line for a reply that is no message. */
export function noticeOf(reply: Exclude<PassiveReply, { kind: "none" | "message" }>): string {
  switch (reply.kind) {
    case "wrong":
      return `The platform throws the passive reply away: ${reply.reason}.`;
    case "other":
      return `The platform knows no passive reply of the type "${reply.msgtype}".`;
    default:
      return `The passive reply ${reply.kind} changes nothing: no card was tapped.`;
  }
}

function toReply(fields: JsonObject, read: (message: JsonObject) => Shown): PassiveReply {
  const msgtype = String(fields.MsgType ?? "");
  switch (msgtype) {
    case "text":
      return { kind: "message", shown: read({ msgtype, text: { content: String(fields.Content ?? "") } }) };
    case "news":
      return { kind: "message", shown: read({ msgtype, news: { articles: articlesOf(fields) } }) };
    case "image":
    case "voice":
    case "video": {
      const file = fields[FILE_ELEMENTS[msgtype]];
      return { kind: "message", shown: read({ msgtype, [msgtype]: isJsonObject(file) ? toJson(file) : {} }) };
    }
    case "update_button": {
      const button = isJsonObject(fields.Button) ? fields.Button : {};
      return { kind: "update_button", name: String(button.ReplaceName ?? "") };
    }
    case "update_template_card":
      return {
        kind: "update_template_card",
        card: toJson(isJsonObject(fields.TemplateCard) ? fields.TemplateCard : {}),
      };
    default:
      return msgtype === "" ? { kind: "wrong", reason: "the reply has no MsgType" } : { kind: "other", msgtype };
  }
}

const FILE_ELEMENTS = { image: "Image", voice: "Voice", video: "Video" } as const;

function articlesOf({ Articles: articles, ArticleCount: count }: JsonObject): readonly JsonObject[] {
  const items = isJsonObject(articles) ? [articles.item ?? []].flat().filter(isJsonObject) : [];
  if (Number(count) !== items.length) throw new Error(`ArticleCount is ${count}, but it has ${items.length} articles`);
  return items.map(toJson);
}

const LISTS = new Set([
  ...["action_list", "horizontal_content_list", "jump_list", "vertical_content_list"],
  ...["button_list", "select_list", "option_list"],
]);
const NUMBERS = new Set(["type", "style", "mode", "desc_color", "aspect_ratio"]);
const NAMES: Readonly<Record<string, string>> = {
  KeyName: "keyname",
  AppId: "appid",
  PagePath: "pagepath",
  UserId: "userid",
  PicUrl: "picurl",
};

/** The names of the XML are those of the JSON in PascalCase. */
function toJson(fields: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([element, value]) => {
      const name = NAMES[element] ?? element.replace(/(?!^)([A-Z])/g, "_$1").toLowerCase();
      const list = LISTS.has(name) && !Array.isArray(value) ? [value as JsonValue] : value;
      return [name, toValue(name, list)];
    }),
  );
}

function toValue(name: string, value: JsonValue | undefined): JsonValue {
  if (Array.isArray(value)) return value.map((one: JsonValue) => toValue(name, one));
  if (isJsonObject(value)) return toJson(value);
  if (NUMBERS.has(name)) return Number(value);
  return value === "true" || value === "false" ? value === "true" : (value ?? "");
}
