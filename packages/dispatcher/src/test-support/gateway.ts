import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Agent, Channel, InboundMessage, OutboundMessage, ReplyPolicy, SendReceipt, Store } from "@wxgate/core";
import { openStore } from "@wxgate/store";
import { onTestFinished } from "vitest";
import { createDispatcher, type Dispatcher } from "../dispatcher.ts";
import type { ChannelSettings, DispatcherPorts, DispatcherSettings, Observation } from "../settings.ts";
import { NO_NOTICES } from "./notices.ts";

export const quiet = { child: () => quiet, debug() {}, info() {}, warn() {}, error() {} };

export const testRandom = { bytes: (count: number) => randomBytes(count), fraction: () => 0.5 };

/** The real clock, which a test may move forward. */
export function movableClock() {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  return {
    now,
    async sleep(ms: number, signal?: AbortSignal) {
      const until = now() + ms;
      do await wait(Math.max(0, Math.min(until - now(), 20)), undefined, { signal });
      while (now() < until);
    },
    advance(ms: number) {
      ahead += ms;
    },
  };
}

export interface PlatformOptions {
  readonly reply?: ReplyPolicy;
  /** Decides each attempt: throws, or answers. */
  send?(message: OutboundMessage, attempt: number): SendReceipt | Promise<SendReceipt>;
  readonly channel?: Partial<Channel>;
  readonly settings?: Partial<ChannelSettings>;
  readonly dispatch?: Partial<DispatcherSettings>;
  /** Channels beside the one under test, by id; they take its settings. */
  readonly more?: Readonly<Record<string, Channel>>;
  readonly store?: Store;
  readonly media?: DispatcherPorts["media"];
  readonly ports?: Partial<DispatcherPorts>;
}

/** A dispatcher on a real store, with one channel whose platform is in the test's hands. It ends with the test. */
export async function startGateway(agent: Agent, options: PlatformOptions = {}) {
  const clock = movableClock();
  const random = testRandom;
  const store = options.store ?? (await openStore("sqlite::memory:", { clock, random, log: quiet }));
  const sent: OutboundMessage[] = [];
  const observations: Observation[] = [];
  const channel: Channel = {
    id: "support",
    type: "test",
    ...(options.reply === undefined ? {} : { reply: options.reply }),
    target: (peer) => ({ channel: "support", account: "wk1", kind: "direct", peer }),
    prepare: (reply) => reply.map((content) => ({ content: [content] })),
    async send(message) {
      const receipt = (await options.send?.(message, message.attempt)) ?? {};
      sent.push(message);
      return receipt;
    },
    health: () => ({ state: "ok", accounts: [] }),
    ...options.channel,
  };
  const dispatcher = createDispatcher({
    store,
    clock,
    random,
    log: quiet,
    worker: "test-1",
    media: options.media ?? { keep: () => Promise.reject(new Error("no media here")), sign: (content) => content },
    observe: (observation) => observations.push(observation),
    ...options.ports,
  });
  const settings: ChannelSettings = {
    channel,
    dmPolicy: "open",
    allowFrom: [],
    groupPolicy: "open",
    groupAllowFrom: [],
    groups: {},
    commands: {},
    session: "peer",
    notices: {
      ...NO_NOTICES,
      failed: "sorry",
      commandDenied: "no",
      pairing: "your code: {code}",
      paired: "welcome in",
    },
    ...options.settings,
  };
  const others = Object.entries(options.more ?? {}).map(
    ([id, other]) => [id, { ...settings, channel: other, fallback: undefined }] as const,
  );
  const configure = (given: Partial<ChannelSettings> = {}) =>
    dispatcher.configure({
      channels: new Map([["support", { ...settings, ...given }], ...others]),
      agents: new Map([["main", agent]]),
      defaultAgent: "main",
      bindings: [],
      concurrency: 16,
      turnTimeoutMs: 600_000,
      turnRetryMs: 0,
      mediaGraceMs: 2_000,
      longReply: "continue",
      deferHours: 72,
      ...options.dispatch,
    });
  configure();
  const stop = new AbortController();
  const running = dispatcher.run(stop.signal, 200);
  async function end(): Promise<void> {
    stop.abort();
    await running;
  }
  let closed: Promise<void> | undefined;
  /** A store that was handed in is closed by whoever opened it. */
  const close = () => {
    closed ??= end().then(() => (options.store === undefined ? store.close() : undefined));
    return closed;
  };
  onTestFinished(close);
  return {
    dispatcher,
    store,
    clock,
    sent,
    observations,
    /** New settings for the channel, over those it began with. */
    configure,
    texts: () => sent.map(textOfSent),
    receive: (...messages: InboundMessage[]) => dispatcher.inbox("support").accept({ messages }),
    /** Ends the dispatcher in order; the store stays open for another. */
    stop: end,
    close,
  };
}
export type TestGateway = Awaited<ReturnType<typeof startGateway>> & { dispatcher: Dispatcher };

export function textOfSent(message: OutboundMessage): string {
  const [content] = message.piece.content;
  return content?.kind === "text" ? content.text : `[${content?.kind ?? "nothing"}]`;
}

let counter = 0;
export function said(text: string, more: Partial<InboundMessage> & { peer?: string } = {}): InboundMessage {
  counter += 1;
  const { peer = "wmBob", ...rest } = more;
  return {
    id: `m${counter}`,
    from: { channel: "support", account: "wk1", kind: "direct", peer },
    sender: { id: peer },
    sentAt: new Date(),
    content: [{ kind: "text", text }],
    ...rest,
  };
}

/** An agent that answers with a function of what was said. */
export function answering(answer: (text: string) => string): Agent {
  return {
    async *respond(turn) {
      const text = turn.messages
        .map(({ content }) => content.map((part) => (part.kind === "text" ? part.text : `[${part.kind}]`)).join(" "))
        .join(" + ");
      yield { kind: "text-delta", text: answer(text) };
    },
  };
}
