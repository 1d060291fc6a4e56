import { ControlError } from "../control/errors.ts";
import type { IlinkOptions } from "./options.ts";
import { type Bot, invalidate, newBot, type Person, personOf } from "./state.ts";

/** All bots there ever were; of each person at most one is alive. */
export interface Bots {
  all(): readonly Bot[];
  has(botId: string): boolean;
  /** @throws ControlError 404. */
  named(botId: string): Bot;
  byToken(token: string): Bot | undefined;
  /** A new bot of this person; the one before it dies. */
  bind(person: Person): Bot;
  reset(): void;
}

export function createBots({ bots: fixed }: IlinkOptions): Bots {
  const bots = new Map<string, Bot>();
  const byToken = new Map<string, Bot>();

  function add(bot: Bot): Bot {
    bots.set(bot.botId, bot);
    byToken.set(bot.token, bot);
    return bot;
  }
  function fill(): void {
    for (const { owner, ...credentials } of fixed) add(newBot(personOf(owner), credentials));
  }
  fill();

  return {
    all: () => [...bots.values()],
    has: (botId) => bots.has(botId),
    named(botId) {
      const bot = bots.get(botId);
      if (bot) return bot;
      throw new ControlError(404, `There is no bot "${botId}".`, `Bots: ${[...bots.keys()].join(", ")}`);
    },
    byToken: (token) => byToken.get(token),
    bind(person) {
      for (const bot of bots.values()) if (bot.owner.id === person.id && bot.valid) invalidate(bot);
      return add(newBot(person));
    },
    reset() {
      for (const bot of bots.values()) bot.endPoll?.("replaced");
      bots.clear();
      byToken.clear();
      fill();
    },
  };
}
