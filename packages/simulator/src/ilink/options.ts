export interface IlinkOptions {
  /** Bots that exist from the start, so that a configuration can be written before the first scan. */
  readonly bots: readonly IlinkBotOptions[];
  /** How long a poll is held when there is nothing to tell; 30,000 ms of simulated time. */
  readonly holdMs?: number;
}

export interface IlinkBotOptions {
  /** The person whose bot it is: a name, or an id ending in "@im.wechat". */
  readonly owner: string;
  readonly botId: string;
  readonly token: string;
}

/** Fixed values; they open nothing else. */
export const DEFAULT_ILINK: IlinkOptions = {
  bots: [
    {
      owner: "alice",
      botId: "51a3c0ffee01@im.bot",
      token: "51a3c0ffee01@im.bot:SimIlinkToken0000000000000000001",
    },
  ],
};
