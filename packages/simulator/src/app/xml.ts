import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";

export interface XmlStyle {
  readonly cdata: boolean;
  readonly reversed: boolean;
}

/** Elements of a callback: text as CDATA, numbers bare, lists as repeated elements; null leaves an element out. */
export function callbackXml(fields: JsonObject, style: XmlStyle): string {
  const entries = Object.entries(fields);
  if (style.reversed) entries.reverse();
  return `<xml>${entries.map(([name, value]) => elements(name, value, style)).join("")}</xml>`;
}

function elements(name: string, value: JsonValue | undefined, style: XmlStyle): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map((one: JsonValue) => elements(name, one, style)).join("");
  if (isJsonObject(value)) {
    const inner = Object.entries(value).map(([child, one]) => elements(child, one, style));
    return `<${name}>${inner.join("")}</${name}>`;
  }
  return `<${name}>${typeof value === "string" ? words(value, style) : String(value)}</${name}>`;
}

function words(text: string, { cdata }: XmlStyle): string {
  if (cdata) return `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The elements of a passive reply as JSON; a repeated element becomes a list. Enough for what replies hold. */
export function readXml(text: string): JsonObject {
  const reader = { text, at: 0 };
  const root = readElement(reader);
  return root !== undefined && isJsonObject(root.value) ? root.value : {};
}

interface Reader {
  readonly text: string;
  at: number;
}

function readElement(reader: Reader): { name: string; value: JsonValue } | undefined {
  const open = /\s*<([A-Za-z_][\w.-]*)>/y;
  open.lastIndex = reader.at;
  const name = open.exec(reader.text)?.[1];
  if (name === undefined) return undefined;
  reader.at = open.lastIndex;
  const value = readContent(reader);
  const close = `</${name}>`;
  const end = reader.text.indexOf(close, reader.at);
  if (end < 0) throw new SyntaxError(`<${name}> does not close`);
  reader.at = end + close.length;
  return { name, value };
}

function readContent(reader: Reader): JsonValue {
  const children: Record<string, JsonValue> = {};
  let child = readElement(reader);
  if (child === undefined) return readWords(reader);
  while (child !== undefined) {
    const known = children[child.name];
    if (known === undefined) children[child.name] = child.value;
    else children[child.name] = [...(Array.isArray(known) ? known : [known]), child.value];
    child = readElement(reader);
  }
  return children;
}

function readWords(reader: Reader): string {
  let words = "";
  for (;;) {
    if (reader.text.startsWith("<![CDATA[", reader.at)) {
      const end = reader.text.indexOf("]]>", reader.at);
      if (end < 0) throw new SyntaxError("CDATA does not end");
      words += reader.text.slice(reader.at + 9, end);
      reader.at = end + 3;
    } else {
      const next = reader.text.indexOf("<", reader.at);
      if (next < 0) throw new SyntaxError("an element does not close");
      words += reader.text.slice(reader.at, next).trim();
      reader.at = next;
      if (!reader.text.startsWith("<![CDATA[", next)) return words;
    }
  }
}
