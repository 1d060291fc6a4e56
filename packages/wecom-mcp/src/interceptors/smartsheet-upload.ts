import { type JsonObject, type JsonValue, RejectedError } from "@wxgate/core";
import { businessAnswer, errcodeOf } from "../answer.ts";
import { isObject, textIn } from "../json.ts";
import { createFileReader } from "./budget.ts";
import type { Interceptor, McpCall } from "./interceptor.ts";

const METHODS = new Set([
  "smartsheet_add_records",
  "smartsheet_update_records",
  "smartsheet_add_records_auto_file",
  "smartsheet_update_records_auto_file",
]);
const TIMEOUT_MS = 120_000;
const UPLOAD_TIMEOUT_MS = 60_000;

/** Cells that name a picture or a file get what WeCom made of it. */
export const smartsheetUpload: Interceptor = {
  name: "smartsheet-upload",
  matches: ({ category, method }) => category === "doc" && METHODS.has(method),
  async before(call) {
    const { records } = call.args;
    if (!Array.isArray(records)) return { timeoutMs: TIMEOUT_MS };
    const read = createFileReader(call);
    const filled: JsonValue[] = [];
    for (const record of records as readonly JsonValue[]) filled.push(await fillRecord(record, read, call));
    return { timeoutMs: TIMEOUT_MS, args: { ...call.args, records: filled } };
  },
};

type Read = ReturnType<typeof createFileReader>;

async function fillRecord(record: JsonValue, read: Read, call: McpCall): Promise<JsonValue> {
  if (!isObject(record) || !isObject(record.values)) return record;
  const values: Record<string, JsonValue | undefined> = {};
  for (const [field, cells] of Object.entries(record.values)) {
    if (!Array.isArray(cells)) {
      values[field] = cells;
      continue;
    }
    const filled: JsonValue[] = [];
    for (const cell of cells as readonly JsonValue[]) filled.push(await fillCell(cell, read, call));
    values[field] = filled;
  }
  return { ...record, values };
}

async function fillCell(cell: JsonValue, read: Read, call: McpCall): Promise<JsonValue> {
  if (!isObject(cell)) return cell;
  const { image_path, file_path, ...rest } = cell;
  const picture = textIn(image_path);
  if (picture !== undefined) {
    const { bytes, filename } = await read(picture);
    const answer = await upload("upload_doc_image", { base64_content: base64(bytes) }, call);
    return { ...rest, image_url: required(answer, ["url"], "upload_doc_image"), title: rest.title ?? filename };
  }
  const file = textIn(file_path);
  if (file === undefined) return cell;
  const { bytes, filename } = await read(file);
  const args = { file_name: filename, file_base64_content: base64(bytes) };
  const answer = await upload("upload_doc_file", args, call);
  return { ...rest, file_id: required(answer, ["fileid", "file_id"], "upload_doc_file") };
}

async function upload(method: string, args: JsonObject, call: McpCall): Promise<JsonObject> {
  const { docid, url } = call.args;
  const document = { ...(docid !== undefined && { docid }), ...(url !== undefined && { url }) };
  const answer = businessAnswer(await call.also(method, { ...document, ...args }, UPLOAD_TIMEOUT_MS)) ?? {};
  const errcode = errcodeOf(answer) ?? 0;
  if (errcode === 0) return answer;
  throw new RejectedError(`WeCom did not take the file: ${textIn(answer.errmsg) ?? "no reason given"}`, {
    code: "wecom-mcp.upload-refused",
    platformCode: errcode,
  });
}

function required(answer: JsonObject, keys: readonly string[], method: string): string {
  const found = keys.map((key) => textIn(answer[key])).find((text) => text !== undefined);
  if (found !== undefined) return found;
  throw new RejectedError(`WeCom's answer to ${method} names no ${keys[0]}`, { code: "wecom-mcp.bad-answer" });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
