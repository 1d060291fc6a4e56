import { type Logger, type OutboundContent, type OutboundMedia, RejectedError } from "@wxgate/core";
import { type FileNotices, withReason } from "@wxgate/media";
import { type MediaStager, reasonOf } from "./media-stager.ts";

export interface FileStagerOptions {
  readonly stageMedia: MediaStager;
  readonly notices: FileNotices & {
    /** It is sent as a plain file although it was meant to be something else; `{reason}` stands for why. Absent: unsaid. */
    readonly asFile?: string;
  };
  readonly log: Logger;
}

/** What became of a file. */
export interface StagedFile {
  /** Uploaded, or the sentence that stands for it. */
  readonly content: OutboundContent;
  /** What the receiver reads beside it: that it is sent as a plain file, and why. */
  readonly note?: string;
}

/** Uploads a file, as a plain file where the platform would not take it as it was meant; what it takes in no form becomes a sentence. */
export type FileStager = (media: OutboundMedia, account: string, signal: AbortSignal) => Promise<StagedFile>;

const NOT_TAKEN = ["wecom.media-unfit", "wecom.upload-refused"];

export function createFileStager({ stageMedia, notices, log }: FileStagerOptions): FileStager {
  /** Why, and where it is to be had, if only the platform would not have it; what a guard refused is nothing for the receiver. */
  function excuse(media: OutboundMedia, error: RejectedError): string {
    if (!NOT_TAKEN.includes(error.code)) return notices.notAvailable;
    const words = withReason(notices.notSent, reasonOf(error));
    return media.url === undefined ? words : `${words}\n${media.url}`;
  }

  return async function stageFile(media, account, signal) {
    try {
      const { kind, mediaId, filename, reason } = await stageMedia(media, signal);
      const content: OutboundContent = { kind, mediaId, ...(filename === undefined ? {} : { filename }) };
      if (reason === undefined) return { content };
      log.info(
        { account, wanted: media.kind, sentAs: kind, reason: reason.en },
        "the file was adapted to what the platform takes",
      );
      const isSaid = kind !== media.kind && notices.asFile !== undefined && notices.asFile !== "";
      return isSaid ? { content, note: withReason(notices.asFile, reason) } : { content };
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      log.warn({ err: error, account, kind: media.kind }, "the file could not be sent");
      return { content: { kind: "text", text: excuse(media, error), format: "plain" } };
    }
  };
}
