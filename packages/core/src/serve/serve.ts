import { addressKey } from "../address.ts";
import type { Channel, ChannelPorts, CreateChannel, OutboundMessage, Piece, ReplyTarget } from "../channel.ts";
import { hasMedia, type InboundContent, type OutboundContent, textOf } from "../content.ts";
import { RejectedError, TransientError } from "../errors.ts";
import type { InboundEvent, InboundMessage } from "../message.ts";
import type { Clock, Fetch, Logger, MediaOpener, MediaStream, OpenSocket, Random } from "../ports.ts";
import { TrackedResponse } from "../tracked-response.ts";
import { stderrLogger, systemClock, systemRandom, trustingOpener } from "./local-ports.ts";
import { conversationOf, type LocalStore, openLocalStore } from "./local-store.ts";
import { createSendCounts, type SendCounts } from "./send-counts.ts";

const HANDLER_ATTEMPTS = 5;
const SEND_ATTEMPTS = 6;
const FIRST_WAIT_MS = 500;
/** What `close` lets pass: a send that failed for a moment is worth its repeat. It ends longer waits. */
const SHORT_WAIT_MS = 5_000;

export interface ReceivedMessage extends InboundMessage {
  /** What was said, one line per content. */
  readonly text: string;
  /** Sends an answer; what the platform's quota forbids now goes out before the next answer. */
  reply(content: string | OutboundContent | readonly OutboundContent[]): Promise<void>;
  /** The bytes of a file the message holds. */
  openMedia(content: InboundContent, signal?: AbortSignal): Promise<MediaStream>;
}
export type MessageHandler = (message: ReceivedMessage) => Promise<void> | void;

export interface ServeOptions {
  /** The channel's id; shows in addresses and default paths. */
  readonly id?: string;
  /** Keeps messages, cursors and credentials over restarts. Without it everything is in memory. */
  readonly file?: string;
  readonly welcome?: OutboundContent;
  /** What happened beside the messages, once it is kept: somebody rated an answer, left, took the connection. */
  readonly onEvent?: (event: InboundEvent) => void;
  readonly fetch?: Fetch;
  /** For channels that speak another protocol than HTTP, behind a proxy. */
  readonly openSocket?: OpenSocket;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Logger;
  readonly media?: MediaOpener;
}

export interface Served {
  readonly channel: Channel;
  /** For the route of the platform's callbacks. */
  webhook(request: Request): Promise<Response>;
  /** Socket, poll or catch-up of the channel, and handlers a crash cut off; ends when the signal fires. */
  run(signal: AbortSignal): Promise<void>;
  send(target: string, content: string | OutboundContent | readonly OutboundContent[]): Promise<void>;
  /**
   * Waits for running handlers and what they send, but for no pause of more than 5 seconds before a repeat: there a reply
   * rejects with the failure that was to be waited out. The message is kept for the next start, with all that the same
   * person wrote after it; without a `file` they are lost.
   */
  close(): Promise<void>;
}

