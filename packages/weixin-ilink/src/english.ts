import { englishNotices } from "@wxgate/long-reply";
import type { IlinkConfig } from "./config.ts";

/** The sentences people see from the channel itself, in English: options to be laid under one's own. */
export const weixinIlinkEnglish = {
  notices: englishNotices,
} as const satisfies Pick<IlinkConfig, "notices">;
