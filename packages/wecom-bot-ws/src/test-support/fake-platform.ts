import type { JsonObject, OutboundContent, ReplyStream, ReplyTarget } from "@wxgate/core";
import { createTestPorts, settled, type TestPorts, type TestPortsOptions } from "@wxgate/testing";
import { onTestFinished } from "vitest";
import { type Connect, createWecomBotWsChannel, type WecomBotWsChannel, type WecomBotWsOptions } from "../index.ts";

export const BOT = "aibEXAMPLE";
export const SECRET = "S3CR3T-canary";
export const CONFIG = { botId: BOT, secret: SECRET, url: "wss://bot.example/" } as const;

export interface SentFrame {
  readonly cmd: string;
  readonly reqId: string;
  readonly body: JsonObject;
  readonly at: number;
  readonly connection: number;
}

/** What the platform does with a frame: an errcode, a whole answer, or nothing. */
export type Answer = number | JsonObject | "silence" | "drop";

export interface FakePlatform {
  readonly connect: Connect;
  readonly frames: SentFrame[];
  readonly connections: number;
  /** Asked for every frame but pings; 0 when it says nothing. */
  answer: (frame: SentFrame) => Answer | undefined;
  pongs: boolean;
  /** Whether sockets open at all. */
  open: boolean;
  of(cmd: string): readonly SentFrame[];
  push(frame: JsonObject): void;
  drop(): void;
}

export function fakePlatform(now: () => number): FakePlatform {
  let current: { message(text: string): void; closed(reason: string): void } | undefined;
  const frames: SentFrame[] = [];
  const platform: { -readonly [Key in keyof FakePlatform]: FakePlatform[Key] } = {
    frames,
    connections: 0,
    answer: () => undefined,
    pongs: true,
    open: true,
    async connect(_url, events) {
      if (!platform.open) throw new Error("connect ECONNREFUSED");
      platform.connections += 1;
      const connection = platform.connections;
      let isOpen = true;
      const mine = {
        message(text: string) {
          if (isOpen) events.message(text);
        },
        closed(reason: string) {
          if (!isOpen) return;
          isOpen = false;
          events.closed(reason);
        },
      };
      current = mine;
      return {
        send(text) {
          if (!isOpen) return;
          const {
            cmd,
            headers,
            body = {},
          } = JSON.parse(text) as { cmd: string; headers: { req_id: string }; body?: JsonObject };
          const frame = { cmd, reqId: headers.req_id, body, at: now(), connection };
          frames.push(frame);
          queueMicrotask(() => respond(mine, frame));
        },
        close: () => mine.closed("closed by us"),
      };
    },
    of: (cmd) => frames.filter((frame) => frame.cmd === cmd),
    push: (frame) => current?.message(JSON.stringify(frame)),
    drop: () => current?.closed("connection reset"),
  };

  function respond(to: { message(text: string): void; closed(reason: string): void }, frame: SentFrame): void {
    if (frame.cmd === "ping" && !platform.pongs) return;
    const answer = (frame.cmd === "ping" ? 0 : platform.answer(frame)) ?? 0;
    if (answer === "drop") to.closed("connection reset");
    if (answer === "silence" || answer === "drop") return;
    const fields =
      typeof answer === "number"
        ? { errcode: answer, errmsg: answer === 0 ? "ok" : `refused, from ip: 203.0.113.9` }
        : answer;
    to.message(JSON.stringify({ headers: { req_id: frame.reqId }, errcode: 0, errmsg: "ok", ...fields }));
  }
  return platform;
}

export interface RunningBot {
  readonly test: TestPorts;
  readonly platform: FakePlatform;
  readonly channel: WecomBotWsChannel;
  stop(): Promise<void>;
}

/** A channel that is connected to a platform of the test's own. */
export async function startBot(
  options: Partial<WecomBotWsOptions> = {},
  more: TestPortsOptions & {
    test?: TestPorts;
    platform?: FakePlatform;
    setUp?: (platform: FakePlatform, test: TestPorts) => void;
  } = {},
): Promise<RunningBot> {
  const test = more.test ?? createTestPorts(more);
  const platform = more.platform ?? fakePlatform(() => test.clock.now());
  more.setUp?.(platform, test);
  const channel = createWecomBotWsChannel("helper", { ...CONFIG, connect: platform.connect, ...options }, test.ports);
  const ended = new AbortController();
  const running = channel.run?.(ended.signal);
  await settled();
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      ended.abort();
      await running;
      await channel.close?.();
    })();
    return stopped;
  };
  onTestFinished(stop);
  return { test, platform, channel, stop };
}

export const PERSON = { aibotid: BOT, chattype: "single", from: { userid: "wmUser1" } };

/** A text arrives; the target of its answer. */
export async function says(bot: RunningBot, content: string, id = "m-1", more: JsonObject = {}): Promise<ReplyTarget> {
  const body = { msgid: id, ...PERSON, msgtype: "text", text: { content }, ...more };
  bot.platform.push({ cmd: "aibot_msg_callback", headers: { req_id: `CB-${id}` }, body });
  await settled();
  const message = bot.test.inbox.messages.find((one) => one.id === id);
  if (message === undefined) throw new Error(`message ${id} did not arrive`);
  return {
    to: message.from,
    answers: [id],
    handles: [{ messageId: id, receivedAt: bot.test.clock.now(), data: message.replyHandle ?? {} }],
  };
}

export const TO = { channel: "helper", account: BOT, kind: "direct", peer: "wmUser1" } as const;

/** Prepares, stages and sends one content, and gives the receipt. */
export async function sends(
  { channel }: RunningBot,
  content: OutboundContent,
  target: Partial<ReplyTarget> & { stream?: JsonObject; attempt?: number; id?: string } = {},
) {
  const to = target.to ?? TO;
  const [prepared] = channel.prepare([content], { to, longReply: "continue" });
  if (prepared === undefined) throw new Error("nothing to send");
  const signal = new AbortController().signal;
  const address = { to, answers: target.answers ?? [], handles: target.handles ?? [] };
  const piece = (await channel.stage?.(prepared, address, signal)) ?? prepared;
  return channel.send(
    {
      ...address,
      id: target.id ?? "delivery1",
      replyId: "rpl_1",
      piece,
      attempt: target.attempt ?? 1,
      ...(target.stream === undefined ? {} : { stream: target.stream }),
    },
    signal,
  );
}

/** What stream frames said, in order. */
export function bubbles(platform: FakePlatform) {
  return platform.of("aibot_respond_msg").map(({ body, at, reqId }) => {
    const { id, content, finish } = (body.stream ?? {}) as { id?: string; content?: string; finish?: boolean };
    return { id, content, finish, at, reqId };
  });
}

/** Opens an answer's bubble as the dispatcher does: the first frame may leave once the handle is stored. */
export function opens({ channel }: RunningBot, target: ReplyTarget, resume?: JsonObject): ReplyStream {
  const stream = channel.openStream?.(target, resume);
  if (stream === undefined) throw new Error("the channel opens no streams");
  stream.update("");
  return stream;
}
