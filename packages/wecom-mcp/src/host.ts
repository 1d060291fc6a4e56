import type { Clock, Fetch, Logger, Random } from "@wxgate/core";

/** A bot on a long connection: WeCom hands the addresses of its servers to no other. */
export interface McpAccount {
  /** Stable name; the first by name is taken where none is meant. */
  readonly id: string;
  /** What is remembered of its servers lives as long as this object: give another one for another connection. */
  readonly connection: object;
  readonly fetch: Fetch;
  /** @throws one of the four errors; platformCode 846609 where the category is not switched on. */
  getConfig(
    query: { readonly bizType: string; readonly pluginVersion: string },
    signal: AbortSignal,
  ): Promise<{ readonly url: string }>;
  /** @throws RejectedError unless an address that the platform handed out may be opened. */
  checkUrl(url: string): void;
  /** Shows a card that asks the member to let the bot use documents. */
  askForDocuments(chat: McpChat, userId: string, signal: AbortSignal): Promise<void>;
  /**
   * Reads a file that a model named, through the guard for local paths.
   *
   * @throws RejectedError when the path is outside the allowed folders, no regular file, or larger than `maxBytes`.
   */
  readFile(
    path: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: Uint8Array; readonly filename: string }>;
}

export interface McpChat {
  /** A member's userid or a group's chatid, its case kept. */
  readonly id: string;
  readonly kind: "direct" | "group";
}

/** On whose behalf a tool is used. */
export interface McpContext {
  /** The conversation's own bot. Absent: the default. */
  readonly account?: string;
  /** The sender the platform itself named; never a value that a model wrote. */
  readonly userId?: string;
  readonly chat?: McpChat;
}

export interface WecomMcpHost {
  accounts(): readonly McpAccount[];
  /** Preferred where the conversation has no bot of its own. */
  defaultAccount?(): string | undefined;
  /** Keeps a file for the agent; where it is. */
  saveFile(
    file: { readonly bytes: Uint8Array; readonly filename: string },
    signal: AbortSignal,
  ): Promise<{ readonly path: string; readonly mime: string; readonly url?: string }>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** As `User-Agent` and in the handshake. */
  readonly version: string;
}
