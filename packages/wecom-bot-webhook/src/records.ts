import {
  type ChannelPorts,
  isObject,
  type JsonObject,
  type JsonValue,
  listField,
  numberField,
  textField,
} from "@wxgate/core";

/** How a bubble ends. Written once; whoever came first decides. */
export interface End {
  readonly content: string;
  /** Keys of stored pictures. */
  readonly images: readonly string[];
  readonly card?: JsonObject;
  /** The delivery whose words these are, or what else ended it. */
  readonly by: string;
  /**
   * `waits` for somebody to fetch it, is `offered` in an answer that has not left yet, was `taken`, or its words went another
   * way: `moved`.
   */
  readonly state: "waits" | "offered" | "taken" | "moved";
  /** When it was last offered, milliseconds since 1970. */
  readonly offeredAt?: number;
}

export type NewEnd = Omit<End, "state" | "offeredAt">;

export interface GrownText {
  readonly at: number;
  readonly content: string;
  /** The message behind it, where the bubble's id does not tell it and no answer grows yet. */
  readonly message?: string;
}

/** What all gateways know of bubbles. A bubble whose message was only stored has no record yet. */
export interface Records {
  /** False: it has an end already. */
  end(streamId: string, end: NewEnd): Promise<boolean>;
  readEnd(streamId: string): Promise<End | undefined>;
  /** The end for somebody who fetches it, at `now`. It is theirs once their answer left. */
  offer(streamId: string, now: number): Promise<End | undefined>;
  /** The answer with the end left, or did not. What left cannot be moved any more. */
  offered(streamId: string, left: boolean): Promise<void>;
  /** Leaves `content` in the bubble for a late fetch. False: it was taken before. */
  move(streamId: string, content: string): Promise<boolean>;
  text(streamId: string): Promise<GrownText | undefined>;
  setText(streamId: string, at: number, content: string): Promise<void>;
  /** The message behind a bubble whose id does not tell it. */
  setMessage(streamId: string, at: number, message: string): Promise<void>;
  /** The answer of the bubble's message went another way: who rates the bubble rates this message. The first one counts. */
  answeredBy(streamId: string, messageId: string): Promise<void>;
  /** Undefined: the answer is in the bubble. */
  answerOf(streamId: string): Promise<string | undefined>;
}

const HOUR_MS = 3_600_000;
/** Longer than anybody asks, and than a delivery tries. */
const END_KEPT_MS = 24 * HOUR_MS;
const TEXT_KEPT_MS = HOUR_MS;
/** As long as anybody may look back at an answer and rate it. */
const RATED_MS = 7 * 24 * HOUR_MS;

export function createRecords(state: ChannelPorts["state"]): Records {
  const endKey = (id: string) => `end:${id}`;
  const textKey = (id: string) => `text:${id}`;
  const answerKey = (id: string) => `answer:${id}`;

  /** Changes the end of a bubble while nobody has it. The end as it is then. */
  async function change(id: string, next: (end: End) => End): Promise<{ end: End; changed: boolean } | undefined> {
    for (;;) {
      const raw = await state.get(endKey(id));
      const end = parseEnd(raw);
      if (end === undefined) return undefined;
      if (end.state === "taken" || end.state === "moved") return { end, changed: false };
      const wanted = next(end);
      const changed = await state.compareAndSet(endKey(id), raw, endToJson(wanted), { ttlMs: END_KEPT_MS });
      if (changed) return { end: wanted, changed };
    }
  }

  return {
    end: (id, end) =>
      state.compareAndSet(endKey(id), undefined, endToJson({ ...end, state: "waits" }), { ttlMs: END_KEPT_MS }),
    readEnd: async (id) => parseEnd(await state.get(endKey(id))),
    offer: async (id, now) => (await change(id, (end) => ({ ...end, state: "offered", offeredAt: now })))?.end,
    async offered(id, left) {
      await change(id, ({ offeredAt: _at, ...end }) => ({ ...end, state: left ? "taken" : "waits" }));
    },
    async move(id, content) {
      const moved = await change(id, ({ by }) => ({ content, images: [], by, state: "moved" }));
      return moved === undefined || moved.end.state === "moved";
    },
    async text(id) {
      const raw = await state.get(textKey(id));
      const at = isObject(raw) ? numberField(raw, "at") : undefined;
      if (!isObject(raw) || at === undefined) return undefined;
      const message = textField(raw, "message");
      return { at, content: textField(raw, "content") ?? "", ...(message === undefined ? {} : { message }) };
    },
    setText: (id, at, content) => state.set(textKey(id), { at, content }, { ttlMs: TEXT_KEPT_MS }),
    async setMessage(id, at, message) {
      // An answer that grows already was quicker.
      await state.compareAndSet(textKey(id), undefined, { at, content: "", message }, { ttlMs: TEXT_KEPT_MS });
    },
    async answeredBy(id, messageId) {
      await state.compareAndSet(answerKey(id), undefined, messageId, { ttlMs: RATED_MS });
    },
    async answerOf(id) {
      const messageId = await state.get(answerKey(id));
      return typeof messageId === "string" ? messageId : undefined;
    },
  };
}

function endToJson({ content, images, card, by, state, offeredAt }: End): JsonObject {
  return {
    content,
    images: [...images],
    ...(card === undefined ? {} : { card }),
    by,
    state,
    ...(offeredAt === undefined ? {} : { offeredAt }),
  };
}

const STATES: readonly End["state"][] = ["waits", "offered", "taken", "moved"];

function parseEnd(raw: JsonValue | undefined): End | undefined {
  if (!isObject(raw)) return undefined;
  const { card } = raw;
  const offeredAt = numberField(raw, "offeredAt");
  return {
    content: textField(raw, "content") ?? "",
    images: listField(raw, "images").filter((key): key is string => typeof key === "string"),
    ...(isObject(card) ? { card } : {}),
    by: textField(raw, "by") ?? "",
    state: STATES.find((state) => state === raw.state) ?? "waits",
    ...(offeredAt === undefined ? {} : { offeredAt }),
  };
}