/** One channel in your own application: no gateway, no configuration file, no state outside what you hand in. */
export async function serve<Config>(
  create: CreateChannel<Config>,
  config: Config,
  onMessage: MessageHandler,
  options: ServeOptions = {},
): Promise<Served> {
  const ports = {
    fetch: options.fetch ?? globalThis.fetch,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    log: options.log ?? stderrLogger(),
    ...(options.openSocket === undefined ? {} : { openSocket: options.openSocket }),
  };
  /** By conversation; false: `close` left a message to the next start, and what comes after it must not overtake it. */
  const lanes = new Map<string, Promise<boolean>>();
  const closing = new AbortController();
  const store = await openLocalStore({
    file: options.file,
    clock: ports.clock,
    log: ports.log,
    onAccepted(messages, events) {
      for (const message of messages) handleInOrder(message);
      for (const event of events) options.onEvent?.(event);
    },
  });
  // Taken now: what comes in from here on is handled as it comes.
  const cutOff = [...store.unanswered()];
  const channel = create(options.id ?? "channel", config, {
    ...ports,
    inbox: store.inbox,
    state: store.state,
    media: options.media ?? trustingOpener(ports.fetch),
    own: runUntilStopped(ports),
    instant: async (event, configured) => configured ?? (event.kind === "entered" ? options.welcome : undefined),
  });
  const sender: Sender = {
    channel,
    store,
    sends: createSendCounts(channel.reply, ports.clock),
    closing: closing.signal,
    clock: ports.clock,
    random: ports.random,
  };

  function handleInOrder(message: InboundMessage): void {
    const key = conversationOf(message);
    const mine = (lanes.get(key) ?? Promise.resolve(true)).then((goesOn) => goesOn && handle(message));
    lanes.set(key, mine);
    void mine.then((goesOn) => {
      if (goesOn && lanes.get(key) === mine) lanes.delete(key);
    });
  }

  /** False: left to the next start. */
  async function handle(message: InboundMessage): Promise<boolean> {
    sender.sends.renew(message.from);
    let answered = false;
    const isOver = await tryHandler(message, () => {
      answered = true;
    });
    if (!isOver) return false;
    if (!answered) await settle(message);
    await store.done(message).catch((error: unknown) => {
      ports.log.error(
        { err: error, message: message.id },
        "the message could not be marked done; a restart handles it again",
      );
    });
    return true;
  }

  /** False: `close` came before it ended well or failed for good. */
  async function tryHandler(message: InboundMessage, onReply: () => void): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await sendWaiting(sender, targetOf(message));
        await onMessage(received(message, sender, onReply));
        return true;
      } catch (error) {
        // What a reply was to wait out is not over yet: another attempt now would only ask the platform again.
        const isLeft = closing.signal.aborted && error instanceof TransientError;
        const isLast = !isLeft && (attempt === HANDLER_ATTEMPTS || error instanceof RejectedError);
        ports.log.error(
          { err: error, message: message.id, attempt },
          isLast ? "the handler failed" : "the handler failed, will try again",
        );
        if (isLast) return true;
        if (isLeft || !(await waited(sender, FIRST_WAIT_MS * 2 ** attempt))) return false;
      }
    }
  }

  /** Nothing was said: what the channel opened for an answer is closed. */
  async function settle(message: InboundMessage): Promise<void> {
    try {
      await channel.settle?.(targetOf(message));
    } catch (error) {
      ports.log.warn({ err: error, message: message.id }, "what was opened for an answer could not be closed");
    }
  }

  return {
    channel,
    async webhook(request) {
      const response = await channel.webhook?.(request);
      // The application's server writes it; nobody hears how that goes.
      if (response instanceof TrackedResponse) response.sent(true);
      return response ?? new Response(null, { status: 404 });
    },
    async run(signal) {
      for (const message of cutOff.splice(0)) handleInOrder(message);
      await channel.run?.(signal);
    },
    async send(target, content) {
      await sendReply(sender, { to: await channel.target(target), answers: [], handles: [] }, listOf(content));
    },
    async close() {
      closing.abort();
      // With what is accepted meanwhile.
      for (let seen: unknown[] = []; [...lanes.values()].some((lane) => !seen.includes(lane)); ) {
        seen = [...lanes.values()];
        await Promise.all(seen);
      }
      await channel.close?.();
      await store.close();
    },
  };
}

interface Sender {
  readonly channel: Channel;
  readonly store: LocalStore;
  readonly sends: SendCounts;
  /** Fires when `close` begins. */
  readonly closing: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
}

function received(message: InboundMessage, sender: Sender, onReply: () => void): ReceivedMessage {
  return {
    ...message,
    text: textOf(message.content),
    reply(content) {
      onReply();
      return sendReply(sender, targetOf(message), listOf(content));
    },
    async openMedia(content, signal = new AbortController().signal) {
      if (!hasMedia(content) || !("ref" in content.media) || sender.channel.openMedia === undefined) {
        throw new RejectedError("this content holds no file that can be fetched", { code: "media.none" });
      }
      return sender.channel.openMedia(content.media.ref, signal);
    },
  };
}

