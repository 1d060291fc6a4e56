import type { Channel, InboundBatch, Inbox, Logger } from "@wxgate/core";
import { textOf } from "@wxgate/core";
import type { Observation } from "@wxgate/dispatcher";
import { wrap } from "./traces.ts";

type Level = "debug" | "info" | "warn" | "error";

/** How each observation is logged. What happens with every message is for debugging only: it would be most of the log. */
const LINES: Readonly<Record<Observation["kind"], readonly [Level, string]>> = {
  "messages-accepted": ["debug", "messages accepted"],
  "turn-started": ["debug", "turn started"],
  "turn-finished": ["debug", "turn finished"],
  "agent-passed-over": ["warn", "agent failed, another is asked"],
  "turn-retried": ["warn", "turn failed, will retry"],
  "delivery-sent": ["debug", "delivery sent"],
  "delivery-retried": ["warn", "delivery failed, will retry"],
  "delivery-deferred": ["info", "delivery waits"],
  "delivery-dead": ["error", "delivery given up"],
  "account-paused": ["error", "account paused"],
  "pairing-requested": ["info", "somebody asks to be paired; see: wxgate pairing list"],
  "permission-requested": ["warn", "an agent asks for a permission; see: wxgate permissions list"],
};

export function logObservation(log: Logger, { kind, ...fields }: Observation): void {
  const [level, message] = LINES[kind];
  log[level](fields, message);
}

/** With `log.bodies`, what people write. */
export function logBodies(inbox: Inbox, log: Logger, enabled: () => boolean): Inbox {
  return {
    cursor: (key) => inbox.cursor(key),
    find: (account, platformId) => inbox.find(account, platformId),
    async accept(batch: InboundBatch) {
      const accepted = await inbox.accept(batch);
      if (enabled()) {
        for (const { id, from, sender, content } of batch.messages) {
          if (accepted.fresh.has(id))
            log.info({ ...from, id, sender: sender.id, text: textOf(content) }, "message received");
        }
      }
      return accepted;
    },
  };
}

/** With `log.bodies`, what is answered. */
export function logReplies(channel: Channel, log: Logger, enabled: () => boolean): Channel {
  return wrap(channel, {
    send(message, signal) {
      if (enabled()) log.info({ ...message.to, id: message.id, content: message.piece.content }, "message sent");
      return channel.send(message, signal);
    },
  });
}
