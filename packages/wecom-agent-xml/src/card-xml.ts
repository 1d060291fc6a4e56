import { isObject, type JsonObject, type JsonValue } from "@wxgate/core";
import { cdata } from "@wxgate/wecom-callback";

export interface PassiveReply {
  readonly to: string;
  readonly corpId: string;
  readonly createdSeconds: number;
}

/** The passive reply that replaces a card. https://developer.work.weixin.qq.com/document/path/90241 */
export function cardUpdateXml(card: JsonObject, reply: PassiveReply): string {
  return replyXml("update_template_card", `<TemplateCard>${fieldsXml(card)}</TemplateCard>`, reply);
}

/** The passive reply that disables the tapped button and puts `text` on it. */
export function buttonUpdateXml(text: string, reply: PassiveReply): string {
  return replyXml("update_button", `<Button><ReplaceName>${cdata(text)}</ReplaceName></Button>`, reply);
}

function replyXml(type: string, body: string, { to, corpId, createdSeconds }: PassiveReply): string {
  return (
    `<xml><ToUserName>${cdata(to)}</ToUserName><FromUserName>${cdata(corpId)}</FromUserName>` +
    `<CreateTime>${createdSeconds}</CreateTime><MsgType>${cdata(type)}</MsgType>${body}</xml>`
  );
}

function fieldsXml(fields: JsonObject): string {
  return Object.entries(fields)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => elementXml(name, one)))
    .join("");
}

function elementXml(name: string, value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  const element = elementName(name);
  if (isObject(value)) return `<${element}>${fieldsXml(value)}</${element}>`;
  return `<${element}>${typeof value === "string" ? cdata(value) : String(value)}</${element}>`;
}

/** Names of JSON that are two words without a mark between them. */
const NAMES: Readonly<Record<string, string>> = {
  keyname: "KeyName",
  appid: "AppId",
  pagepath: "PagePath",
  userid: "UserId",
};

function elementName(name: string): string {
  return NAMES[name] ?? name.replace(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}
