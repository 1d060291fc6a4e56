import { type Channel, RejectedError } from "@wxgate/core";
import type { WecomApi } from "./api.ts";

/** A channel's `openMedia` for references of the form `{ mediaId }`; whoever keeps the file decides how large it may be. */
export function createOpenMedia(api: Pick<WecomApi, "downloadMedia">): NonNullable<Channel["openMedia"]> {
  return async ({ mediaId }, signal) => {
    if (typeof mediaId !== "string" || mediaId === "") {
      throw new RejectedError("this names no file of WeCom's", { code: "wecom.no-media-id" });
    }
    return api.downloadMedia(mediaId, { maxBytes: Number.MAX_SAFE_INTEGER, signal });
  };
}
