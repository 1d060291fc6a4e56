import { chunkMessages } from "@wxgate/chunker";
import { type Channel, type Logger, mapPiece, type OutboundContent, type ReplyTarget } from "@wxgate/core";
import type { FileStager } from "@wxgate/wecom-api";
import { wordsOfWrongCard } from "@wxgate/wecom-card";
import { TEXT_BYTES } from "./wire.ts";

interface StageOptions {
  readonly stageFile: FileStager;
  readonly log: Logger;
}

/** Uploads what a piece needs, and looks whether its cards can be sent. */
export function createStage({ stageFile, log }: StageOptions): NonNullable<Channel["stage"]> {
  return (piece, target, signal) => mapPiece(piece, (content) => stageContent(content, target, signal));

  async function stageContent(
    content: OutboundContent,
    target: ReplyTarget,
    signal: AbortSignal,
  ): Promise<readonly OutboundContent[]> {
    switch (content.kind) {
      case "image":
      case "voice":
      case "video":
      case "file": {
        if (content.mediaId !== undefined) return [content];
        const { content: staged, note } = await stageFile(content, target.to.account, signal);
        return note === undefined ? [staged] : [staged, { kind: "text", text: note, format: "plain" }];
      }
      case "card":
        return stageCard(content, target);
      default:
        return [content];
    }
  }

  /** An agent's wrong card is said in words, so that its reader is not left without an answer; anybody else is told why. */
  function stageCard(
    content: Extract<OutboundContent, { kind: "card" }>,
    target: ReplyTarget,
  ): readonly OutboundContent[] {
    const wrong = wordsOfWrongCard(content, "app", target);
    if (wrong === undefined) return [content];
    log.warn({ err: wrong.error, account: target.to.account }, "a card is wrong and is sent as text");
    const texts = chunkMessages(wrong.words, { maxBytes: TEXT_BYTES });
    return texts.map((text) => ({ kind: "text", text, format: "plain" }));
  }
}
