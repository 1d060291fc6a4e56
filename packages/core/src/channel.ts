import type { Address } from "./address.ts";
import type { AgentEvent } from "./agent.ts";
import type { MediaRef, OutboundContent, Sender } from "./content.ts";
import type { Inbox } from "./inbox.ts";
import type { JsonObject } from "./json.ts";
import type { InboundEvent } from "./message.ts";
import type { Clock, Fetch, Logger, MediaOpener, MediaStream, OpenSocket, Random, State } from "./ports.ts";

/** One way people talk to us. Everything it needs comes in by `ChannelPorts`; it knows no store, server or agent. */
export interface Channel {
  readonly id: string;
  readonly type: string;
  /**
   * Verifies, accepts, acknowledges; never waits for an agent. `next` is asked, instead of a 401, when the signature or
   * the verified callback is another channel's: KF and an app may share URL, token and key.
   */
  readonly webhook?: (request: Request, next?: () => Promise<Response>) => Promise<Response>;
  /** Socket, long poll or catch-up pull, each account inside `ports.own`; resolves when the signal fires. */
  run?(signal: AbortSignal): Promise<void>;
  /** Its turns and deliveries are worked only by the gateway that holds the account's connection. */
  readonly tied?: boolean;
  login?(answers: AsyncIterable<string>, signal: AbortSignal): AsyncIterable<LoginEvent>;
  /** @throws RejectedError that names the accepted forms. */
  target(text: string): Promise<Address> | Address;
  /**
   * For whoever can be told, before anything is queued: an operator, a schedule, an agent's tool.
   *
   * @throws RejectedError that says what is wrong with the content, where that shows without asking the platform
   */
  check?(content: OutboundContent): void;
  /** Pure: merges, formats, degrades and splits. One piece is one platform message. */
  prepare(reply: readonly OutboundContent[], room: Room): readonly Piece[];
  /** Uploads, replaces what the platform would refuse (a huge image becomes a file); may run more than once. */
  stage?(piece: Piece, target: ReplyTarget, signal: AbortSignal): Promise<Piece>;
  /** One platform message, idempotent by `message.id` where the platform can. Throws one of the four errors. */
  send(message: OutboundMessage, signal: AbortSignal): Promise<SendReceipt>;
  /** Takes back what was sent, by `SendReceipt.platformId`, where the platform can. Throws one of the four errors. */
  recall?(platformId: string, signal: AbortSignal): Promise<void>;
  /**
   * A growing text with what the model thought before it, as this channel shows thoughts; an empty text: it thinks still.
   * At the end the thoughts come as `thought` beside the text. Absent: people do not see thoughts. Neither history nor
   * another channel gets them.
   */
  withThought?(thought: string, text: string): string;
  openStream?(target: ReplyTarget, resume?: JsonObject): ReplyStream;
  /**
   * One message waits for its turn, behind another turn or since all are busy: shows that it was heard. Its sender has been let
   * in. What is opened here goes on in `openStream`, or ends with the turn that answers the message, or when none does: the
   * channel sees to that by `inbox.find`.
   */
  showWaiting?(target: ReplyTarget): Promise<void>;
  /** The webhook's response itself shows that an answer comes: `Accepted.overheard` names the messages that get none. */
  readonly showsAtOnce?: true;
  /**
   * Denied, unanswered, merged, answered by another channel, or in the end not at all: close what was opened for these
   * messages. Called before the turn or the delivery ends, which is then never worked on again: resolve once a process that
   * dies, or a line that is down, cannot leave it open any more. Called again after a crash.
   *
   * @param stream what `openStream` returned for the turn, in this process or an earlier one
   */
  settle?(target: ReplyTarget, stream?: JsonObject): Promise<void>;
  /** Decrypted bytes, streamed. */
  openMedia?(ref: MediaRef, signal: AbortSignal): Promise<MediaStream>;
  /** How long `openMedia` works for a message's files, where that is so short that they are fetched before its turn begins. */
  readonly mediaLivesMs?: number;
  /** Shows that an answer is being written until the signal fires; repeats and cancels itself. */
  typing?(target: ReplyTarget, signal: AbortSignal): Promise<void>;
  /** A line that shows one of the agent's tools at work; sent only while it takes no place from the answer. */
  toolProgress?(event: Extract<AgentEvent, { kind: "tool" }>, callId: string): OutboundContent | undefined;
  readonly reply?: ReplyPolicy;
  /** Messages that, as a whole, ask for a human: answered with `handoff` content. */
  readonly handoffKeywords?: readonly string[];
  /** How this platform compares people's ids; as they are when absent. */
  personKey?(id: string): string;
  /** The platform itself writes an id now in this case, now in that, and takes any: such people have one conversation. */
  readonly anyCase?: true;
  /** Somebody the channel itself knows to be welcome, such as the person who signed in: needs no list and no pairing. */
  vouchesFor?(conversation: Address, sender: Sender): boolean;
  health(): ChannelHealth;
  /** A live check with the platform, for `channels status --probe`. */
  probe?(signal: AbortSignal): Promise<ChannelHealth>;
  /** Gives back what `create` took, where there is anything. */
  close?(): Promise<void>;
}

