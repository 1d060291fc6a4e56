import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { OK, refusal } from "./answers.ts";
import type { Bot } from "./state.ts";

/** How long a ticket is good here; clients are told nothing of it. */
const TICKET_MS = 10 * 60_000;

export function createTyping({ clock, changed }: PlatformTools) {
  return {
    getConfig(bot: Bot, body: JsonObject): JsonObject {
      if (typeof body.ilink_user_id !== "string" || body.ilink_user_id === "") {
        return refusal(-2, "ilink_user_id required");
      }
      const chat = bot.chats.get(body.ilink_user_id);
      if (chat?.lastInboundAt === undefined) return refusal(-4, "GetTypingTicket rpc failed");
      chat.ticket = { value: randomId("ticket", 18), goodUntil: clock.now() + TICKET_MS };
      return { ...OK, typing_ticket: chat.ticket.value };
    },
    sendTyping(bot: Bot, body: JsonObject): JsonObject {
      if (typeof body.ilink_user_id !== "string" || body.ilink_user_id === "") {
        return refusal(-2, "ilink_user_id required");
      }
      const chat = bot.chats.get(body.ilink_user_id);
      const good = chat?.ticket && chat.ticket.value === body.typing_ticket && chat.ticket.goodUntil > clock.now();
      if (!chat || !good || (body.status !== 1 && body.status !== 2)) return refusal(-2, "");
      chat.typing = body.status === 1;
      changed(bot.botId, chat.person.id);
      return OK;
    },
  };
}
