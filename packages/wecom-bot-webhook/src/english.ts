import { botEnglish } from "@wxgate/wecom-bot-message";
import type { WecomBotWebhookConfig } from "./config.ts";

/** The sentences people see from the channel itself, in English: options to be laid under one's own. */
export const wecomBotWebhookEnglish = {
  ...botEnglish,
  notices: {
    ...botEnglish.notices,
    moreWaits: '(More to come: reply "continue" to read on.)',
    images: "(See the pictures.)",
    lost: "(This answer cannot be shown any more; please write again.)",
    sendAgain: "(The message did not arrive; please send it again in a moment.)",
  },
} as const satisfies Pick<WecomBotWebhookConfig, "streamPlaceholderContent" | "notices">;
