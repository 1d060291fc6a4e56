import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import type { Asked, HookBot } from "./state.ts";

const EVERY_MS = 1_000;
const WINDOW_MS = 6 * 60_000;
/** Ten pictures, encoded twice. */
export const ANSWER_CHARACTERS = 256 * 1024 * 1024;

export interface Refreshing {
  /** Asks for a bubble until its end, or until its time is over. */
  begin(owner: HookBot, asked: Asked): void;
  /** Asks once for any stream id. Null: there was no answer of 200. */
  once(owner: HookBot, user: string, streamId: string): Promise<string | null>;
}

/** @param onAnswer shows what came */
export function createRefreshing(
  { clock, faults, callbacks }: PlatformTools,
  onAnswer: (owner: HookBot, asked: Asked, body: string) => void,
): Refreshing {
  /** Of any callback; a refresh has an id of its own and no response_url. */
  function body({ options }: HookBot, user: string, streamId: string, chat?: Asked["chat"]): JsonObject {
    return {
      msgid: randomId("rfr", 15),
      aibotid: options.botId,
      ...(chat?.kind === "group" ? { chatid: chat.id } : {}),
      chattype: chat?.kind ?? "single",
      from: { userid: user },
      msgtype: "stream",
      stream: { id: streamId },
    };
  }

  function post(
    owner: HookBot,
    fields: JsonObject,
    hear: (answer: string | null, status: number | null) => void,
  ): void {
    callbacks.send({
      endpoint: owner.endpoint,
      account: owner.options.botId,
      plain: JSON.stringify(fields),
      wrap: ({ encrypt }) => JSON.stringify({ encrypt }),
      contentType: "application/json",
      attempts: 1,
      answerCharacters: ANSWER_CHARACTERS,
      onAnswer: (answer) => hear(answer, 200),
      onFailed: (status) => hear(null, status),
    });
  }

  function windowMs(owner: HookBot): number {
    const hit = faults.peek("bot.refresh.window", [owner.options.botId]);
    return typeof hit?.value === "number" ? hit.value : WINDOW_MS;
  }

  function later(owner: HookBot, asked: Asked): void {
    clock.schedule(owner.options.refreshEveryMs ?? EVERY_MS, () => ask(owner, asked));
  }

  function ask(owner: HookBot, asked: Asked): void {
    const { stream, chat, user, since } = asked;
    const target = [owner.options.botId];
    if (stream.finished || owner.asked.get(stream.id) !== asked) return;
    if (clock.now() - since > windowMs(owner)) {
      stream.item.givenUp = true;
      return;
    }
    stream.item.refreshes = Number(stream.item.refreshes ?? 0) + 1;
    post(owner, body(owner, user, stream.id, chat), (answer, status) => {
      if (answer === null) {
        const isLast = status !== null || faults.peek("bot.refresh.fragile", target) !== undefined;
        if (isLast) stream.item.givenUp = true;
        else later(owner, asked);
        return;
      }
      if (!faults.take("bot.refresh.lost", target)) onAnswer(owner, asked, answer);
      later(owner, asked);
    });
  }

  return {
    begin(owner, asked) {
      if (faults.peek("bot.refresh.none", [owner.options.botId]) === undefined) later(owner, asked);
    },
    once: (owner, user, streamId) =>
      new Promise((resolve) => post(owner, body(owner, user, streamId), (answer) => resolve(answer))),
  };
}
