import type { JsonObject } from "@wxgate/core";
import type { McpAccount, McpContext, WecomMcpHost } from "../host.ts";

/** One call on its way to WeCom. */
export interface McpCall {
  readonly category: string;
  readonly method: string;
  readonly args: JsonObject;
  readonly context: McpContext;
  readonly account: McpAccount;
  readonly host: Pick<WecomMcpHost, "saveFile" | "log">;
  readonly signal: AbortSignal;
  /** Another method of the same category, by the same bot and on behalf of the same person. */
  also(method: string, args: JsonObject, timeoutMs: number): Promise<JsonObject>;
  /** The next call asks for a new address. */
  forget(): void;
}

export interface Prepared {
  readonly timeoutMs?: number;
  readonly args?: JsonObject;
}

/** Does for a call what a model cannot: files, cards, what must not be remembered. */
export interface Interceptor {
  readonly name: string;
  matches(call: Pick<McpCall, "category" | "method">): boolean;
  before?(call: McpCall): Promise<Prepared>;
  /** @param result of WeCom, or of the interceptor before. */
  after?(result: JsonObject, call: McpCall): Promise<JsonObject>;
}
