import type { InboundEvent, JsonObject, OutboundContent, OutboundMessage, SendReceipt } from "@wxgate/core";
import { createTestPorts, settled } from "@wxgate/testing";
import { createKfChannel } from "../channel.ts";
import type { KfOptions } from "../config.ts";
import { CONFIG, callback } from "./callbacks.ts";
import { fakeQyapi, ok } from "./fake-qyapi.ts";

/** The time of the tests: 2026-11-20T10:00:00Z. */
export const NOW_SECONDS = 1_795_168_800;
export const TO = { channel: "support", account: "wkA", kind: "direct", peer: "wmU" } as const;

interface StartOptions {
  readonly config?: Partial<KfOptions>;
  instant?(event: InboundEvent, configured?: OutboundContent): Promise<OutboundContent | undefined>;
}

/** A channel with ports in memory before a platform that answers as the test says. */
export function startKf({ config = {}, instant }: StartOptions = {}) {
  const qyapi = fakeQyapi();
  const test = createTestPorts({
    fetch: qyapi.fetch,
    now: NOW_SECONDS * 1000,
    ...(instant === undefined ? {} : { instant }),
  });
  const channel = createKfChannel("support", { ...CONFIG, ...config }, test.ports);
  return {
    ...test,
    qyapi,
    channel,
    /** The platform rings: there is news. */
    async ring(openKfId = "wkA", token = "T1", createTime = NOW_SECONDS): Promise<Response> {
      const response = (await channel.webhook?.(callback({ openKfId, token, createTime }))) as Response;
      await settled();
      return response;
    },
    /** The next pull gives these items, and no more. */
    news(...items: readonly JsonObject[]): void {
      qyapi.once("kf/sync_msg", page(items));
    },
    async send(content: OutboundContent, more: Partial<OutboundMessage> = {}): Promise<SendReceipt> {
      const message = { id: "out1", replyId: "rpl_1", to: TO, answers: [], handles: [], attempt: 1, ...more };
      return channel.send({ ...message, piece: { content: [content] } }, new AbortController().signal);
    },
    /** Runs the channel's own work for a while. */
    async runFor(ms: number): Promise<void> {
      const stop = new AbortController();
      const running = channel.run?.(stop.signal);
      await test.clock.advance(ms);
      stop.abort();
      await running;
    },
  };
}

let cursors = 0;
export function page(
  items: readonly JsonObject[],
  { more = 0, cursor }: { more?: 0 | 1; cursor?: string } = {},
): object {
  cursors += 1;
  return { ...ok, next_cursor: cursor ?? `cursor-${cursors}`, has_more: more, msg_list: items };
}

export function item(msgtype: string, payload: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    msgid: `m-${msgtype}`,
    open_kfid: "wkA",
    external_userid: "wmU",
    send_time: NOW_SECONDS,
    origin: 3,
    msgtype,
    [msgtype]: payload,
    ...more,
  };
}

export function said(content: string, more: JsonObject = {}): JsonObject {
  return item("text", { content }, { msgid: `m-${content}`, ...more });
}

/** Events carry their ids inside. */
export function eventItem(event_type: string, fields: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return {
    msgid: `e-${event_type}`,
    send_time: NOW_SECONDS,
    origin: 4,
    msgtype: "event",
    event: { event_type, open_kfid: "wkA", external_userid: "wmU", ...fields },
    ...more,
  };
}
