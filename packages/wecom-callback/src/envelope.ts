import { parseXml, XmlError, type XmlFields, xmlText } from "./xml.ts";

/** The outer shape of a callback. Everything but `encrypt` is a hint that anybody could have written. */
export interface Envelope {
  readonly format: "xml" | "json";
  readonly encrypt: string;
  readonly toUserName: string;
  readonly agentId: string;
}

/** What is inside an encrypted callback, by the format of its envelope. */
export interface CallbackBodies {
  readonly xml: XmlFields;
  readonly json: JsonBody;
}
export type CallbackFormat = keyof CallbackBodies;
export type JsonBody = Readonly<Record<string, unknown>>;

/** Text that is no callback. */
export class CallbackFormatError extends Error {
  override readonly name = "CallbackFormatError";
}

/** @throws CallbackFormatError, XmlError */
export function parseEnvelope(text: string): Envelope {
  const format = formatOf(text);
  if (format === "xml") return xmlEnvelope(parseXml(text));
  if (format === "json") return jsonEnvelope(text);
  throw new CallbackFormatError("neither XML nor JSON");
}

/** @throws CallbackFormatError when the text is not an XML document with elements, or not a JSON object. */
export function parseBody<F extends CallbackFormat>(format: F, text: string): CallbackBodies[F];
export function parseBody(format: CallbackFormat, text: string): XmlFields | JsonBody {
  return format === "xml" ? xmlBody(text) : parseJsonObject(text);
}

function formatOf(text: string): CallbackFormat | undefined {
  const first = text.trimStart()[0];
  return first === "<" ? "xml" : first === "{" ? "json" : undefined;
}

function xmlEnvelope(fields: XmlFields): Envelope {
  return {
    format: "xml",
    encrypt: required(xmlText(fields, "Encrypt")),
    toUserName: xmlText(fields, "ToUserName")?.trim() ?? "",
    agentId: xmlText(fields, "AgentID")?.trim() ?? "",
  };
}

function xmlBody(text: string): XmlFields {
  try {
    return parseXml(text);
  } catch (error) {
    if (error instanceof XmlError) throw new CallbackFormatError("not XML", { cause: error });
    throw error;
  }
}

function jsonEnvelope(text: string): Envelope {
  // JSON.parse would silently take the last of two.
  const occurrences = text.match(/"encrypt"\s*:/gi) ?? [];
  if (occurrences.length > 1) throw new CallbackFormatError("encrypt stands there twice");
  const object = parseJsonObject(text);
  return { format: "json", encrypt: required(object.encrypt ?? object.Encrypt), toUserName: "", agentId: "" };
}

function parseJsonObject(text: string): JsonBody {
  try {
    // A byte order mark is white space here, and an error to JSON.parse.
    const value: unknown = JSON.parse(text.trimStart());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonBody;
  } catch (error) {
    throw new CallbackFormatError("not JSON", { cause: error });
  }
  throw new CallbackFormatError("not a JSON object");
}

function required(value: unknown): string {
  const text = typeof value === "string" ? value.trim() : "";
  if (text === "") throw new CallbackFormatError("there is not exactly one Encrypt");
  return text;
}
