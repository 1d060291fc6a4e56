/** One AI bot of an enterprise, in API mode with a long connection. */
export interface BotOptions {
  readonly botId: string;
  /** What members see and mention. */
  readonly name: string;
  /** Of the long connection. */
  readonly secret: string;
}
