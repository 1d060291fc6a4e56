import type { DecryptedFrame, WecomCrypto } from "@wxgate/wecom-crypto";
import { WecomCryptoError } from "@wxgate/wecom-crypto";
import type { Envelope } from "./envelope.ts";
import type { CallbackQuery } from "./query.ts";

/** One configuration that a callback may be for. */
export interface CallbackCandidate<Body> {
  readonly id: string;
  /** With the corp id as receiver for apps and KF; without one for the bot of one's own enterprise. */
  readonly crypto: WecomCrypto;
  /**
   * What the envelope of a callback for this candidate says. A hint decides who is tried first, never who is believed.
   * `agentId: ""` is an envelope without AgentID, as KF sends it.
   */
  readonly likely?: { readonly toUserName?: string; readonly agentId?: string };
  /** Decides by the decrypted content where token, key and receiver are equal too. Default: everything is accepted. */
  readonly accepts?: (body: Body) => boolean;
}

export interface Unlocked<C> {
  readonly frame: DecryptedFrame;
  /** All candidates with this token, key and receiver. */
  readonly candidates: readonly C[];
}

/** Candidates that share token, key and receiver: one decryption speaks for all of them. */
interface KeyGroup<C> {
  readonly crypto: WecomCrypto;
  readonly candidates: C[];
}
/** Candidates that share a token: one signature speaks for all of them. */
interface TokenGroup<C> {
  readonly crypto: WecomCrypto;
  readonly keys: KeyGroup<C>[];
}

export interface CandidateTable<C> {
  /** Whether the envelope looks like one for a candidate of this table. */
  isLikely(envelope: Envelope): boolean;
  /**
   * Finds the candidates whose signature and key are right, the likeliest first.
   *
   * @param envelope absent on a URL check, which carries no hints
   */
  unlock(query: CallbackQuery, encrypt: string, envelope?: Envelope): Unlocked<C> | "signature" | "undecryptable";
}

export function createCandidateTable<C extends CallbackCandidate<never>>(candidates: readonly C[]): CandidateTable<C> {
  const groups = groupByToken(candidates);
  const anyHint = candidates.some((candidate) => candidate.likely !== undefined);

  function isLikelyGroup(group: TokenGroup<C>, envelope: Envelope): boolean {
    return group.keys.some((key) => key.candidates.some((candidate) => matchesHint(candidate, envelope)));
  }

  /** At most one group can sign like this; the likely one is tried before the others. */
  function findSigner(query: CallbackQuery, encrypt: string, envelope?: Envelope): TokenGroup<C> | undefined {
    const parts = { timestamp: query.timestamp, nonce: query.nonce, encrypt };
    const signs = (group: TokenGroup<C>): boolean => group.crypto.verify(query.signature, parts);
    if (groups.length === 1 || !anyHint || !envelope) return groups.find(signs);
    const likely = groups.filter((group) => isLikelyGroup(group, envelope));
    return likely.find(signs) ?? groups.find((group) => !likely.includes(group) && signs(group));
  }

  return {
    isLikely(envelope) {
      if (!anyHint) return true;
      // Asked of every channel on the path for every callback.
      for (const candidate of candidates) if (matchesHint(candidate, envelope)) return true;
      return false;
    },

    unlock(query, encrypt, envelope) {
      const signer = findSigner(query, encrypt, envelope);
      if (!signer) return "signature";
      for (const { crypto, candidates: sharing } of likelyKeysFirst(signer.keys, envelope)) {
        const frame = tryDecrypt(crypto, encrypt);
        if (frame) return { frame, candidates: sharing };
      }
      return "undecryptable";
    },
  };
}

function groupByToken<C extends CallbackCandidate<never>>(candidates: readonly C[]): TokenGroup<C>[] {
  const groups: TokenGroup<C>[] = [];
  for (const candidate of candidates) {
    const { crypto } = candidate;
    const group = groups.find((other) => other.crypto.sharesToken(crypto));
    const key = group?.keys.find((other) => opensAlike(other.crypto, crypto));
    if (key) key.candidates.push(candidate);
    else if (group) group.keys.push({ crypto, candidates: [candidate] });
    else groups.push({ crypto, keys: [{ crypto, candidates: [candidate] }] });
  }
  return groups;
}

function opensAlike(a: WecomCrypto, b: WecomCrypto): boolean {
  return a.sharesKey(b) && a.receiveId === b.receiveId;
}

function likelyKeysFirst<C extends CallbackCandidate<never>>(
  keys: readonly KeyGroup<C>[],
  envelope: Envelope | undefined,
): readonly KeyGroup<C>[] {
  if (keys.length === 1 || !envelope) return keys;
  const isLikely = (key: KeyGroup<C>): boolean => key.candidates.some((candidate) => matchesHint(candidate, envelope));
  return [...keys.filter(isLikely), ...keys.filter((key) => !isLikely(key))];
}

function matchesHint({ likely }: CallbackCandidate<never>, envelope: Envelope): boolean {
  return (
    (likely?.toUserName === undefined || likely.toUserName === envelope.toUserName) &&
    (likely?.agentId === undefined || likely.agentId === envelope.agentId)
  );
}

function tryDecrypt(crypto: WecomCrypto, encrypt: string): DecryptedFrame | undefined {
  try {
    return crypto.decrypt(encrypt);
  } catch (error) {
    if (error instanceof WecomCryptoError) return undefined;
    throw error;
  }
}
