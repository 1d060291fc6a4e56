import {
  type Channel,
  type Logger,
  type MediaSource,
  type OutboundContent,
  type OutboundMedia,
  outboundText,
  RejectedError,
} from "@wxgate/core";
import type { MediaStager } from "@wxgate/wecom-api";
import type { KfConfig } from "./config.ts";
import { type DegradeOptions, degrade } from "./degrade.ts";

interface StageOptions extends DegradeOptions {
  readonly stageMedia: MediaStager;
  readonly notices: Pick<KfConfig["notices"], "notSent" | "notAvailable">;
  readonly log: Logger;
}

/** Uploads what a piece needs; what WeChat would refuse becomes a file, and what it refuses in any form a sentence. */
export function createStage(options: StageOptions): NonNullable<Channel["stage"]> {
  const { stageMedia, notices, log } = options;

  return async function stage(piece, target, signal) {
    const content = await Promise.all(piece.content.map((part) => stageContent(part, target.to.account, signal)));
    return content.every((part, index) => part === piece.content[index]) ? piece : { content };
  };

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
        return content.mediaId === undefined ? stageFile(content, account, signal) : content;
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

  async function stageFile(media: OutboundMedia, account: string, signal: AbortSignal): Promise<OutboundContent> {
    try {
      const { kind, mediaId, filename, reason } = await stageMedia(media, signal);
      if (reason !== undefined)
        log.info({ account, wanted: media.kind, reason }, "the file was adapted to what WeChat takes");
      return { kind, mediaId, ...(filename === undefined ? {} : { filename }) };
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      log.warn({ err: error, account, kind: media.kind }, "the file could not be sent");
      return { kind: "text", text: excuse(media, error), format: "plain" };
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

  /** Why, and where it is to be had, if only its form was wrong; what a guard refused is nothing for a customer. */
  function excuse(media: OutboundMedia, error: RejectedError): string {
    if (error.code !== "wecom.media-unfit") return notices.notAvailable;
    const words = notices.notSent.replaceAll("{reason}", error.message);
    return media.url === undefined ? words : `${words}\n${media.url}`;
  }
}
