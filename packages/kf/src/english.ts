import { englishNotices } from "@wxgate/long-reply";
import type { KfConfig } from "./config.ts";

/** The sentences customers see from the channel itself, in English: options to be laid under one's own. */
export const kfEnglish = {
  notices: { ...englishNotices, miniprogram: "Mini program" },
} as const satisfies Pick<KfConfig, "notices">;
