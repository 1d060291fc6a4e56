import { truncateText } from "@wxgate/chunker";
import {
  type Channel,
  type Logger,
  mapPiece,
  type OutboundContent,
  type OutboundMedia,
  type ReplyTarget,
} from "@wxgate/core";
import { CONTENT_BYTES } from "./limits.ts";
import { nativeBody } from "./render.ts";

type CardContent = Extract<OutboundContent, { kind: "card" }>;

export interface BotStageOptions {
  /** A file as the transport sends it; what it takes in no form becomes words. */
  stageMedia(media: OutboundMedia, account: string, signal: AbortSignal): Promise<OutboundContent>;
  /** Of `@wxgate/wecom-card`. */
  wordsOfWrongCard(
    content: CardContent,
    platform: "bot",
    target: Pick<ReplyTarget, "answers">,
  ): { readonly words: string; readonly error: Error } | undefined;
  readonly log: Logger;
}

/** Makes a piece ready for a transport; what can be sent in no form, and a card that is wrong, becomes words. */
export function createBotStage({ stageMedia, wordsOfWrongCard, log }: BotStageOptions): NonNullable<Channel["stage"]> {
  return async function stage(piece, target, signal) {
    // The bot cannot write there; whoever sends instead stages for itself.
    if (target.to.kind === "audience") return piece;
    return mapPiece(piece, (content) => stageContent(content, target, signal));
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
        return content.mediaId === undefined ? stageMedia(content, target.to.account, signal) : content;
      case "card":
        return stageCard(content, target);
      case "native":
        // Refused before a bubble ends with the word that it follows.
        nativeBody(content.payload);
        return content;
      default:
        return content;
    }
  }

  /** A card that a model got wrong must not leave its reader without an answer; anybody else is told why. */
  function stageCard(content: CardContent, target: ReplyTarget): OutboundContent {
    const wrong = wordsOfWrongCard(content, "bot", target);
    if (wrong === undefined) return content;
    log.warn({ err: wrong.error }, "a card is wrong and is sent as text");
    return { kind: "text", text: truncateText(wrong.words, { maxBytes: CONTENT_BYTES }), format: "plain" };
  }
}
