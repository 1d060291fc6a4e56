import { isObject, type JsonObject, listField, objectField, ProtocolError, textField } from "@wxgate/core";
import { APP_ERRCODES, createWecomApi, type FileUpload, type WecomApi, type WecomApiOptions } from "@wxgate/wecom-api";
import type { Receivers, WireMessage } from "./wire.ts";

export type { Receivers, WireMessage };

/** What `message/send` says of a message it took. */
export interface Sent {
  readonly msgId?: string;
  /** Allows one update of the card within 72 hours. */
  readonly responseCode?: string;
  /** Receivers that were left out, each as "zhangsan", "party:3", "tag:5" or "lisi (no licence)". */
  readonly refused: readonly string[];
}

export interface CardUpdate {
  readonly responseCode: string;
  readonly members?: readonly string[];
  readonly parties?: readonly number[];
  readonly tags?: readonly number[];
  readonly everybody?: boolean;
  /** The new card, or words for the tapped button, which is then disabled. */
  readonly change: { readonly card: JsonObject } | { readonly buttonText: string };
}

export interface GroupChat {
  readonly chatId: string;
  readonly name: string;
  readonly owner: string;
  readonly members: readonly string[];
}

export interface GroupChatChange {
  /** At most 50 characters. */
  readonly name?: string;
  readonly owner?: string;
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** The calls of a self-built app, typed; `wecom` makes all others. Errors are those of `@wxgate/wecom-api`. */
export interface AgentApi {
  readonly wecom: WecomApi;
  /** https://developer.work.weixin.qq.com/document/path/90236 */
  send(message: Receivers & WireMessage, signal?: AbortSignal): Promise<Sent>;
  /** `json` as it is, so that a repeat is identical byte by byte; it must hold receivers and agentid. */
  sendJson(json: string, signal?: AbortSignal): Promise<Sent>;
  /** Takes a message of the last 24 hours back; not from the WeChat plugin. https://developer.work.weixin.qq.com/document/path/94867 */
  recall(msgId: string, signal?: AbortSignal): Promise<void>;
  /** Gives the members it was not shown to. https://developer.work.weixin.qq.com/document/path/94888 */
  updateCard(update: CardUpdate, signal?: AbortSignal): Promise<readonly string[]>;
  /**
   * Members 2 to 2000. The group shows up only with its first message, and the app's visible range must be the root
   * department. Gives the chat id. https://developer.work.weixin.qq.com/document/path/90245
   */
  createChat(
    chat: {
      readonly name?: string;
      readonly owner?: string;
      readonly members: readonly string[];
      readonly chatId?: string;
    },
    signal?: AbortSignal,
  ): Promise<string>;
  updateChat(chatId: string, change: GroupChatChange, signal?: AbortSignal): Promise<void>;
  getChat(chatId: string, signal?: AbortSignal): Promise<GroupChat>;
  sendToChat(chatId: string, message: WireMessage, signal?: AbortSignal): Promise<void>;
  /** The tags this app may see. */
  tags(signal?: AbortSignal): Promise<readonly { readonly id: number; readonly name: string }[]>;
  /** A permanent address for a picture in articles: JPG or PNG up to 2 MB, 3000 a month. */
  uploadImage(file: FileUpload, signal?: AbortSignal): Promise<string>;
  /** Addresses that callbacks come from. */
  callbackIps(signal?: AbortSignal): Promise<readonly string[]>;
}

export type AgentApiOptions = Omit<WecomApiOptions, "errcodes"> & { readonly agentId: number };

export function createAgentApi({ agentId, ...options }: AgentApiOptions): AgentApi {
  return agentApiOver(createWecomApi({ ...options, errcodes: APP_ERRCODES }), agentId);
}

/** The calls over any client, for those who have one already. */
export function agentApiOver(wecom: WecomApi, agentId: number): AgentApi {
  const sendJson = async (json: string, signal?: AbortSignal) =>
    toSent(await wecom.post<JsonObject>("message/send", json, signal));

  return {
    wecom,
    sendJson,
    send: (message, signal) => sendJson(JSON.stringify({ ...message, agentid: agentId }), signal),
    async recall(msgId, signal) {
      await wecom.post("message/recall", { msgid: msgId }, signal);
    },
    async updateCard({ responseCode, members, parties, tags, everybody, change }, signal) {
      const body = {
        ...(members && { userids: members }),
        ...(parties && { partyids: parties }),
        ...(tags && { tagids: tags }),
        ...(everybody && { atall: 1 }),
        agentid: agentId,
        response_code: responseCode,
        ...("card" in change ? { template_card: change.card } : { button: { replace_name: change.buttonText } }),
      };
      return idsOf(await wecom.post<JsonObject>("message/update_template_card", body, signal), "invaliduser");
    },
    async createChat({ name, owner, members, chatId }, signal) {
      const body = { name, owner, userlist: members, chatid: chatId };
      return named(await wecom.post<JsonObject>("appchat/create", body, signal), "chatid", "appchat/create");
    },
    async updateChat(chatId, { name, owner, add, remove }, signal) {
      const body = { chatid: chatId, name, owner, add_user_list: add, del_user_list: remove };
      await wecom.post("appchat/update", body, signal);
    },
    getChat: async (chatId, signal) => toChat(await wecom.get<JsonObject>("appchat/get", { chatid: chatId }, signal)),
    async sendToChat(chatId, message, signal) {
      await wecom.post("appchat/send", { chatid: chatId, ...message }, signal);
    },
    async tags(signal) {
      return listField(await wecom.get<JsonObject>("tag/list", {}, signal), "taglist")
        .filter(isObject)
        .map(({ tagid, tagname }) => ({ id: Number(tagid), name: String(tagname ?? "") }));
    },
    async uploadImage(file, signal) {
      return named(await wecom.upload<JsonObject>("media/uploadimg", {}, file, signal), "url", "media/uploadimg");
    },
    callbackIps: async (signal) => texts(await wecom.get<JsonObject>("getcallbackip", {}, signal), "ip_list"),
  };
}

function toSent(answer: JsonObject): Sent {
  const msgId = textField(answer, "msgid");
  const responseCode = textField(answer, "response_code");
  const leftOut = (name: string, show: (id: string) => string) => idsOf(answer, name).map(show);
  return {
    ...(msgId === undefined ? {} : { msgId }),
    ...(responseCode === undefined ? {} : { responseCode }),
    refused: [
      ...leftOut("invaliduser", (id) => id),
      ...leftOut("unlicenseduser", (id) => `${id} (no licence)`),
      ...leftOut("invalidparty", (id) => `party:${id}`),
      ...leftOut("invalidtag", (id) => `tag:${id}`),
    ],
  };
}

/** Joined by "|"; some answers have a list. */
function idsOf(answer: JsonObject, name: string): readonly string[] {
  const value = answer[name];
  if (Array.isArray(value)) return texts(answer, name);
  return typeof value === "string" ? value.split("|").filter((id) => id !== "") : [];
}

function toChat(answer: JsonObject): GroupChat {
  const info = objectField(answer, "chat_info");
  return {
    chatId: textField(info, "chatid") ?? "",
    name: textField(info, "name") ?? "",
    owner: textField(info, "owner") ?? "",
    members: texts(info, "userlist"),
  };
}

function texts(source: JsonObject, name: string): readonly string[] {
  return listField(source, name).filter((item) => typeof item === "string");
}

/** What a call was made for. */
function named(answer: JsonObject, name: string, method: string): string {
  const value = textField(answer, name);
  if (value !== undefined) return value;
  throw new ProtocolError(`WeCom's answer to ${method} names no ${name}`, { code: "wecom.bad-answer" });
}
