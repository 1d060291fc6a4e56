import {
  type Channel,
  type Logger,
  type MediaSource,
  mapPiece,
  type OutboundContent,
  outboundText,
  RejectedError,
} from "@wxgate/core";
import type { FileStager, MediaStager } from "@wxgate/wecom-api";
import { type DegradeOptions, degrade } from "./degrade.ts";

interface StageOptions extends DegradeOptions {
  readonly stageMedia: MediaStager;
  readonly stageFile: FileStager;
  readonly log: Logger;
}

/** Uploads what a piece needs; what WeChat would refuse becomes a file, and what it refuses in any form a sentence. */
export function createStage(options: StageOptions): NonNullable<Channel["stage"]> {
  const { stageMedia, stageFile, log } = options;

  return (piece, target, signal) => mapPiece(piece, (content) => stageContent(content, target.to.account, signal));

  async function stageContent(
    content: OutboundContent,
    account: string,
    signal: AbortSignal,
  ): Promise<OutboundContent> {
    switch (content.kind) {
      case "image":
      case "voice":
      case "video":
      case "file":
        return content.mediaId === undefined ? (await stageFile(content, account, signal)).content : content;
      case "link":
      case "miniprogram": {
        if (content.image === undefined || content.image.mediaId !== undefined) return content;
        const mediaId = await stagePicture(content.image, account, signal);
        return mediaId === undefined ? withoutPicture(content) : { ...content, image: { mediaId } };
      }
      default:
        return content;
    }
  }

  /** The media id, or undefined when it cannot be a picture: the link goes without it. */
  async function stagePicture(image: MediaSource, account: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const { kind, mediaId } = await stageMedia({ kind: "image", ...image }, signal);
      return kind === "image" ? mediaId : undefined;
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      log.warn({ err: error, account }, "the picture of a link could not be used");
      return undefined;
    }
  }

  function withoutPicture(content: Extract<OutboundContent, { kind: "link" | "miniprogram" }>): OutboundContent {
    const { image: _image, ...rest } = content;
    const [block] = degrade(rest, options).slice(-1);
    return typeof block === "object" ? block : { kind: "text", text: outboundText(rest), format: "plain" };
  }
}
