/** One AI bot of an enterprise, in API mode with callbacks. */
export interface BotWebhookOptions {
  readonly botId: string;
  /** What members see and mention. */
  readonly name: string;
  /** Both of the callback page. */
  readonly token: string;
  readonly encodingAESKey: string;
  /** Written behind every message; empty, as for a bot of one's own enterprise, unless said otherwise. */
  readonly receiveId?: string;
  /** Where its callbacks go from the start, unchecked; later by `POST /control/callbacks`. */
  readonly callbackUrl?: string;
  /** How often an unfinished bubble is asked for; 1,000 ms of simulated time. */
  readonly refreshEveryMs?: number;
}
