import { BotRefusal } from "../bot/refusal.ts";
import type { BotScreen } from "../bot/screen.ts";
import { type Bot, type Chat, type Issued, show } from "../bot/state.ts";
import { randomId } from "../ids.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { openPassiveReply } from "./passive.ts";
import { ANSWER_CHARACTERS, createRefreshing, type Refreshing } from "./refresh.ts";
import { createReplies } from "./replies.ts";
import type { ResponseUrls } from "./response-url.ts";
import type { Asked, HookBot } from "./state.ts";

export interface Delivery extends Refreshing {
  /** Posts the callback that a frame stands for; false when there is no address. */
  push(bot: Bot, frame: JsonObject): boolean;
}

/** Cards are changed and members greeted within 5 s or never: such a callback is posted once. */
const EVENT_ATTEMPTS = 1;

export function createDelivery(
  tools: PlatformTools,
  { owners, screen, urls }: { owners: readonly HookBot[]; screen: BotScreen; urls: Pick<ResponseUrls, "offer"> },
): Delivery {
  const { clock, callbacks, changed } = tools;
  const replies = createReplies(tools, screen);
  const refreshing = createRefreshing(tools, (owner, asked, body) =>
    judged(owner, asked.chat, () => {
      const reply = openPassiveReply(owner.endpoint, body);
      if (reply !== undefined) replies.refreshed(owner, asked, reply);
      return undefined;
    }),
  );

  /** A reply the platform throws away stands as a grey line on the phone, so that a test sees it. */
  function judged(owner: HookBot, chat: Chat, take: () => Asked | undefined): Asked | undefined {
    try {
      return take();
    } catch (error) {
      const reason = error instanceof BotRefusal ? `${error.message} (${error.errcode})` : String(error);
      const at = new Date(clock.now()).toISOString();
      const text = `passive reply thrown away: ${reason}`;
      show(chat, {
        id: randomId("note_", 9),
        direction: "notice",
        at,
        kind: "notice",
        text,
        state: "shown",
        by: "system",
      });
      changed(owner.options.botId, chat.id);
      return undefined;
    }
  }

  function heard(owner: HookBot, issued: Issued, body: string): void {
    const asked = judged(owner, issued.chat, () => {
      const reply = openPassiveReply(owner.endpoint, body);
      return reply === undefined ? undefined : replies.take(owner, issued, reply);
    });
    if (asked !== undefined) refreshing.begin(owner, asked);
  }

  return {
    ...refreshing,
    push(bot, frame) {
      const owner = owners.find((one) => one.bot === bot);
      const reqId = isJsonObject(frame.headers) ? String(frame.headers.req_id) : "";
      const issued = bot.issued.get(reqId);
      if (owner === undefined || issued === undefined || !isJsonObject(frame.body)) return false;
      const isAnswerable = issued.kind === "message" || issued.kind === "card";
      const url = isAnswerable ? urls.offer(owner, issued.chat) : undefined;
      const plain = JSON.stringify({ ...frame.body, ...(url === undefined ? {} : { response_url: url }) });
      callbacks.send({
        endpoint: owner.endpoint,
        account: owner.options.botId,
        plain,
        wrap: ({ encrypt }) => JSON.stringify({ encrypt }),
        contentType: "application/json",
        ...(issued.kind === "message" ? {} : { attempts: EVENT_ATTEMPTS }),
        answerCharacters: ANSWER_CHARACTERS,
        onAnswer: (body) => heard(owner, issued, body),
      });
      return owner.endpoint.url !== undefined;
    },
  };
}
