import { ChannelError, TransientError } from "@wxgate/core";

/** The media id is wrong or older than three days. */
const ERR_MEDIA_ID = 40007;
/** A file that is refused again and again is no expired upload: its id or its type is wrong. */
const UPLOAD_ATTEMPTS = 3;

export function hasErrcode(error: unknown, ...codes: readonly number[]): error is ChannelError {
  return error instanceof ChannelError && error.platformCode !== undefined && codes.includes(error.platformCode);
}

/**
 * A message waited so long that its upload expired: the error that has the file uploaded again. Undefined for every other
 * error, and for a message (`attempt` counts from 1) that has been tried often enough.
 */
export function expiredUpload(error: unknown, attempt: number): TransientError | undefined {
  if (attempt >= UPLOAD_ATTEMPTS || !hasErrcode(error, ERR_MEDIA_ID)) return undefined;
  return new TransientError("the uploaded file is no longer good, it is uploaded again", {
    code: "wecom.upload-expired",
    platformCode: ERR_MEDIA_ID,
    restage: true,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}
