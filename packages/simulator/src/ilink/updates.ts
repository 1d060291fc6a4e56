import type { JsonObject, JsonValue } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { bareNumber, OK, STALE } from "./answers.ts";
import { type Bot, newMessageId } from "./state.ts";

const MARK = "sim-ilink:";

/** The long poll: what waits, or nothing after a while. */
export function createUpdates({ clock, faults }: PlatformTools, holdMs: number) {
  return async function getUpdates(bot: Bot, body: JsonObject, gone: AbortSignal): Promise<JsonObject> {
    const targets = [bot.botId, bot.owner.id, bot.owner.name];
    const timeout = faults.take("ilink.poll-timeout", targets);
    const announced = timeout ? Number(timeout.value) : holdMs + 5_000;
    const replay = faults.take("ilink.replay", targets) !== undefined;
    const seen = seqOf(body.get_updates_buf);
    const from = () => (replay && seen < bot.handedOut ? seen : bot.handedOut);
    // Who shows a cursor has what stands before it.
    if (replay) bot.queue = bot.queue.filter(({ seq }) => seq > seen);

    bot.endPoll?.("replaced");
    if (!bot.queue.some(({ seq }) => seq > from())) {
      const why = await held(bot, timeout ? announced : holdMs, gone);
      if (why === "stale") return STALE;
      if (why === "replaced" || gone.aborted) return { ...OK, msgs: [], get_updates_buf: "" };
    }
    const fresh = bot.queue.filter(({ seq }) => seq > from());
    bot.handedOut = bot.seq;
    if (!replay) bot.queue = [];
    const messages = fresh.map(({ message }) => message);
    repeatLater(bot, messages, targets);
    return {
      ...OK,
      msgs: messages,
      get_updates_buf: fresh.length === 0 && body.get_updates_buf ? "" : cursorOf(bot),
      sync_buf: "",
      longpolling_timeout_ms: announced,
    };
  };

  function held(bot: Bot, ms: number, gone: AbortSignal): Promise<"news" | "replaced" | "stale" | "timeout"> {
    return new Promise((resolve) => {
      const end = (why: "news" | "replaced" | "stale" | "timeout") => {
        cancel();
        gone.removeEventListener("abort", onGone);
        if (bot.endPoll === end) bot.endPoll = undefined;
        resolve(why);
      };
      const onGone = () => end("timeout");
      const cancel = clock.schedule(ms, () => end("timeout"));
      gone.addEventListener("abort", onGone, { once: true });
      bot.endPoll = end;
    });
  }

  function repeatLater(bot: Bot, messages: readonly JsonObject[], targets: readonly string[]): void {
    if (messages.length === 0) return;
    const same = faults.take("ilink.duplicate", targets) !== undefined;
    const renamed = faults.take("ilink.duplicate-new-id", targets) !== undefined;
    for (const message of messages) {
      if (same) enqueue(bot, message);
      if (renamed) enqueue(bot, { ...message, message_id: bareNumber(newMessageId()) });
    }
  }
}

/** Puts a message where the bot's next poll finds it. */
export function enqueue(bot: Bot, message: JsonObject): void {
  bot.seq += 1;
  bot.queue.push({ seq: bot.seq, message: { seq: bot.seq, ...message } });
  bot.endPoll?.("news");
}

function cursorOf(bot: Bot): string {
  return Buffer.from(`${MARK}${bot.seq}`).toString("base64");
}

function seqOf(cursor: JsonValue | undefined): number {
  const text = typeof cursor === "string" ? Buffer.from(cursor, "base64").toString("latin1") : "";
  return text.startsWith(MARK) ? Number(text.slice(MARK.length)) : 0;
}
