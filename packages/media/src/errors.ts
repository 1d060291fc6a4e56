import type { Reason } from "./reason.ts";

/**
 * - `media.empty`: not a single byte. `media.too-large`: more bytes than the limit named in the message.
 * - `media.refused`: the platform takes it neither as what it is nor as a file.
 * - `media.conversion-failed`: a converter failed, took too long or made too much of it.
 * - `media.path-refused`: a local path outside the allowed folders, or not a regular file. `media.not-found`: nothing there.
 */
export type MediaErrorCode =
  | "media.conversion-failed"
  | "media.empty"
  | "media.not-found"
  | "media.path-refused"
  | "media.refused"
  | "media.too-large";

/** Where a failure has no Chinese words of its own. */
const IN_CHINESE: Readonly<Record<MediaErrorCode, string>> = {
  "media.conversion-failed": "无法转换格式",
  "media.empty": "文件为空",
  "media.not-found": "文件不存在",
  "media.path-refused": "不允许读取该文件",
  "media.refused": "平台不接收该文件",
  "media.too-large": "文件过大",
};

/** Every failure of this package that is not the file system's own. The message is fit for the people concerned. */
export class MediaError extends Error {
  override readonly name = "MediaError";
  readonly code: MediaErrorCode;
  readonly reason: Reason;

  constructor(message: string, { code, zh, cause }: { code: MediaErrorCode; zh?: string; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.reason = { en: message, zh: zh ?? IN_CHINESE[code] };
  }
}
