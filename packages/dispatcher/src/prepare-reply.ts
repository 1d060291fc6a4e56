import type {
  Address,
  Channel,
  JsonObject,
  LongReply,
  NewDelivery,
  NewReply,
  OutboundContent,
  Piece,
  Quota,
  Random,
} from "@wxgate/core";

export interface PrepareReplyOptions {
  readonly channel: Channel;
  readonly to: Address;
  readonly longReply: LongReply;
  readonly quota: Quota;
  readonly random: Random;
  readonly stream?: JsonObject;
  readonly delayMs?: number;
  /** What the model thought before the reply: shown where the channel shows that, never stored as the reply's own. */
  readonly thought?: string;
}

/** Turns a reply into the pieces its channel will send, each with an id of its own. */
export function prepareReply(reply: readonly OutboundContent[], options: PrepareReplyOptions): NewReply | undefined {
  const content = reply.map(wellFormed);
  const { channel, quota, random } = options;
  const sendsLeft = sendsLeftIn(channel, options.to, quota);
  const prepared = channel.prepare(content, {
    to: options.to,
    longReply: options.longReply,
    ...(sendsLeft === undefined ? {} : { sendsLeft }),
  });
  if (prepared.length === 0) return undefined;
  const pieces = withThought(prepared, options);
  const deliveries = pieces.map(
    (piece, index): NewDelivery => ({
      id: newId(random),
      piece,
      ...(index === 0 && options.stream !== undefined ? { stream: options.stream } : {}),
      ...(index === 0 && options.delayMs !== undefined ? { dueInMs: options.delayMs } : {}),
    }),
  );
  return { id: `rpl_${newId(random)}`, content, deliveries };
}

/** Half an emoji, cut off by a model, has no UTF-8: platforms refuse JSON that holds one. */
function wellFormed(content: OutboundContent): OutboundContent {
  return content.kind === "text" ? { ...content, text: content.text.toWellFormed() } : content;
}

/** Beside the first words; an answer without words shows no thoughts. */
function withThought(pieces: readonly Piece[], { channel, thought = "" }: PrepareReplyOptions): readonly Piece[] {
  if (thought === "" || channel.withThought === undefined) return pieces;
  const first = pieces.findIndex(({ content }) => content.some(({ kind }) => kind === "text"));
  return pieces.map((piece, index) => {
    if (index !== first) return piece;
    const at = piece.content.findIndex(({ kind }) => kind === "text");
    return { content: piece.content.map((part, place) => (place === at ? { ...part, thought } : part)) };
  });
}

/** For another channel, which may not show them. */
export function withoutThought(content: readonly OutboundContent[]): readonly OutboundContent[] {
  return content.map((part) => {
    if (part.kind !== "text") return part;
    const { thought: _unseen, ...words } = part;
    return words;
  });
}

function sendsLeftIn(channel: Channel, to: Address, quota: Quota): number | undefined {
  const policy = channel.reply;
  if (policy?.sendsPerInbound === undefined) return undefined;
  if (policy.kinds !== undefined && !policy.kinds.includes(to.kind)) return undefined;
  return Math.max(0, policy.sendsPerInbound - quota.sendsSinceInbound - quota.waiting);
}

/** 22 characters of [0-9A-Za-z_-]: fits every platform's idempotency key. */
export function newId(random: Random): string {
  return Buffer.from(random.bytes(16)).toString("base64url");
}