async function sendReply(sender: Sender, target: ReplyTarget, content: readonly OutboundContent[]): Promise<void> {
  const left = sender.sends.left(target.to);
  const pieces = sender.channel.prepare(content, {
    to: target.to,
    longReply: "continue",
    ...(left === undefined ? {} : { sendsLeft: left }),
  });
  await sendPieces(sender, target, [...sender.store.waiting(addressKey(target.to)), ...pieces]);
}

async function sendWaiting(sender: Sender, target: ReplyTarget): Promise<void> {
  const pieces = sender.store.waiting(addressKey(target.to));
  if (pieces.length > 0) await sendPieces(sender, target, pieces);
}

/** In order; what the quota leaves over is kept for the next message. */
async function sendPieces(sender: Sender, target: ReplyTarget, pieces: readonly Piece[]): Promise<void> {
  const key = addressKey(target.to);
  const replyId = newId(sender.random);
  for (const [index, piece] of pieces.entries()) {
    const left = sender.sends.left(target.to);
    if (left === 0) return sender.store.setWaiting(key, pieces.slice(index));
    const moreWaits = left === 1 && index < pieces.length - 1;
    try {
      await sendPiece(sender, target, replyId, piece, moreWaits);
    } catch (error) {
      // It waits for the customer's next message, or is tried again with it when it waits for a human's leaving.
      if (!(error instanceof TransientError) || typeof error.until !== "string") throw error;
      return sender.store.setWaiting(key, pieces.slice(index));
    }
    sender.sends.sent(target.to);
  }
  if (sender.store.waiting(key).length > 0) await sender.store.setWaiting(key, []);
}

async function sendPiece(
  sender: Sender,
  target: ReplyTarget,
  replyId: string,
  piece: Piece,
  moreWaits: boolean,
): Promise<void> {
  const { channel, clock } = sender;
  // Never fires: nobody would know whether the platform took what is cut off, and channels end their own waits.
  const { signal } = new AbortController();
  const id = newId(sender.random);
  let staged: Piece | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      staged ??= channel.stage === undefined ? piece : await channel.stage(piece, target, signal);
      const message: OutboundMessage = {
        ...target,
        id,
        replyId,
        piece: staged,
        attempt,
        ...(moreWaits ? { note: "more-waits" as const } : {}),
      };
      await channel.send(message, signal);
      return;
    } catch (error) {
      if (!(error instanceof TransientError) || typeof error.until === "string" || attempt >= SEND_ATTEMPTS)
        throw error;
      if (error.restage) staged = undefined;
      const { at } = error.until;
      const waitMs = at === undefined ? FIRST_WAIT_MS * 2 ** attempt : Math.max(0, at.getTime() - clock.now());
      if (!(await waited(sender, waitMs))) throw error;
    }
  }
}

/** Whether the time passed; false: `close` ended the wait. */
async function waited({ clock, closing }: Sender, ms: number): Promise<boolean> {
  if (ms <= SHORT_WAIT_MS) return clock.sleep(ms).then(() => true);
  return clock.sleep(ms, closing).then(
    () => true,
    () => false,
  );
}

function targetOf(message: InboundMessage): ReplyTarget {
  const handles =
    message.replyHandle === undefined
      ? []
      : [{ messageId: message.id, receivedAt: message.sentAt.getTime(), data: message.replyHandle }];
  return { to: message.from, answers: [message.id], handles };
}

function listOf(content: string | OutboundContent | readonly OutboundContent[]): readonly OutboundContent[] {
  if (typeof content === "string") return [{ kind: "text", text: content }];
  return Array.isArray(content) ? content : [content as OutboundContent];
}

/** One process is the only owner of its accounts; failing work starts again after a moment. */
function runUntilStopped({ clock, log }: { clock: Clock; log: Logger }): ChannelPorts["own"] {
  return async (account, work, signal) => {
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        return await work(signal);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error, account }, "channel work failed, will restart");
        await clock.sleep(Math.min(60_000, FIRST_WAIT_MS * 2 ** failures), signal).catch(() => {
          // The loop looks at its signal.
        });
      }
    }
  };
}

function newId(random: Random): string {
  return Buffer.from(random.bytes(16)).toString("base64url");
}
