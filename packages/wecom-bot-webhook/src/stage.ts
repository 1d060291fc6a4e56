import type { Channel, Logger, OutboundContent, OutboundMedia } from "@wxgate/core";
import type { MediaRules } from "@wxgate/media";
import type { FileStager } from "@wxgate/wecom-api";
import { createBotStage } from "@wxgate/wecom-bot-message";
import { wordsOfWrongCard } from "@wxgate/wecom-card";

/** `msg_item` takes JPG and PNG. https://developer.work.weixin.qq.com/document/path/101031 */
export function packetMediaRules(imageMaxBytes: number): MediaRules {
  return { image: { formats: ["jpg", "png"], maxBytes: imageMaxBytes }, minBytes: 1 };
}

interface StageOptions {
  readonly stageFile: FileStager;
  readonly log: Logger;
}

/** Keeps pictures for the last packet of a bubble. */
export function createStage({ stageFile, log }: StageOptions): NonNullable<Channel["stage"]> {
  return createBotStage({ stageMedia, wordsOfWrongCard, log });

  async function stageMedia(media: OutboundMedia, account: string, signal: AbortSignal): Promise<OutboundContent> {
    const { content } = await stageFile(media, account, signal);
    // Where no bubble takes the picture, its public address stands for it.
    return content.kind === "image" && media.url !== undefined ? { ...content, url: media.url } : content;
  }
}
