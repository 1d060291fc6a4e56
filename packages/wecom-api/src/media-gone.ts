import { ChannelError, TransientError } from "@wxgate/core";

/** The media id is wrong or older than three days. */
const ERR_MEDIA_ID = 40007;

export function hasErrcode(error: unknown, ...codes: readonly number[]): error is ChannelError {
  return error instanceof ChannelError && error.platformCode !== undefined && codes.includes(error.platformCode);
}

/** A message waited so long that its upload expired: the error that has the file uploaded again, else undefined. */
export function expiredUpload(error: unknown): TransientError | undefined {
  if (!hasErrcode(error, ERR_MEDIA_ID)) return undefined;
  return new TransientError("the uploaded file is no longer good, it is uploaded again", {
    code: "wecom.upload-expired",
    platformCode: ERR_MEDIA_ID,
    restage: true,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}