/** The platform's limits, as data the dispatcher obeys. Absent means unlimited. */
export interface ReplyPolicy {
  /** Nothing can be sent later than this after the person's last message. */
  readonly windowMs?: number;
  readonly sendsPerInbound?: number;
  /**
   * The channel refuses what is too much by itself, until the person writes: there each message opens ways of its own, so an
   * answer to an earlier one takes none from a later one. `sendsPerInbound` then only plans replies and says when more waits.
   */
  readonly countsItself?: true;
  /** Per conversation. */
  readonly perMinute?: number;
  readonly perHour?: number;
  /** Least time between two sends of one account. */
  readonly gapMs?: number;
  /** How many of a conversation's newest reply handles are of use: they are read for each turn and send. 16 if not said. */
  readonly handles?: number;
  /** Address kinds the limits above apply to; all when absent. */
  readonly kinds?: readonly Address["kind"][];
}

export type LongReply = "continue" | "file" | "truncate";

/** What the platform still lets us send, when a reply is prepared. */
export interface Room {
  readonly to: Address;
  /** Sends left before the person writes again; undefined: unlimited. */
  readonly sendsLeft?: number;
  readonly longReply: LongReply;
}

/** Mostly one content; the bot's webhook sends text and images together. */
export interface Piece {
  readonly content: readonly OutboundContent[];
}

export interface ReplyHandle {
  readonly messageId: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly data: JsonObject;
}

export interface ReplyTarget {
  readonly to: Address;
  /** Platform ids of the turn's messages; empty for what nobody asked for. */
  readonly answers: readonly string[];
  /** The conversation's, newest first, as of this call. */
  readonly handles: readonly ReplyHandle[];
}

export interface OutboundMessage extends ReplyTarget {
  /** 1–32 of [0-9A-Za-z_-], random, the same on every attempt. */
  readonly id: string;
  readonly piece: Piece;
  /** 1 on the first. */
  readonly attempt: number;
  /** More pieces wait for the customer's next message; the channel says so in its words. */
  readonly note?: DeliveryNote;
  /** What `openStream` returned for this turn: finish it instead of sending a message, while that is possible. */
  readonly stream?: JsonObject;
  /** The same for all pieces of one reply. */
  readonly replyId: string;
  /** It waited while a human served the conversation: who asks for a human had one. */
  readonly waitedForHuman?: true;
}
export type DeliveryNote = "more-waits";

export interface SendReceipt {
  readonly platformId?: string;
  /** What a later recall or card update needs. */
  readonly handle?: JsonObject;
  /** The platform said yes but gives no id: it may drop it silently. */
  readonly unconfirmed?: boolean;
  /** Receivers the platform left out; not repeated. */
  readonly refused?: readonly string[];
}

export interface ReplyStream {
  /** Stored with the turn before `update` is called. */
  readonly handle: JsonObject;
  /**
   * Shows the text so far. Never waits; the newest snapshot wins. Nothing leaves before the first call, which comes with an
   * empty text once the handle is stored.
   */
  update(textSoFar: string): void;
}

export type LoginEvent =
  | { readonly kind: "qr"; readonly content: string; readonly expiresAt: Date }
  | { readonly kind: "scanned" }
  | { readonly kind: "code-needed"; readonly prompt: string }
  | { readonly kind: "confirmed"; readonly account: string; readonly name?: string }
  | { readonly kind: "expired" }
  | { readonly kind: "failed"; readonly reason: string; readonly hint?: string };

export type AccountState =
  | "ok"
  | "starting"
  /** Works, with something an operator should know. */
  | "degraded"
  /** Sends nothing until the operator or a given time. */
  | "paused"
  | "needs-login"
  /** Somebody else took the connection. */
  | "displaced"
  | "stopped";

export interface AccountHealth {
  readonly account: string;
  readonly name?: string;
  readonly state: AccountState;
  readonly since: Date;
  readonly reason?: string;
  readonly hint?: string;
  /** Age of the oldest thing the platform has for us and we have not pulled. */
  readonly lagMs?: number;
}
export interface ChannelHealth {
  readonly state: AccountState;
  readonly reason?: string;
  readonly hint?: string;
  readonly accounts: readonly AccountHealth[];
}

export interface ChannelPorts {
  readonly inbox: Inbox;
  readonly fetch: Fetch;
  /** Absent: what needs one opens its own, without a proxy. */
  readonly openSocket?: OpenSocket;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly state: State;
  readonly media: MediaOpener;
  /** Runs `work` on one gateway only: holds the account's lease, restarts with back-off, aborts when it is lost. */
  own(account: string, work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
  /**
   * The answer to an event that cannot wait: from configuration, after access, never from an agent.
   *
   * @param configured what the channel's own configuration says to this event; it goes before the common `welcomeText`,
   *   and is held back from those who may not talk here
   */
  instant(event: InboundEvent, configured?: OutboundContent): Promise<OutboundContent | undefined>;
}

/** @throws an error with all problems of `config` in words when it is wrong. */
export type CreateChannel<Config> = (id: string, config: Config, ports: ChannelPorts) => Channel;
