import { botEnglish } from "@wxgate/wecom-bot-message";
import type { WecomBotWsConfig } from "./config.ts";

/** The sentences people see from the channel itself, in English: options to be laid under one's own. */
export const wecomBotWsEnglish = botEnglish satisfies Pick<WecomBotWsConfig, "streamPlaceholderContent" | "notices">;
