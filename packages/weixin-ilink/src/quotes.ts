import {
  type Address,
  type Clock,
  type InboundContent,
  type Inbox,
  isObject,
  type JsonObject,
  type Logger,
  numberField,
  type OutboundContent,
  type OutboundMessage,
  objectField,
  outboundText,
  type Quote,
  type State,
  textField,
} from "@wxgate/core";
import { type Reference, resolvePart } from "./reference.ts";
import { ITEM } from "./wire.ts";

/** Completes what messages quote, from what was said and from what we sent. */
export interface Quotes {
  complete(from: Address, reference: Reference): Promise<Quote>;
  /**
   * Keeps what is being sent now, since a quote of the bot may name nothing but the time. Begun with the call that sends, it
   * is over by the time of its answer: nobody waits for it, and a kill in between loses nothing.
   */
  sending(message: Pick<OutboundMessage, "to" | "id" | "piece">): Promise<void>;
  /** It certainly was not sent. */
  unsent(message: Pick<OutboundMessage, "to" | "id">): Promise<void>;
}

interface QuotesOptions {
  readonly inbox: Pick<Inbox, "find">;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How far the time in a quote may be from when we sent. */
const SAME_TIME_MS = 10_000;
const KEPT_MS = 7 * 24 * 3_600_000;
const KEPT_CHARACTERS = 1_000;

export function createQuotes({ inbox, state, clock, log }: QuotesOptions): Quotes {
  async function contentOf(from: Address, reference: Reference): Promise<readonly InboundContent[] | undefined> {
    if (reference.messageId !== undefined) {
      const found = await inbox.find(from.account, reference.messageId);
      const isSameChat = found?.conversation.peer === from.peer && found.conversation.kind === from.kind;
      if (found !== undefined && isSameChat) return found.content.map(asInbound);
    }
    if (reference.content !== undefined) return reference.content;
    const text = reference.at === undefined ? undefined : await sentAround(from, reference.at);
    if (text !== undefined) return [{ kind: "text", text }];
    return reference.title === undefined ? undefined : [{ kind: "text", text: reference.title }];
  }

  async function sentAround(to: Address, at: number): Promise<string | undefined> {
    const kept = (await state.list(prefixOf(to))).flatMap(({ value }) => (isObject(value) ? [value] : []));
    const distance = (entry: JsonObject) => Math.abs((numberField(entry, "at") ?? 0) - at);
    const nearest = kept.reduce<JsonObject | undefined>(
      (best, entry) => (best === undefined || distance(entry) < distance(best) ? entry : best),
      undefined,
    );
    return nearest !== undefined && distance(nearest) <= SAME_TIME_MS ? textField(nearest, "text") : undefined;
  }

  return {
    async complete(from, reference) {
      const { messageId, part } = reference;
      const content = await contentOf(from, reference);
      const [first] = content ?? [];
      const selected = part !== undefined && first?.kind === "text" ? resolvePart(first.text, part) : undefined;
      return {
        ...(messageId === undefined ? {} : { messageId }),
        ...(selected === undefined
          ? content === undefined
            ? {}
            : { content }
          : { content: [{ kind: "text", text: selected } as const] }),
      };
    },
    async sending({ to, id, piece }) {
      const at = clock.now();
      const text = piece.content.map(wordsOf).join("\n").slice(0, KEPT_CHARACTERS);
      try {
        await state.set(prefixOf(to) + id, { at, text }, { ttlMs: KEPT_MS });
      } catch (error) {
        // That a quote of it may stay empty is no reason not to send it, or to send it again.
        log.warn({ err: error, account: to.account }, "what was sent could not be kept for quotes");
      }
    },
    async unsent({ to, id }) {
      try {
        await state.delete(prefixOf(to) + id);
      } catch (error) {
        log.warn({ err: error, account: to.account }, "what was not sent stays kept for quotes");
      }
    },
  };
}

function prefixOf({ account, kind, peer }: Address): string {
  return `sent|${account}|${kind}|${peer}|`;
}

function asInbound(content: InboundContent | OutboundContent): InboundContent {
  switch (content.kind) {
    case "image":
    case "voice":
    case "video":
    case "file":
      if ("media" in content) return content;
      return { kind: "text", text: wordsOf(content) };
    case "native":
    case "articles":
    case "menu":
    case "card":
    case "handoff":
      return { kind: "text", text: wordsOf(content) };
    case "text":
      return { kind: "text", text: content.text };
    case "miniprogram":
      return { ...content, title: content.title ?? content.appId };
    default:
      return content;
  }
}

const ITEM_WORDS: Readonly<Record<number, string>> = {
  [ITEM.image]: "[image]",
  [ITEM.voice]: "[voice]",
  [ITEM.file]: "[file]",
  [ITEM.video]: "[video]",
};

function wordsOf(content: OutboundContent): string {
  if (content.kind !== "native") return outboundText(content) || `[${content.kind}]`;
  const { payload } = content;
  const filename = textField(objectField(payload, "file_item"), "file_name");
  const words = ITEM_WORDS[numberField(payload, "type") ?? 0] ?? textField(objectField(payload, "text_item"), "text");
  return filename === undefined ? (words ?? "[native]") : `[file] ${filename}`;
}
