export { refuseAudience } from "./audience.ts";
export { type CardMemory, createCardMemory } from "./card-memory.ts";
export { type BotConfig, botConfigShape, botNotices } from "./config.ts";
export { botEnglish } from "./english.ts";
export { createEventBodies, type EventBodies, type EventBodiesOptions } from "./event-bodies.ts";
export {
  CONTENT_BYTES,
  EVENT_ANSWER_MS,
  FEEDBACK_ID_BYTES,
  MEDIA_URL_MS,
  PROACTIVE_BYTES,
  SENDS,
  STREAM_WINDOW_MS,
} from "./limits.ts";
export { type BotMediaOptions, createBotMedia } from "./media.ts";
export { stripMention } from "./mention.ts";
export { messageIdOf, parseBotMessage } from "./parse.ts";
export { type BotCardTap, type BotEvent, parseBotEvent } from "./parse-event.ts";
export { createBotPrepare, type PrepareOptions } from "./prepare.ts";
export {
  type BotBody,
  cardBody,
  cardUpdateBody,
  markdownBody,
  mediaBody,
  nativeBody,
  type StreamFrame,
  streamBody,
  streamWithCardBody,
} from "./render.ts";
export { type BotStageOptions, createBotStage } from "./stage.ts";
export { finalContent, growingContent, type StreamLook, streamIdOf } from "./stream.ts";
export { hasVisibleWords, withoutThinking } from "./thinking.ts";
export { withThought } from "./thought.ts";
export { type UntilStoredOptions, untilStored } from "./until-stored.ts";
export { type BotContext, botOf } from "./wire.ts";
