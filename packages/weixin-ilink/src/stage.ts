import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Channel,
  type Clock,
  type Logger,
  type MediaOpener,
  type OutboundContent,
  type OutboundMedia,
  type Piece,
  RejectedError,
  type ReplyTarget,
} from "@wxgate/core";
import { type FileNotices, MediaError, type MediaRules, namedTooLarge, prepareUpload, withReason } from "@wxgate/media";
import type { Account, Accounts } from "./accounts.ts";
import { needsLogin, unknownAccount } from "./errors.ts";
import type { Uploader } from "./media/upload.ts";
import { UPLOADED_AT } from "./render.ts";

interface StageOptions {
  readonly accounts: Accounts;
  readonly media: MediaOpener;
  readonly upload: Uploader;
  readonly notices: FileNotices;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The platform names no sizes; this is what its own client takes. */
const MOST_BYTES = 100 * 1024 * 1024;
const RULES: MediaRules = {
  image: { formats: ["jpg", "png", "gif", "webp", "bmp"], maxBytes: MOST_BYTES },
  video: { formats: ["mp4", "mov", "webm", "mkv", "avi"], maxBytes: MOST_BYTES },
  file: { maxBytes: MOST_BYTES },
  minBytes: 1,
};

/** Uploads what a piece needs; what is no picture or video of theirs becomes a file, and what cannot be sent a sentence. */
export function createStage({
  accounts,
  media,
  upload,
  notices,
  clock,
  log,
}: StageOptions): NonNullable<Channel["stage"]> {
  return async function stage(piece, target, signal): Promise<Piece> {
    const [content] = piece.content;
    if (content === undefined || !isMedia(content)) return piece;
    const account = await accounts.find(target.to.account);
    if (account === undefined) throw unknownAccount(target.to.account);
    if (accounts.refusedAt(account) !== undefined) throw needsLogin(account.id);
    return { content: [await stageFile(content, account, target, signal)] };
  };

  async function stageFile(
    content: OutboundMedia,
    account: Account,
    { to }: ReplyTarget,
    signal: AbortSignal,
  ): Promise<OutboundContent> {
    const dir = await mkdtemp(join(media.scratchDir ?? tmpdir(), "wxgate-"));
    try {
      const file = await fit(content, dir, signal);
      if (file.reason !== undefined) {
        log.info(
          { account: account.id, wanted: content.kind, reason: file.reason.en },
          "the file was adapted to what WeChat shows",
        );
      }
      const item = await upload(file, account, to.peer, signal);
      return { kind: "native", payload: { ...item, [UPLOADED_AT]: clock.now() } };
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      log.warn({ err: error, account: account.id, kind: content.kind }, "the file could not be sent");
      return { kind: "text", text: excuse(content, error), format: "plain" };
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }

  async function fit(content: OutboundMedia, dir: string, signal: AbortSignal) {
    if (content.mediaId !== undefined) {
      throw new RejectedError("WeChat bots know no media ids", {
        code: "ilink.media-id",
        hint: "Give a url or a path.",
      });
    }
    try {
      const opened = await media.open(content, signal);
      return await prepareUpload(content.filename === undefined ? opened : { ...opened, filename: content.filename }, {
        wanted: content.kind,
        rules: RULES,
        dir,
        maxBytes: MOST_BYTES,
        converter: media.converter,
        signal,
      });
    } catch (error) {
      const unfit = namedTooLarge(error, content) ?? error;
      if (!(unfit instanceof MediaError)) throw error;
      throw new RejectedError(unfit.message, { code: UNFIT, cause: unfit });
    }
  }

  /** Why, and where it is to be had, if only its form was wrong; what a guard refused is nothing for a person. */
  function excuse(content: OutboundMedia, error: RejectedError): string {
    if (!(error.cause instanceof MediaError) || error.code !== UNFIT) return notices.notAvailable;
    const words = withReason(notices.notSent, error.cause.reason);
    return content.url === undefined ? words : `${words}\n${content.url}`;
  }
}

const UNFIT = "ilink.media-unfit";

function isMedia(content: OutboundContent): content is OutboundMedia {
  return content.kind === "image" || content.kind === "voice" || content.kind === "video" || content.kind === "file";
}
