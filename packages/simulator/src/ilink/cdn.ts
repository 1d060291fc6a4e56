import { setTimeout as wait } from "node:timers/promises";
import { drained, type Exchange, readBody, sendText } from "../http-io.ts";
import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { OK, refusal } from "./answers.ts";
import { decryptFile, md5Of, paddedSize } from "./crypto.ts";
import { type Cdn, type CdnFile, newParam, previewName } from "./media.ts";
import type { Bot } from "./state.ts";

export const CDN_PREFIX = "/cdn/c2c/";
const MOST_BYTES = 512 * 1024 * 1024;
const CHUNK_BYTES = 65_536;

/** The media server: announced uploads in, files out. */
export function createCdnServer({ faults, baseUrl, clock, log }: PlatformTools, cdn: Cdn) {
  function getUploadUrl(bot: Bot, body: JsonObject): JsonObject {
    const { filekey, media_type, to_user_id, rawsize, rawfilemd5, filesize, aeskey } = body;
    const chat = typeof to_user_id === "string" ? bot.chats.get(to_user_id) : undefined;
    const right =
      chat !== undefined &&
      /^[0-9a-f]{32}$/.test(String(filekey)) &&
      [1, 2, 3, 4].includes(Number(media_type)) &&
      /^[0-9a-f]{32}$/.test(String(rawfilemd5)) &&
      /^[0-9a-f]{32}$/.test(String(aeskey)) &&
      Number.isSafeInteger(rawsize) &&
      filesize === paddedSize(Number(rawsize));
    if (!right) return refusal(-1, "");
    const param = newParam();
    cdn.planned.set(param, {
      filekey: String(filekey),
      filesize: Number(filesize),
      md5: String(rawfilemd5),
      key: Buffer.from(String(aeskey), "hex"),
    });
    if (faults.take("ilink.upload-param", [bot.botId])) return { ...OK, upload_param: param };
    const query = `encrypted_query_param=${encodeURIComponent(param)}&filekey=${filekey}&taskid=${randomId("t", 9)}`;
    return { ...OK, upload_full_url: `${baseUrl()}${CDN_PREFIX}upload?${query}` };
  }

  async function upload({ request, response, method, query }: Exchange): Promise<void> {
    const planned = cdn.planned.get(query.get("encrypted_query_param") ?? "");
    if (method !== "POST" || !planned) return sendText(response, 404, "", "text/plain");
    const bytes = await readBody(request, MOST_BYTES);
    const problem = uploadProblem(bytes, planned, query.get("filekey"));
    if (problem !== undefined) {
      response.setHeader("x-error-message", problem);
      return sendText(response, 400, "", "text/plain");
    }
    const param = newParam();
    const plain = decryptFile(bytes, planned.key);
    cdn.files.set(param, { bytes, plain, filename: "upload", mime: "application/octet-stream" });
    if (!faults.take("ilink.no-cdn-header", ["upload"])) response.setHeader("x-encrypted-param", param);
    sendText(response, 200, "", "text/plain");
  }

  async function download({ response, query }: Exchange): Promise<void> {
    const file = cdn.files.get(query.get("encrypted_query_param") ?? "");
    if (!file) return sendText(response, 404, "", "text/plain");
    const slow = faults.take("ilink.cdn-slow", ["download"]);
    const chunks = Math.max(1, Math.ceil(file.bytes.length / CHUNK_BYTES));
    await sendBytes(response, file.bytes, "application/octet-stream", slow ? Number(slow.value) / chunks : 0);
  }

  async function preview({ response }: Exchange, name: string): Promise<void> {
    const file = [...cdn.files].find(([param]) => previewName(param) === name)?.[1];
    if (!file?.plain) return sendText(response, 404, "There is no such file.\n", "text/plain");
    response.setHeader("x-content-type-options", "nosniff");
    await sendBytes(response, file.plain, typeOf(file), 0);
  }

  async function handle(exchange: Exchange): Promise<void> {
    const startedAt = performance.now();
    const [name = "", rest = ""] = exchange.path.slice(CDN_PREFIX.length).split("/");
    const status = name === "plain" ? undefined : faults.take("ilink.cdn-status", [name]);
    if (status) sendText(exchange.response, Number(status.value), "", "text/plain");
    else if (name === "upload") await upload(exchange);
    else if (name === "download") await download(exchange);
    else if (name === "plain") await preview(exchange, rest);
    else sendText(exchange.response, 404, "", "text/plain");
    log.add({
      kind: "request",
      atMs: clock.now(),
      method: exchange.method,
      path: exchange.path,
      query: exchange.query,
      body: "",
      status: exchange.response.statusCode,
      answer: "",
      durationMs: Math.round(performance.now() - startedAt),
    });
  }

  return { getUploadUrl, handle };
}

function uploadProblem(
  bytes: Buffer,
  planned: { filesize: number; md5: string; key: Buffer; filekey: string },
  filekey: string | null,
): string | undefined {
  if (filekey !== planned.filekey) return "filekey mismatch";
  if (bytes.length !== planned.filesize) return "file size mismatch";
  const plain = decryptFile(bytes, planned.key);
  return plain && md5Of(plain) === planned.md5 ? undefined : "md5 mismatch";
}

async function sendBytes(
  response: Exchange["response"],
  bytes: Buffer,
  contentType: string,
  pauseMs: number,
): Promise<void> {
  response.writeHead(200, { "content-type": contentType, "content-length": bytes.length });
  for (let from = 0; from < bytes.length && !response.destroyed; from += CHUNK_BYTES) {
    if (!response.write(bytes.subarray(from, from + CHUNK_BYTES))) await drained(response);
    if (pauseMs > 0) await wait(pauseMs);
  }
  response.end();
}

/** Pictures are shown by the page; anything else is only downloaded. */
function typeOf({ plain, mime }: CdnFile): string {
  if (plain?.subarray(0, 4).toString("latin1") === "\x89PNG") return "image/png";
  if (plain?.subarray(0, 3).toString("latin1") === "\xff\xd8\xff") return "image/jpeg";
  return /^(image\/(png|jpeg|gif|webp)|audio\/|video\/)/.test(mime) ? mime : "application/octet-stream";
}
