import { businessAnswer, errcodeOf, resultOf } from "../answer.ts";
import { textIn } from "../json.ts";
import type { Interceptor, McpCall } from "./interceptor.ts";

const NOT_ALLOWED = new Set([851008, 851013, 851014]);

/** The member has to let the bot use documents: a card in the chat asks for it, and the model hears no address. */
export const docAuth: Interceptor = {
  name: "doc-auth",
  matches: ({ category }) => category === "doc",
  async after(result, call) {
    const answer = businessAnswer(result);
    const errcode = errcodeOf(answer);
    if (answer === undefined || errcode === undefined || !NOT_ALLOWED.has(errcode)) return result;
    const errmsg = textIn(answer.errmsg) ?? "the bot may not use documents";
    const asked = await ask(call);
    return resultOf({
      errcode,
      errmsg,
      ...(asked && { _biz_msg_sent: true }),
      _user_hint: asked
        ? "A card in the chat asks for the permission. Tell the person to tap it, and repeat the call when they did."
        : "No card could be shown. Tell the person to allow the bot to use documents in its settings in WeCom.",
    });
  },
};

async function ask({ account, context, host, signal }: McpCall): Promise<boolean> {
  const { chat, userId } = context;
  if (chat === undefined || userId === undefined) return false;
  try {
    await account.askForDocuments(chat, userId, signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    host.log.warn({ err: error, account: account.id }, "the card that asks for documents could not be shown");
    return false;
  }
}
