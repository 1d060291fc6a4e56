import { type Channel, RejectedError } from "@wxgate/core";
import type { KfApi } from "./api.ts";
import { textField } from "./wire.ts";

/** Opens what customers sent; whoever keeps it decides how large it may be. */
export function createOpenMedia(api: Pick<KfApi, "wecom">): NonNullable<Channel["openMedia"]> {
  return async (ref, signal) => {
    const mediaId = textField(ref, "mediaId");
    if (mediaId === undefined) throw new RejectedError("this names no file of WeChat's", { code: "kf.no-media-id" });
    return api.wecom.downloadMedia(mediaId, { maxBytes: Number.MAX_SAFE_INTEGER, signal });
  };
}
