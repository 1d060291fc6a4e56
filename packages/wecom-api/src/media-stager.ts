import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MediaKind, type MediaOpener, type OutboundMedia, RejectedError } from "@wxgate/core";
import { MediaError, type MediaRules, namedTooLarge, prepareUpload, type Reason, type Upload } from "@wxgate/media";
import type { WecomApi } from "./api.ts";
import { WECOM_MEDIA_RULES } from "./media-rules.ts";

export interface MediaStagerOptions {
  readonly api: Pick<WecomApi, "uploadMedia">;
  readonly media: MediaOpener;
  /** Default: what `media/upload` takes. */
  readonly rules?: MediaRules;
}

/** A file the platform holds for 3 days. */
export interface StagedMedia {
  /** What it is sent as; "file" where the platform would not take it as what it was meant to be. */
  readonly kind: MediaKind;
  readonly mediaId: string;
  readonly filename?: string;
  /** Why it was converted, or is sent as a file. */
  readonly reason?: Reason;
}

/**
 * Opens a file, makes of it what the platform takes and uploads it, in constant memory. What has a media id already is
 * given back as it is.
 *
 * @throws RejectedError `wecom.media-unfit` or `wecom.upload-refused` with the reason in words when it can be sent in no
 *   form, is larger than the gateway takes, or the platform did not take it; what the opener and the API throw
 */
export type MediaStager = (media: OutboundMedia, signal: AbortSignal) => Promise<StagedMedia>;

/** More than the platform takes, since a huge picture can be made smaller; the opener has the operator's own limit. */
const MAX_SOURCE_BYTES = 100 * 1024 * 1024;

export function createMediaStager({ api, media: opener, rules = WECOM_MEDIA_RULES }: MediaStagerOptions): MediaStager {
  async function fit(media: OutboundMedia, dir: string, signal: AbortSignal): Promise<Upload> {
    try {
      const opened = await opener.open(media, signal);
      return await prepareUpload(media.filename === undefined ? opened : { ...opened, filename: media.filename }, {
        wanted: media.kind,
        rules,
        dir,
        maxBytes: MAX_SOURCE_BYTES,
        converter: opener.converter,
        signal,
      });
    } catch (error) {
      const unfit = namedTooLarge(error, media) ?? error;
      if (!(unfit instanceof MediaError)) throw error;
      throw new RejectedError(unfit.message, { code: "wecom.media-unfit", cause: unfit });
    }
  }

  /** What the platform does not take as what it was meant to be, against its own rules or ours, it may take as a plain file. */
  async function takeSomehow(
    upload: Upload,
    signal: AbortSignal,
  ): Promise<Pick<StagedMedia, "kind" | "mediaId" | "reason">> {
    const { kind, reason } = upload;
    try {
      return { kind, mediaId: await take(upload, signal), ...(reason !== undefined && { reason }) };
    } catch (error) {
      const canBeFile = kind !== "file" && rules.file !== undefined && upload.bytes <= rules.file.maxBytes;
      if (!(error instanceof RejectedError) || !canBeFile) throw error;
      return { kind: "file", mediaId: await take({ ...upload, kind: "file" }, signal), reason: reasonOf(error) };
    }
  }

  async function take(
    upload: Pick<Upload, "kind" | "filename" | "mime" | "bytes" | "open">,
    signal: AbortSignal,
  ): Promise<string> {
    const file = { filename: upload.filename, mime: upload.mime, bytes: upload.bytes, open: upload.open };
    try {
      return (await api.uploadMedia(upload.kind, file, signal)).mediaId;
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      const { platformCode, message } = error;
      const reason = platformCode === undefined ? message : `WeCom refused the file (errcode ${platformCode})`;
      throw new RejectedError(reason, {
        code: "wecom.upload-refused",
        ...(platformCode === undefined ? {} : { platformCode }),
        cause: error,
      });
    }
  }

  return async function stage(media, signal) {
    const { kind, mediaId, filename } = media;
    if (mediaId !== undefined) return { kind, mediaId, ...(filename !== undefined && { filename }) };
    const dir = await mkdtemp(join(opener.scratchDir ?? tmpdir(), "wxgate-"));
    try {
      const upload = await fit(media, dir, signal);
      return { ...(await takeSomehow(upload, signal)), filename: upload.filename };
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };
}

/** Why the platform did not take a file, for its receiver. */
export function reasonOf({ cause, message, platformCode }: RejectedError): Reason {
  if (cause instanceof MediaError) return cause.reason;
  const number = platformCode === undefined ? "" : `（错误码 ${platformCode}）`;
  return { en: message, zh: `企业微信拒绝了该文件${number}` };
}
