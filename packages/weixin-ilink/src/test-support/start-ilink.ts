import type { JsonObject, MediaOpener, OutboundContent, OutboundMessage, ReplyHandle, SendReceipt } from "@wxgate/core";
import { createTestPorts } from "@wxgate/testing";
import { createWeixinIlinkChannel } from "../channel.ts";
import type { IlinkOptions } from "../config.ts";
import { BASE, CDN, fakeIlink } from "./fake-ilink.ts";

export const TOKEN = "b0f5860fdecb@im.bot:canary-secret-060000a1b2";
export const BOT = "b0f5860fdecb@im.bot";
export const PERSON = "o9cq80XyAbC@im.wechat";
export const NOW = 1_795_168_800_000;
export const CONFIG = {
  type: "weixin-ilink",
  baseUrl: BASE,
  cdnBaseUrl: CDN,
  token: TOKEN,
  userId: PERSON,
} as const satisfies IlinkOptions;
export const TO = { channel: "me", account: PERSON, kind: "direct", peer: PERSON } as const;

interface StartOptions {
  readonly config?: Partial<IlinkOptions>;
  readonly media?: MediaOpener;
}

/** A channel with ports in memory before a platform that answers as the test says. */
export function startIlink({ config = {}, media }: StartOptions = {}) {
  const ilink = fakeIlink();
  const test = createTestPorts({ fetch: ilink.fetch, now: NOW, ...(media === undefined ? {} : { media }) });
  const channel = createWeixinIlinkChannel("me", { ...CONFIG, ...config }, test.ports);
  const signal = new AbortController().signal;
  return {
    ...test,
    ilink,
    channel,
    /** Begins to work; `stop` ends it and waits. */
    run() {
      const ending = new AbortController();
      const running = channel.run?.(ending.signal);
      return {
        async stop(): Promise<void> {
          ending.abort();
          await running;
        },
      };
    },
    /** The next poll brings these messages. */
    brings(...messages: readonly JsonObject[]): void {
      cursors += 1;
      ilink.once("getupdates", { ret: 0, msgs: messages, get_updates_buf: `cursor-${cursors}` });
    },
    async send(content: OutboundContent, more: Partial<OutboundMessage> = {}): Promise<SendReceipt> {
      const message = { id: "out1", replyId: "rpl_1", to: TO, answers: [], handles: [handle()], attempt: 1, ...more };
      return channel.send({ ...message, piece: { content: [content] } }, signal);
    },
    async stage(content: OutboundContent): Promise<OutboundContent> {
      const target = { to: TO, answers: [], handles: [handle()] };
      const staged = await channel.stage?.({ content: [content] }, target, signal);
      return staged?.content[0] as OutboundContent;
    },
    async collect(ref: JsonObject): Promise<{ bytes: Buffer; mime: string }> {
      const stream = await channel.openMedia?.(ref, signal);
      const parts: Uint8Array[] = [];
      for await (const part of stream?.body ?? []) parts.push(part);
      return { bytes: Buffer.concat(parts), mime: stream?.mime ?? "" };
    },
  };
}

let cursors = 0;

/** Of the token in CONFIG. */
export const LOGIN = "OPMUYg9sat5U_xfE";
export function handle(data: JsonObject = {}, receivedAt = NOW): ReplyHandle {
  return { messageId: "m1", receivedAt, data: { contextToken: "CTX-1", login: LOGIN, ...data } };
}

export function said(text: string, more: JsonObject = {}): JsonObject {
  return {
    message_id: `id-${text}`,
    from_user_id: PERSON,
    to_user_id: BOT,
    create_time_ms: NOW,
    message_type: 1,
    message_state: 2,
    context_token: "CTX-1",
    item_list: [{ type: 1, text_item: { text } }],
    ...more,
  };
}
