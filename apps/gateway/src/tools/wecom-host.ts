import { type Channel, type ChannelPorts, RejectedError } from "@wxgate/core";
import { createPlatformGuard, HttpError } from "@wxgate/http-client";
import type { BotApi, WecomBotWsChannel } from "@wxgate/wecom-bot-ws";
import type { McpAccount, WecomMcpHost } from "@wxgate/wecom-mcp";
import type { MediaFiles } from "../ports/media.ts";

export interface WecomHostOptions {
  channels(): ReadonlyMap<string, Channel>;
  /** What the channel with this id was given. */
  portsOf(id: string): Pick<ChannelPorts, "fetch" | "media"> | undefined;
  /** Where the channel with this id connects to. */
  urlOf(id: string): string | undefined;
  readonly files: Pick<MediaFiles, "keepFile" | "store">;
  readonly ports: Pick<WecomMcpHost, "clock" | "random" | "log" | "version">;
}

/** 1: documents. */
const DOCUMENTS = 1;

/** The bots on long connections, for `wecom_mcp`. */
export function createWecomHost(options: WecomHostOptions): WecomMcpHost & { bots(): readonly string[] } {
  const bots = () => [...options.channels()].flatMap(([id, channel]) => (isBot(channel) ? [id] : []));
  return {
    ...options.ports,
    bots,
    accounts: () =>
      [...options.channels()].flatMap(([id, channel]) => {
        const ports = options.portsOf(id);
        return isBot(channel) && ports ? [accountOf(id, channel.bot, ports, options.urlOf(id))] : [];
      }),
    async saveFile({ bytes, filename }, signal) {
      const body = (async function* () {
        yield bytes;
      })();
      const file = { body, bytes: bytes.byteLength, filename, mime: "application/octet-stream" };
      const { id, mime, url } = await options.files.keepFile(file, signal);
      return { path: options.files.store.path(id), mime, ...(url !== undefined && { url }) };
    },
  };
}

function accountOf(
  id: string,
  bot: BotApi,
  { fetch, media }: Pick<ChannelPorts, "fetch" | "media">,
  url: string | undefined,
): McpAccount {
  return {
    id,
    connection: bot,
    fetch,
    getConfig: (query, signal) => bot.getMcpConfig(query, signal),
    checkUrl: (handedOut) => checkPlatformUrl(handedOut, url),
    askForDocuments: (chat, userId, signal) => bot.sendBizMessage({ bizType: DOCUMENTS, chat, userId }, signal),
    async readFile(path, maxBytes, signal) {
      const { body, bytes = 0, filename = "file" } = await media.open({ path }, signal);
      const chunks: Uint8Array[] = [];
      let read = 0;
      // Leaving the loop closes the file.
      for await (const chunk of body) {
        read += chunk.byteLength;
        if (Math.max(read, bytes) > maxBytes) throw tooLarge(filename, maxBytes);
        chunks.push(chunk);
      }
      return { bytes: Buffer.concat(chunks), filename };
    },
  };
}

/** Tencent's domains, and the operator's own deployment where the bot connects to one. */
function checkPlatformUrl(handedOut: string, url: string | undefined): void {
  const own = url === undefined ? [] : [new URL(url.replace(/^ws/, "http")).origin];
  try {
    createPlatformGuard({ domains: ["qq.com"], allowOrigins: own }).check(new URL(handedOut));
  } catch (error) {
    // The address is a credential: what the guard says may name it.
    const code = error instanceof HttpError ? error.code : "wecom-mcp.bad-address";
    throw new RejectedError("WeCom handed out an address for its tools that is not on its own domains", { code });
  }
}

function tooLarge(filename: string, maxBytes: number): RejectedError {
  return new RejectedError(`${filename} is larger than ${maxBytes} bytes`, { code: "wecom-mcp.files-too-large" });
}

function isBot(channel: Channel): channel is WecomBotWsChannel {
  return channel.type === "wecom-bot-ws" && "bot" in channel;
}
