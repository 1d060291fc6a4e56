/*
 * The platform's limits, for both transports. https://developer.work.weixin.qq.com/document/path/101031
 */

/** `stream.content` and `markdown.content`, bytes of UTF-8. */
export const CONTENT_BYTES = 20_480;
/** What every server was seen to take in a message of our own accord; some refuse more than 4,096. */
export const PROACTIVE_BYTES = 4_000;
/** A welcome and a card's update: this long after the event. */
export const EVENT_ANSWER_MS = 5_000;
/** Addresses of media, from the callback on. */
export const MEDIA_URL_MS = 5 * 60_000;
/** A stream may be updated this long after its first frame; documents before April 2026 say 6 minutes, later ones 10. */
export const STREAM_WINDOW_MS = 330_000;
/** `feedback.id`, bytes of UTF-8. */
export const FEEDBACK_ID_BYTES = 256;
/** Per conversation, replies and messages of our own accord together. */
export const SENDS = { perMinute: 30, perHour: 1_000 } as const;
