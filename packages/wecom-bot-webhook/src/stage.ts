import { truncateText } from "@wxgate/chunker";
import type { Channel, Logger, OutboundContent, ReplyTarget } from "@wxgate/core";
import type { MediaRules } from "@wxgate/media";
import type { FileStager } from "@wxgate/wecom-api";
import { CONTENT_BYTES } from "@wxgate/wecom-bot-message";
import { wordsOfWrongCard } from "@wxgate/wecom-card";

/** `msg_item` takes JPG and PNG. https://developer.work.weixin.qq.com/document/path/101031 */
export function packetMediaRules(imageMaxBytes: number): MediaRules {
  return { image: { formats: ["jpg", "png"], maxBytes: imageMaxBytes }, minBytes: 1 };
}

interface StageOptions {
  readonly stageFile: FileStager;
  readonly log: Logger;
}

/** Keeps pictures for the last packet of a bubble; what can be sent in no form, and a card that is wrong, becomes words. */
export function createStage({ stageFile, log }: StageOptions): NonNullable<Channel["stage"]> {
  return async function stage(piece, target, signal) {
    const content = await Promise.all(piece.content.map((part) => stageContent(part, target, signal)));
    return content.every((part, index) => part === piece.content[index]) ? piece : { content };
  };

  async function stageContent(
    content: OutboundContent,
    target: ReplyTarget,
    signal: AbortSignal,
  ): Promise<OutboundContent> {
    if (content.kind === "card") return stageCard(content, target);
    if (content.kind !== "image" || content.mediaId !== undefined) return content;
    const staged = (await stageFile(content, target.to.account, signal)).content;
    // Where no bubble takes the picture, its public address stands for it.
    return staged.kind === "image" && content.url !== undefined ? { ...staged, url: content.url } : staged;
  }

  /** A card that a model got wrong must not leave its reader without an answer; anybody else is told why. */
  function stageCard(content: Extract<OutboundContent, { kind: "card" }>, target: ReplyTarget): OutboundContent {
    const wrong = wordsOfWrongCard(content, "bot", target);
    if (wrong === undefined) return content;
    log.warn({ err: wrong.error }, "a card is wrong and is sent as text");
    return { kind: "text", text: truncateText(wrong.words, { maxBytes: CONTENT_BYTES }), format: "plain" };
  }
}
