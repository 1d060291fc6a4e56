import type { ChannelPorts, InboundEvent, InboundMessage, JsonObject, Logger } from "@wxgate/core";
import {
  type BotContext,
  type BotEvent,
  botOf,
  messageIdOf,
  parseBotEvent,
  parseBotMessage,
  untilStored,
} from "@wxgate/wecom-bot-message";
import type { WecomBotWsConfig } from "./config.ts";
import type { Health } from "./health.ts";

export interface IntakeOptions {
  readonly channel: string;
  readonly config: Pick<WecomBotWsConfig, "botId" | "botName">;
  readonly ports: Pick<ChannelPorts, "inbox" | "clock">;
  readonly log: Logger;
  readonly health: Health;
  /** Of an event that was new, once it is stored. */
  onEvent(event: BotEvent, reqId: string): void;
}

/** Takes callbacks from the socket and stores them; the platform sends nothing twice. */
export interface Intake {
  take(kind: "message" | "event", reqId: string, body: JsonObject): void;
  /** Resolves when all that came is stored. */
  idle(): Promise<void>;
  /** Gives up what cannot be stored. */
  close(): void;
}

interface Taken {
  readonly message?: InboundMessage;
  readonly event?: InboundEvent;
  readonly fresh?: () => void;
  /** How often the store refused it while it took others. */
  refusals?: number;
}

const MOST_WAITING = 10_000;
/** After so many failures the messages are stored one by one: a single one that the store refuses must not hold up all. */
const ALONE_AFTER = 5;
const MOST_REFUSALS = 3;

export function createIntake(options: IntakeOptions): Intake {
  const { channel, config, ports, log, health } = options;
  const closing = new AbortController();
  let waiting: Taken[] = [];
  let storing: Promise<void> | undefined;
  let lost = 0;

  function parse(kind: "message" | "event", reqId: string, body: JsonObject): Taken | undefined {
    const context: BotContext = {
      channel,
      account: config.botId,
      botName: config.botName,
      receivedAt: ports.clock.now(),
    };
    if (kind === "message") {
      const message = parseBotMessage(body, context, { reqId });
      return message && { message };
    }
    const parsed = parseBotEvent(body, context);
    if (parsed === undefined) return undefined;
    const fresh = () => options.onEvent(parsed, reqId);
    return parsed.kind === "card-tapped"
      ? { event: parsed.event, message: parsed.message, fresh }
      : { event: parsed.event, fresh };
  }

  /** One batch at a time, in the order of arrival; what comes meanwhile is the next batch. */
  async function store(): Promise<void> {
    while (waiting.length > 0 && !closing.signal.aborted) {
      await untilStored(storeWaiting, { clock: ports.clock, signal: closing.signal, onFailure }).catch(() => {
        // The channel closes; the loop sees it.
      });
    }
    storing = undefined;
  }

  async function storeWaiting(failures: number): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      if (failures < ALONE_AFTER || batch.length === 1) await accept(batch);
      else await acceptAlone(batch);
      health.note(undefined);
    } catch (error) {
      waiting = [...(error instanceof PartlyStored ? error.rest : batch), ...waiting];
      throw error;
    }
  }

  function onFailure(error: unknown, failures: number): void {
    health.note("messages cannot be stored; they wait in memory");
    log.error({ err: error, waiting: waiting.length, failures }, "messages could not be stored, will try again");
  }

  /** @throws PartlyStored with those that are to be tried again */
  async function acceptAlone(batch: readonly Taken[]): Promise<void> {
    const refused: Taken[] = [];
    let cause: unknown;
    for (const taken of batch) {
      await accept([taken]).catch((error: unknown) => {
        refused.push(taken);
        cause = error;
      });
    }
    if (refused.length === 0) return;
    if (refused.length === batch.length) throw cause;
    for (const taken of refused) taken.refusals = (taken.refusals ?? 0) + 1;
    const rest = refused.filter(({ refusals = 0 }) => refusals < MOST_REFUSALS);
    for (const { message, event } of refused.filter((taken) => !rest.includes(taken))) {
      lost += 1;
      log.error(
        { err: cause, id: (message ?? event)?.id.slice(0, 128), lost },
        "a message is lost: the store refuses it",
      );
    }
    if (rest.length > 0) throw new PartlyStored(rest, cause);
  }

  async function accept(batch: readonly Taken[]): Promise<void> {
    const messages = batch.flatMap(({ message }) => message ?? []);
    const events = batch.flatMap(({ event }) => event ?? []);
    const { fresh, duplicates } = await ports.inbox.accept({ messages, ...(events.length === 0 ? {} : { events }) });
    if (duplicates > 0) log.info({ duplicates }, "callbacks came again");
    for (const taken of batch) {
      if (taken.event !== undefined && fresh.has(taken.event.id)) taken.fresh?.();
    }
  }

  return {
    take(kind, reqId, body) {
      const bot = botOf(body);
      if (bot !== undefined && bot !== config.botId) {
        return log.warn({ bot: bot.slice(0, 64) }, "a callback for another bot was left out");
      }
      const taken = parse(kind, reqId, body);
      if (taken === undefined) return log.warn({ id: messageIdOf(body) }, "a callback that names nobody was left out");
      if (waiting.length >= MOST_WAITING) {
        lost += 1;
        return log.error({ lost, waiting: waiting.length }, "a message is lost: too many wait to be stored");
      }
      waiting.push(taken);
      storing ??= store();
    },
    async idle() {
      while (storing !== undefined) await storing;
    },
    close: () => closing.abort(),
  };
}

/** Some were stored, the rest was not. */
class PartlyStored extends Error {
  readonly rest: readonly Taken[];
  constructor(rest: readonly Taken[], cause: unknown) {
    super(`${rest.length} messages could not be stored`, { cause });
    this.rest = rest;
  }
}
