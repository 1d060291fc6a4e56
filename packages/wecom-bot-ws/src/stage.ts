import type { Channel, Logger } from "@wxgate/core";
import type { MediaRules } from "@wxgate/media";
import type { FileStager } from "@wxgate/wecom-api";
import { createBotStage } from "@wxgate/wecom-bot-message";
import { wordsOfWrongCard } from "@wxgate/wecom-card";

const MIB = 1024 * 1024;

/** What the bot's upload takes. https://developer.work.weixin.qq.com/document/path/101463 */
export function botMediaRules(imageMaxBytes: number): MediaRules {
  return {
    image: { formats: ["jpg", "png", "gif"], maxBytes: imageMaxBytes },
    voice: { formats: ["amr"], maxBytes: 2 * MIB },
    video: { formats: ["mp4"], maxBytes: 10 * MIB },
    file: { maxBytes: 20 * MIB },
    minBytes: 5,
  };
}

interface StageOptions {
  readonly stageFile: FileStager;
  readonly log: Logger;
}

/** Uploads what a piece needs. */
export function createStage({ stageFile, log }: StageOptions): NonNullable<Channel["stage"]> {
  return createBotStage({
    stageMedia: async (media, account, signal) => (await stageFile(media, account, signal)).content,
    wordsOfWrongCard,
    log,
  });
}
