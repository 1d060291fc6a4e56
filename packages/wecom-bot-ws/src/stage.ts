import { truncateText } from "@wxgate/chunker";
import type { Channel, Logger, OutboundContent, ReplyTarget } from "@wxgate/core";
import type { MediaRules } from "@wxgate/media";
import type { FileStager } from "@wxgate/wecom-api";
import { CONTENT_BYTES } from "@wxgate/wecom-bot-message";
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

/** Uploads what a piece needs; what can be sent in no form, and a card that is wrong, becomes words. */
export function createStage({ stageFile, log }: StageOptions): NonNullable<Channel["stage"]> {
  return async function stage(piece, target, signal) {
    // The bot cannot write there; whoever sends instead stages for itself.
    if (target.to.kind === "audience") return piece;
    const content = await Promise.all(piece.content.map((part) => stageContent(part, target, signal)));
    return content.every((part, index) => part === piece.content[index]) ? piece : { content };
  };

  async function stageContent(
    content: OutboundContent,
    target: ReplyTarget,
    signal: AbortSignal,
  ): Promise<OutboundContent> {
    switch (content.kind) {
      case "image":
      case "voice":
      case "video":
      case "file":
        return content.mediaId === undefined ? (await stageFile(content, target.to.account, signal)).content : content;
      case "card":
        return stageCard(content, target);
      default:
        return content;
    }
  }

  /** A card that a model got wrong must not leave its reader without an answer; anybody else is told why. */
  function stageCard(content: Extract<OutboundContent, { kind: "card" }>, target: ReplyTarget): OutboundContent {
    const wrong = wordsOfWrongCard(content, "bot", target);
    if (wrong === undefined) return content;
    log.warn({ err: wrong.error }, "a card is wrong and is sent as text");
    return { kind: "text", text: truncateText(wrong.words, { maxBytes: CONTENT_BYTES }), format: "plain" };
  }
}
