import type { Address, Channel, Logger, Random, Sender, Store } from "@wxgate/core";
import { CODE_LENGTH, codeOf } from "./code.ts";

/** How long a code may be approved. */
const CODE_LIFE_MS = 3_600_000;
/** Codes one person is given; then a day passes in silence. */
const CODES_PER_PERSON = 3;
const PERSON_RESTS_MS = 24 * 3_600_000;
/** Open codes of one channel: a crowd of strangers must neither fill the store nor hide the one who matters. */
const CODES_PER_CHANNEL = 50;
/** No channel's id begins like this. */
const STATE = "_access";

/** Somebody waits for the operator's word. */
export type PairingRequest = {
  readonly code: string;
  readonly conversation: Address;
  readonly sender: Sender;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number;
};

export type PairedPerson = {
  readonly channel: string;
  readonly id: string;
  readonly name?: string;
  /** Milliseconds since 1970. */
  readonly since: number;
};

export interface Pairing {
  isPaired(channel: Channel, sender: Sender): Promise<boolean>;
  /** The code to tell this person now; undefined: they have one, or had too many. A repeated `turn` gets the same one. */
  ask(channel: Channel, conversation: Address, sender: Sender, turn: string): Promise<string | undefined>;
  /** Would a new turn of this person be told a code? */
  hasCodeFor(channel: Channel, sender: Sender): Promise<boolean>;
  requests(): Promise<readonly PairingRequest[]>;
  people(): Promise<readonly PairedPerson[]>;
  /** Lets the person in. Undefined: there is no such code, or not any more. */
  approve(code: string): Promise<PairingRequest | undefined>;
  /** Takes the code away; the person is given no other for a day. */
  reject(code: string): Promise<PairingRequest | undefined>;
  /** False: this person was not paired. */
  revoke(channel: string, id: string): Promise<boolean>;
}

export interface PairingOptions {
  readonly store: Store;
  readonly clock: { now(): number };
  readonly random: Random;
  readonly log: Logger;
  /** Undefined: not configured any more. */
  channel(id: string): Channel | undefined;
}

interface Asking {
  readonly code: string;
  readonly turn: string;
}

/** Who asked to be let in, and who was. Everything is kept in the store, for all gateways on it. */
export function createPairing({ store, clock, random, log, channel: find }: PairingOptions): Pairing {
  const state = store.state(STATE);
  const keyOf = (channel: string, id: string) => `${channel}|${find(channel)?.personKey?.(id) ?? id}`;
  const codeKey = (code: string) => `code|${code.trim().toUpperCase()}`;

  async function codesGiven(person: string): Promise<number> {
    const given = await state.get(`asked|${person}`);
    return typeof given === "number" ? given : 0;
  }

  /** True while this person may be given another code; counts it. */
  async function mayAskAgain(person: string): Promise<boolean> {
    const given = await codesGiven(person);
    if (given >= CODES_PER_PERSON) return false;
    return state.compareAndSet(`asked|${person}`, given || undefined, given + 1, { ttlMs: PERSON_RESTS_MS });
  }

  async function hasRoom(channel: string): Promise<boolean> {
    const open = await state.list(`asking|${channel}|`);
    if (open.length < CODES_PER_CHANNEL) return true;
    log.warn({ channel, open: open.length }, "too many people wait to be paired, a new one got no code");
    return false;
  }

  /** One after the other, so that the limits hold when many write at the same moment. */
  let queue: Promise<unknown> = Promise.resolve();
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const next = queue.then(work);
    queue = next.catch(() => {
      // Told to whoever asked; the next one is not concerned.
    });
    return next;
  }

  async function codeFor(channel: Channel, person: string, turn: string): Promise<Asking | undefined> {
    // Another message of theirs may have been quicker.
    const known = (await state.get(`asking|${person}`)) as Asking | undefined;
    if (known !== undefined) return known;
    if (!(await hasRoom(channel.id)) || !(await mayAskAgain(person))) return undefined;
    const asking = { code: codeOf(random.bytes(CODE_LENGTH)), turn };
    const isFirst = await state.compareAndSet(`asking|${person}`, undefined, asking, { ttlMs: CODE_LIFE_MS });
    return isFirst ? asking : undefined;
  }

  async function take(code: string): Promise<{ request: PairingRequest; person: string } | undefined> {
    const stored = await state.get(codeKey(code));
    if (stored === undefined) return undefined;
    const request = stored as PairingRequest;
    return { request, person: keyOf(request.conversation.channel, request.sender.id) };
  }

  async function forget({ code }: PairingRequest, person: string): Promise<void> {
    await state.delete(codeKey(code));
    await state.delete(`asking|${person}`);
  }

  return {
    isPaired: async (channel, { id }) => (await state.get(`paired|${keyOf(channel.id, id)}`)) !== undefined,

    async ask(channel, conversation, sender, turn) {
      const person = keyOf(channel.id, sender.id);
      const asking = await inOrder(() => codeFor(channel, person, turn));
      if (asking?.turn !== turn) return undefined;
      const { code } = asking;
      const createdAt = clock.now();
      const request: PairingRequest = { code, conversation, sender, createdAt, expiresAt: createdAt + CODE_LIFE_MS };
      await state.set(codeKey(code), request, { ttlMs: CODE_LIFE_MS });
      return code;
    },

    async hasCodeFor(channel, { id }) {
      const person = keyOf(channel.id, id);
      if ((await state.get(`asking|${person}`)) !== undefined) return false;
      return (await codesGiven(person)) < CODES_PER_PERSON && (await hasRoom(channel.id));
    },

    async requests() {
      const rows = await state.list("code|");
      return rows.map(({ value }) => value as PairingRequest).sort((a, b) => a.createdAt - b.createdAt);
    },

    async people() {
      const rows = await state.list("paired|");
      return rows.map(({ value }) => value as PairedPerson).sort((a, b) => a.since - b.since);
    },

    async approve(code) {
      const found = await take(code);
      if (found === undefined) return undefined;
      const { request, person } = found;
      const { id, name } = request.sender;
      const paired: PairedPerson = {
        channel: request.conversation.channel,
        id,
        ...(name === undefined ? {} : { name }),
        since: clock.now(),
      };
      // Let in first: whatever breaks off after it can be repeated.
      await state.set(`paired|${person}`, paired);
      await state.delete(`asked|${person}`);
      await forget(request, person);
      return request;
    },

    async reject(code) {
      const found = await take(code);
      if (found === undefined) return undefined;
      const { request, person } = found;
      await state.set(`asked|${person}`, CODES_PER_PERSON, { ttlMs: PERSON_RESTS_MS });
      await forget(request, person);
      return request;
    },

    async revoke(channel, id) {
      const key = `paired|${keyOf(channel, id)}`;
      if ((await state.get(key)) === undefined) return false;
      await state.delete(key);
      return true;
    },
  };
}
