import type { JsonObject } from "@wxgate/core";
import { type XmlFields, xmlText } from "@wxgate/wecom-callback";

/*
 * The platform's shapes. Names of the wire (`FromUserName`, `msgtype`) stay in the files that read callbacks (`parse*.ts`) and
 * write requests (`render.ts`, `receivers.ts`, `request-json.ts`, `card-xml.ts`, `api.ts`). Elements are read one by one and
 * leniently: one odd element must not cost a message.
 */

/** https://developer.work.weixin.qq.com/document/path/90236 */
export type WireMessage = { readonly msgtype: string } & JsonObject;

/** Exactly one kind of receiver of `message/send`. */
export type Receivers = { readonly touser: string } | { readonly toparty: string } | { readonly totag: string };

/** `text.content` and `markdown.content`: bytes of UTF-8. What is longer is cut silently by the platform. */
export const TEXT_BYTES = 2048;

/** A text element that is not empty, without white space around it. */
export function word(fields: XmlFields, name: string): string | undefined {
  return xmlText(fields, name)?.trim() || undefined;
}

/** The child elements of one element; none when it is absent or text. */
export function child(fields: XmlFields, name: string): XmlFields {
  const value = fields[name];
  return isFields(value) ? value : {};
}

/** A repeated element as a list, also when it stands there once or not at all. */
export function children(fields: XmlFields, name: string): readonly (string | XmlFields)[] {
  const value = fields[name];
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as string | XmlFields];
}

export function isFields(value: XmlFields[string]): value is XmlFields {
  return typeof value === "object" && !Array.isArray(value);
}

/** Elements as plain JSON, without those named. */
export function toJson(fields: XmlFields, without: ReadonlySet<string>): JsonObject {
  const kept = Object.entries(fields).filter(([name]) => !without.has(name));
  return JSON.parse(JSON.stringify(Object.fromEntries(kept))) as JsonObject;
}
