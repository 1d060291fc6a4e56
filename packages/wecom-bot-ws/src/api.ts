import { type JsonObject, ProtocolError, textField } from "@wxgate/core";
import type { FileUpload, UploadedMedia } from "@wxgate/wecom-api";
import type { BotBody } from "@wxgate/wecom-bot-message";
import type { Link } from "./link.ts";
import type { Upload } from "./upload.ts";
import { CMD } from "./wire.ts";

export interface BotChat {
  /** A member's userid or a group's chatid, its case kept. */
  readonly id: string;
  readonly kind: "direct" | "group";
}

/** The bot's commands, typed; also for tools that need more than messages. */
export interface BotApi {
  /** Answers a message, within 24 hours. `graceMs`: see `Link`. */
  respond(reqId: string, body: BotBody, signal?: AbortSignal, graceMs?: number): Promise<void>;
  /** Answers `enter_chat`, within 5 s, once. */
  welcome(reqId: string, body: BotBody, signal?: AbortSignal): Promise<void>;
  /** Changes the card of a tap, within 5 s. */
  updateCard(reqId: string, body: JsonObject, signal?: AbortSignal): Promise<void>;
  /** Of our own accord: markdown, template_card or files, to somebody who wrote before. */
  sendMessage(chat: BotChat, body: BotBody, signal?: AbortSignal): Promise<void>;
  uploadMedia(
    kind: "image" | "voice" | "video" | "file",
    file: FileUpload,
    signal?: AbortSignal,
  ): Promise<UploadedMedia>;
  /**
   * Where one category of the bot's tools is served. The whole `url` is a credential: neither log it nor show it to a model.
   *
   * @throws TransientError with platformCode 846609 when the category is not enabled for the bot
   */
  getMcpConfig(
    query: { readonly bizType: string; readonly pluginVersion: string },
    signal?: AbortSignal,
  ): Promise<{ readonly url: string; readonly fields: JsonObject }>;
  /** A card that asks the member for an authorisation. `bizType` 1: documents. */
  sendBizMessage(
    message: { readonly bizType: number; readonly chat: BotChat; readonly userId: string },
    signal?: AbortSignal,
  ): Promise<void>;
}

const MCP_TIMEOUT_MS = 15_000;
const BIZ_TIMEOUT_MS = 10_000;
const CHAT_TYPE = { direct: 1, group: 2 } as const;

export function createBotApi(link: Link, upload: Upload): BotApi {
  async function command(
    cmd: string,
    reqId: string | undefined,
    body: JsonObject,
    signal?: AbortSignal,
    graceMs?: number,
  ): Promise<void> {
    await link.request({ cmd, reqId, body, signal, graceMs });
  }

  return {
    respond: (reqId, body, signal, graceMs) => command(CMD.respond, reqId, body, signal, graceMs),
    welcome: (reqId, body, signal) => command(CMD.welcome, reqId, body, signal),
    updateCard: (reqId, body, signal) => command(CMD.updateCard, reqId, body, signal),
    // Without chat_type the platform takes the id for a group's first.
    sendMessage: ({ id, kind }, body, signal) =>
      command(CMD.send, undefined, { chatid: id, chat_type: CHAT_TYPE[kind], ...body }, signal),
    uploadMedia: upload,
    async getMcpConfig({ bizType, pluginVersion }, signal) {
      const fields = await link.request({
        cmd: CMD.mcpConfig,
        body: { biz_type: bizType, plugin_version: pluginVersion },
        timeoutMs: MCP_TIMEOUT_MS,
        keepSubscription: true,
        ...(signal === undefined ? {} : { signal }),
      });
      const url = textField(fields, "url");
      if (url !== undefined) return { url, fields };
      throw new ProtocolError(`WeCom's answer to ${CMD.mcpConfig} names no url`, { code: "wecom-bot.bad-answer" });
    },
    async sendBizMessage({ bizType, chat, userId }, signal) {
      await link.request({
        cmd: CMD.sendBiz,
        body: { biz_type: bizType, chat_id: chat.id, userid: userId, chat_type: CHAT_TYPE[chat.kind] },
        timeoutMs: BIZ_TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      });
    },
  };
}
