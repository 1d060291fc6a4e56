import type { MediaRules } from "@wxgate/media";

const MIB = 1024 * 1024;

/** What `media/upload` takes. https://developer.work.weixin.qq.com/document/path/90253 */
export const WECOM_MEDIA_RULES: MediaRules = {
  image: { formats: ["jpg", "png"], maxBytes: 10 * MIB },
  voice: { formats: ["amr"], maxBytes: 2 * MIB, maxSeconds: 60 },
  video: { formats: ["mp4"], maxBytes: 10 * MIB },
  file: { maxBytes: 20 * MIB },
  // "More than 5 bytes".
  minBytes: 6,
};
