import type { JsonObject, JsonValue } from "../json.ts";
import type { Corp, Credential } from "./corps.ts";
import { QyapiError } from "./errors.ts";
import type { UploadedFile } from "./multipart.ts";

/** One call to the API, its access_token already checked. */
export interface QyapiCall {
  readonly corp: Corp;
  readonly credential: Credential;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  /** The part named `media` of a multipart body. */
  readonly upload?: UploadedFile;
  readonly range?: string;
}

/** JSON without errcode and errmsg, which the router adds, or a file. */
export type QyapiAnswer = { readonly json: JsonObject } | { readonly file: FileAnswer };

export interface FileAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly chunks: Iterable<Buffer>;
  readonly bytes: number;
  /** Real milliseconds over which the body is spread. */
  readonly spreadMs?: number;
  readonly cut?: boolean;
  readonly done: () => void;
}

export interface QyapiRoute {
  readonly method: "GET" | "POST" | "ANY";
  /** The credential's purpose it takes; any when left out. Others are answered 48002. */
  readonly purpose?: string;
  readonly multipart?: true;
  handle(call: QyapiCall): QyapiAnswer;
}

/** By path after `/cgi-bin/`. */
export type QyapiRoutes = Readonly<Record<string, QyapiRoute>>;

export function text(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== "string" || value === "") throw new QyapiError(40058, `missing or invalid parameter: ${name}`);
  return value;
}

export function optionalText(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw new QyapiError(40058, `invalid parameter: ${name}`);
  return value;
}

export function optionalInteger(body: JsonObject, name: string, lowest: number, highest: number): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < lowest || value > highest) {
    throw new QyapiError(40058, `invalid parameter: ${name} (${lowest} to ${highest})`);
  }
  return value;
}

export function texts(body: JsonObject, name: string, most: number): readonly string[] {
  const value: JsonValue | undefined = body[name];
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > most || value.some((item) => typeof item !== "string")) {
    throw new QyapiError(40058, `invalid parameter: ${name} (a list of at most ${most} strings)`);
  }
  return value as readonly string[];
}

export function object(body: JsonObject, name: string): JsonObject {
  const value = body[name];
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new QyapiError(40058, `missing or invalid parameter: ${name}`);
  }
  return value as JsonObject;
}
