export { createWecomBotWebhookChannel } from "./channel.ts";
export {
  type WecomBotWebhookConfig,
  type WecomBotWebhookOptions,
  wecomBotWebhookConfigSchema,
} from "./config.ts";
export { wecomBotWebhookEnglish } from "./english.ts";
