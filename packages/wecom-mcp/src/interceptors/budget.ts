import { RejectedError } from "@wxgate/core";
import type { McpCall } from "./interceptor.ts";

const EACH_BYTES = 10 * 1024 * 1024;
const TOGETHER_BYTES = 20 * 1024 * 1024;

/** Reads the files one call names: 10 MB each, 20 MB together, through the account's guard. */
export function createFileReader({ account, signal }: McpCall) {
  let left = TOGETHER_BYTES;
  return async function read(path: string) {
    if (left === 0) throw tooMuch();
    const file = await account.readFile(path, Math.min(EACH_BYTES, left), signal);
    if (file.bytes.byteLength > Math.min(EACH_BYTES, left)) throw tooMuch();
    left -= file.bytes.byteLength;
    return file;
  };
}

function tooMuch(): RejectedError {
  return new RejectedError("the files of one call may have 10 MB each and 20 MB together", {
    code: "wecom-mcp.files-too-large",
  });
}
