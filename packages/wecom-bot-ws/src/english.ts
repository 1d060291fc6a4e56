import { botEnglish } from "@wxgate/wecom-bot-message";
import type { WecomBotWsOptions } from "./config.ts";

/** The sentences people see from the channel itself, in English: options to be laid under one's own. */
export const wecomBotWsEnglish = botEnglish satisfies Pick<WecomBotWsOptions, "streamPlaceholderContent" | "notices">;
