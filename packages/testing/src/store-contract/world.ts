import {
  type Accepted,
  type Address,
  addressKey,
  type ClaimedDelivery,
  type ClaimedTurn,
  type InboundContent,
  type InboundEvent,
  type InboundMessage,
  type NewReply,
  type OutboundContent,
  type ReplyPolicy,
  type Routing,
  type Store,
  type StoredError,
  type TurnResult,
} from "@wxgate/core";

/** A fresh, empty store and what a test turns on it. */
export interface StoreUnderTest {
  readonly store: Store;
  /** What the store goes by. */
  readonly clock: { now(): number; advance(ms: number): void };
  /** Opens the same data again as after a crash: the store before is abandoned, not closed in order. */
  reopen(): Promise<Store>;
  /** A second gateway on the same data, where several may share it. */
  second?(): Promise<Store>;
  /** Everything that was written to disk, after the store is closed. */
  rawContents?(): Promise<Buffer>;
  close(): Promise<void>;
}

export const CHANNEL = "support";
export const ACCOUNT = "kf1";
export const PROBLEM: StoredError = { code: "test.problem", message: "it did not work", hint: "try again" };

export interface SayOptions {
  readonly id?: string;
  readonly channel?: string;
  readonly account?: string;
  readonly group?: string;
  readonly lane?: string;
  readonly as?: Routing["as"];
  readonly graceMs?: number;
  readonly content?: readonly InboundContent[];
  readonly handle?: InboundMessage["replyHandle"];
  readonly name?: string;
  readonly sentAt?: number;
}

/** The words the contract's tests are written in. */
export class World {
  readonly under: StoreUnderTest;
  store: Store;
  worker = "gateway-1";
  #count = 0;

  constructor(under: StoreUnderTest) {
    this.under = under;
    this.store = under.store;
  }

  now(): number {
    return this.under.clock.now();
  }

  advance(ms: number): void {
    this.under.clock.advance(ms);
  }

  async crash(): Promise<void> {
    this.store = await this.under.reopen();
  }

  address(peer: string, options: SayOptions = {}): Address {
    const { channel = CHANNEL, account = ACCOUNT, group } = options;
    return { channel, account, kind: group === undefined ? "direct" : "group", peer: group ?? peer };
  }

  message(peer: string, text: string, options: SayOptions = {}): InboundMessage {
    return {
      id: options.id ?? `in-${++this.#count}`,
      from: this.address(peer, options),
      sender: { id: peer, ...(options.name === undefined ? {} : { name: options.name }) },
      sentAt: new Date(options.sentAt ?? this.now()),
      content: options.content ?? [{ kind: "text", text }],
      ...(options.handle === undefined ? {} : { replyHandle: options.handle }),
    };
  }

  routed(peer: string, text: string, options: SayOptions = {}) {
    const message = this.message(peer, text, options);
    const routing: Routing = {
      lane: options.lane ?? addressKey(message.from),
      as: options.as ?? "turn",
      ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
    };
    return { message, routing };
  }

  say(peer: string, text: string, options: SayOptions = {}): Promise<Accepted> {
    return this.store.accept({ messages: [this.routed(peer, text, options)], events: [] });
  }

  happen(...events: readonly InboundEvent[]): Promise<Accepted> {
    return this.store.accept({ messages: [], events });
  }

  /** An event of this person's conversation. */
  event<Kind extends InboundEvent["kind"]>(
    peer: string,
    kind: Kind,
    facts: Omit<Extract<InboundEvent, { kind: Kind }>, "id" | "at" | "from" | "kind"> & { readonly id?: string },
  ): InboundEvent {
    return {
      id: `event-${++this.#count}`,
      at: new Date(this.now()),
      from: this.address(peer),
      kind,
      ...facts,
    } as unknown as InboundEvent;
  }

  claimTurns(
    limit = 100,
    channels: readonly string[] = [CHANNEL],
    policy?: ReplyPolicy,
  ): Promise<readonly ClaimedTurn[]> {
    const policies = new Map(policy === undefined ? [] : [[CHANNEL, policy]]);
    return this.store.claimTurns({ worker: this.worker, limit, channels, policies });
  }

  async claimTurn(): Promise<ClaimedTurn> {
    const turns = await this.claimTurns();
    if (turns.length !== 1) throw new Error(`expected one turn, got ${turns.length}`);
    return turns[0]!;
  }

  claimDeliveries(policy?: ReplyPolicy, limit = 100): Promise<readonly ClaimedDelivery[]> {
    const policies = new Map(policy === undefined ? [] : [[CHANNEL, policy]]);
    return this.store.claimDeliveries({ worker: this.worker, limit, channels: [CHANNEL], policies });
  }

  async claimDelivery(policy?: ReplyPolicy): Promise<ClaimedDelivery> {
    const deliveries = await this.claimDeliveries(policy);
    if (deliveries.length !== 1) throw new Error(`expected one delivery, got ${deliveries.length}`);
    return deliveries[0]!;
  }

  /** A reply of one piece per text. */
  reply(...texts: readonly string[]): NewReply {
    const number = ++this.#count;
    const pieces = texts.map((text): OutboundContent => ({ kind: "text", text }));
    return {
      id: `rpl_${number}`,
      content: pieces,
      deliveries: pieces.map((piece, at) => ({ id: `out-${number}-${at + 1}`, piece: { content: [piece] } })),
    };
  }

  answer(turn: ClaimedTurn, ...texts: readonly string[]): Promise<void> {
    return this.store.completeTurn(turn.claim, this.result(...texts));
  }

  result(...texts: readonly string[]): TurnResult {
    return texts.length === 0
      ? { outcome: "silent" }
      : { outcome: "answered", reply: this.reply(...texts), historyText: texts.join("\n") };
  }

  /** Somebody writes and is answered by these pieces, which wait to be sent. */
  async answered(peer: string, ...texts: readonly string[]): Promise<ClaimedTurn> {
    await this.say(peer, "hello");
    const turns = await this.claimTurns();
    const turn = turns.find((claimed) => claimed.messages.some(({ message }) => message.sender.id === peer));
    if (turn === undefined) throw new Error(`no turn of ${peer} was due`);
    await this.answer(turn, ...texts);
    return turn;
  }

  /** Sends everything that is due, one after the other, and tells the texts in their order. */
  async sendAll(policy?: ReplyPolicy): Promise<readonly string[]> {
    const sent: string[] = [];
    for (;;) {
      const deliveries = await this.claimDeliveries(policy);
      if (deliveries.length === 0) return sent;
      for (const delivery of deliveries) {
        sent.push(textOfPiece(delivery));
        await this.store.completeDelivery(delivery.claim, { platformId: `platform-${delivery.id}` });
      }
    }
  }

  async stateOf(id: string): Promise<string | undefined> {
    return (await this.store.query.delivery(id))?.state;
  }
}

export function textOfPiece({ piece }: { readonly piece: ClaimedDelivery["piece"] }): string {
  return piece.content.map((part) => (part.kind === "text" ? part.text : `[${part.kind}]`)).join("+");
}

export function textsOf(turn: ClaimedTurn): readonly string[] {
  return turn.messages.map(({ message }) => {
    const [part] = message.content;
    return part?.kind === "text" ? part.text : `[${part?.kind}]`;
  });
}
