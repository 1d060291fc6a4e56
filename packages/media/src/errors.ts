/**
 * - `media.too-large`: more bytes than the limit named in the message.
 * - `media.refused`: the platform takes it neither as what it is nor as a file.
 * - `media.conversion-failed`: a converter failed, took too long or made too much of it.
 * - `media.path-refused`: a local path outside the allowed folders, or not a regular file. `media.not-found`: nothing there.
 */
export type MediaErrorCode =
  | "media.conversion-failed"
  | "media.not-found"
  | "media.path-refused"
  | "media.refused"
  | "media.too-large";

/** Every failure of this package that is not the file system's own. The message is fit for the people concerned. */
export class MediaError extends Error {
  override readonly name = "MediaError";
  readonly code: MediaErrorCode;

  constructor(message: string, { code, cause }: { code: MediaErrorCode; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
