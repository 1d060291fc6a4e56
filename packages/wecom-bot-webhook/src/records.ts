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
  /** `waits` for somebody to fetch it, was `taken`, or its words went another way: `moved`. */
  readonly state: "waits" | "taken" | "moved";
}

export type NewEnd = Omit<End, "state">;

/** What all gateways know of bubbles. A bubble whose message was only stored has no record yet. */
export interface Records {
  /** False: it has an end already. */
  end(streamId: string, end: NewEnd): Promise<boolean>;
  readEnd(streamId: string): Promise<End | undefined>;
  /** The end for somebody who fetches it; from then on it cannot be moved. */
  take(streamId: string): Promise<End | undefined>;
  /** Leaves `content` in the bubble for a late fetch. False: it was taken before. */
  move(streamId: string, content: string): Promise<boolean>;
  text(streamId: string): Promise<{ readonly at: number; readonly content: string } | undefined>;
  setText(streamId: string, at: number, content: string): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** Longer than anybody asks, and than a delivery tries. */
const END_KEPT_MS = 24 * HOUR_MS;
const TEXT_KEPT_MS = HOUR_MS;

export function createRecords(state: ChannelPorts["state"]): Records {
  const endKey = (id: string) => `end:${id}`;
  const textKey = (id: string) => `text:${id}`;

  /** Changes the end of a bubble if it still waits. The end as it is then. */
  async function change(id: string, next: (end: End) => End): Promise<{ end: End; changed: boolean } | undefined> {
    for (;;) {
      const raw = await state.get(endKey(id));
      const end = parseEnd(raw);
      if (end === undefined) return undefined;
      if (end.state !== "waits") return { end, changed: false };
      const wanted = next(end);
      const changed = await state.compareAndSet(endKey(id), raw, endToJson(wanted), { ttlMs: END_KEPT_MS });
      if (changed) return { end: wanted, changed };
    }
  }

  return {
    end: (id, end) =>
      state.compareAndSet(endKey(id), undefined, endToJson({ ...end, state: "waits" }), { ttlMs: END_KEPT_MS }),
    readEnd: async (id) => parseEnd(await state.get(endKey(id))),
    take: async (id) => (await change(id, (end) => ({ ...end, state: "taken" })))?.end,
    async move(id, content) {
      const moved = await change(id, ({ by }) => ({ content, images: [], by, state: "moved" }));
      return moved === undefined || moved.end.state === "moved";
    },
    async text(id) {
      const raw = await state.get(textKey(id));
      const at = isObject(raw) ? numberField(raw, "at") : undefined;
      return isObject(raw) && at !== undefined ? { at, content: textField(raw, "content") ?? "" } : undefined;
    },
    setText: (id, at, content) => state.set(textKey(id), { at, content }, { ttlMs: TEXT_KEPT_MS }),
  };
}

function endToJson({ content, images, card, by, state }: End): JsonObject {
  return { content, images: [...images], ...(card === undefined ? {} : { card }), by, state };
}

function parseEnd(raw: JsonValue | undefined): End | undefined {
  if (!isObject(raw)) return undefined;
  const { card, state } = raw;
  return {
    content: textField(raw, "content") ?? "",
    images: listField(raw, "images").filter((key): key is string => typeof key === "string"),
    ...(isObject(card) ? { card } : {}),
    by: textField(raw, "by") ?? "",
    state: state === "taken" || state === "moved" ? state : "waits",
  };
}
