import { type Fetch, type JsonObject, type Random, RejectedError, TransientError } from "@wxgate/core";
import { readPieces, release, type Upload } from "@wxgate/media";
import type { BotCredentials, IlinkApi } from "../api.ts";
import { badAnswer, unreachable } from "../errors.ts";
import type { Hosts } from "../hosts.ts";
import { ITEM, UPLOAD } from "../wire.ts";
import { encrypt, encryptedSize } from "./crypto.ts";
import { encodeKey } from "./keys.ts";

interface UploaderOptions {
  readonly api: Pick<IlinkApi, "getUploadUrl">;
  readonly fetch: Fetch;
  readonly random: Random;
  readonly hosts: Hosts;
  readonly cdnBaseUrl: string;
}

/** Encrypts a file on its way to the media server; the item that shows it. */
export type Uploader = (file: Upload, bot: BotCredentials, to: string, signal: AbortSignal) => Promise<JsonObject>;

const ATTEMPTS = 3;
const RESULT_HEADER = "x-encrypted-param";

export function createUploader({ api, fetch, random, hosts, cdnBaseUrl }: UploaderOptions): Uploader {
  async function post(url: URL, file: Upload, key: Uint8Array, signal: AbortSignal): Promise<string> {
    let failure: unknown;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const result = await postOnce(url, file, key, signal);
      if (typeof result === "string") return result;
      failure = result;
    }
    throw failure;
  }

  /** The parameter that names the file, or why another attempt may help. */
  async function postOnce(
    url: URL,
    file: Upload,
    key: Uint8Array,
    signal: AbortSignal,
  ): Promise<string | TransientError> {
    let response: Response;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/octet-stream", "content-length": String(encryptedSize(file.bytes)) },
        body: ReadableStream.from(encrypt(readPieces(file.path), key)) as ReadableStream<Uint8Array>,
        redirect: "error",
        duplex: "half",
        onChunkSent: release,
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      return unreachable("an upload", error);
    }
    await response.body?.cancel();
    const { status } = response;
    if (status >= 400 && status < 500) {
      throw new RejectedError(`the media server refused the file: HTTP ${status}`, { code: "ilink.upload-refused" });
    }
    const param = response.headers.get(RESULT_HEADER);
    if (status === 200 && param !== null && param !== "") return param;
    const what = status === 200 ? "without naming the file" : `with HTTP ${status}`;
    return new TransientError(`the media server answered an upload ${what}`, {
      code: "ilink.upload-failed",
      sent: "no",
    });
  }

  return async function upload(file, bot, to, signal) {
    const key = random.bytes(16);
    const filekey = Buffer.from(random.bytes(16)).toString("hex");
    const fileSize = encryptedSize(file.bytes);
    const kind = file.kind === "voice" ? "file" : file.kind;
    const rawMd5 = await file.md5();
    const aesKey = Buffer.from(key).toString("hex");
    const request = { filekey, mediaType: UPLOAD[kind], to, rawSize: file.bytes, rawMd5, fileSize, aesKey };
    const { url: full, param } = await api.getUploadUrl(bot, request, signal);
    const query = new URLSearchParams({ encrypted_query_param: param ?? "", filekey });
    const url = hosts.trusted(full ?? `${cdnBaseUrl.replace(/\/$/, "")}/upload?${query}`);
    if (url === undefined) throw badAnswer("getuploadurl", "names an address that is none of WeChat's");
    const reference = await post(url, file, key, signal);
    const media = { encrypt_query_param: reference, aes_key: encodeKey(key), encrypt_type: 1 };
    switch (kind) {
      case "image":
        return { type: ITEM.image, image_item: { media, mid_size: fileSize } };
      case "video":
        return { type: ITEM.video, video_item: { media, video_size: fileSize } };
      case "file":
        return { type: ITEM.file, file_item: { media, file_name: file.filename, len: String(file.bytes) } };
      default:
        return kind satisfies never;
    }
  };
}
