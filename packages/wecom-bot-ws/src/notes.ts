import { type Address, type ChannelPorts, isObject, type JsonObject, type JsonValue, textField } from "@wxgate/core";
import { streamIdOf } from "@wxgate/wecom-bot-message";
import type { HeldBubble } from "./held.ts";
import { placeFromJson, placeToJson, type StreamPlace } from "./place.ts";

/**
 * What the handle that is stored with a turn does not tell of its bubbles: the agent may have been silent since, or the
 * process killed before it was stored anew. One note for each bubble, written before its frames leave.
 */
export interface PlaceNotes {
  opened(place: StreamPlace): Promise<void>;
  /** @param isSettled its turn has no answer; else the answer goes on in the next bubble */
  toClose(place: StreamPlace, words: string, isSettled: boolean): Promise<void>;
  closed(place: StreamPlace): Promise<void>;
  /** Where the answer is, for a handle of an earlier process or attempt. */
  newest(stored: StreamPlace): Promise<StreamPlace>;
  leftOpen(): Promise<readonly { readonly place: StreamPlace; readonly words: string; readonly isSettled: boolean }[]>;
  /** The bubble of a message that waits: no turn has its handle yet. */
  hold(bubble: HeldBubble): Promise<void>;
  heldAt(message: string): Promise<StreamPlace | undefined>;
  held(): Promise<readonly HeldBubble[]>;
  release(message: string): Promise<void>;
}

interface Note {
  readonly place: StreamPlace;
  /** It is to be closed with them. */
  readonly words?: string;
  readonly end?: "settled" | "handed-over";
}

const KEYS = "bubble:";
/** The same note again, as long as its bubble is to be closed: few, and looked for often. */
const OPEN_KEYS = "closing:";
/** Bubbles of messages that wait for their turn. */
const HELD_KEYS = "waiting:";
/** As long as a turn may be tried again, and its message be answered. */
const KEPT_MS = 24 * 3_600_000;

export function createPlaceNotes(state: ChannelPorts["state"]): PlaceNotes {
  const idOf = ({ message, part }: StreamPlace) => streamIdOf(message, part);
  const write = (place: StreamPlace, more: JsonObject, keys = KEYS) =>
    state.set(keys + idOf(place), { place: placeToJson(place), ...more }, { ttlMs: KEPT_MS });
  const endOf = (isSettled: boolean) => ({ end: isSettled ? "settled" : "handed-over" });

  async function read(prefix: string): Promise<readonly Note[]> {
    return (await state.list(prefix)).flatMap(({ value }) => noteOf(value) ?? []);
  }

  async function heldAt(message: string): Promise<StreamPlace | undefined> {
    return heldOf(await state.get(HELD_KEYS + streamIdOf(message)))?.place;
  }

  return {
    opened: (place) => write(place, {}),
    async toClose(place, words, isSettled) {
      await write(place, { words, ...endOf(isSettled) }, OPEN_KEYS);
      await write(place, endOf(isSettled));
    },
    closed: (place) => state.delete(OPEN_KEYS + idOf(place)),
    async newest(stored) {
      const notes = await read(KEYS + streamIdOf(stored.message));
      const last = notes.reduce<Note>((newest, note) => (note.place.part >= newest.place.part ? note : newest), {
        place: stored.part === 0 ? ((await heldAt(stored.message)) ?? stored) : stored,
      });
      if (last.end === undefined) return last.place;
      return { ...last.place, part: last.place.part + 1, shown: false, isQuiet: last.end === "settled" };
    },
    async leftOpen() {
      return (await read(OPEN_KEYS)).flatMap(({ place, words, end }) =>
        words === undefined ? [] : [{ place, words, isSettled: end === "settled" }],
      );
    },
    hold: ({ place, to }) =>
      state.set(HELD_KEYS + idOf(place), { place: placeToJson(place), to: { ...to } }, { ttlMs: KEPT_MS }),
    heldAt,
    held: async () => (await state.list(HELD_KEYS)).flatMap(({ value }) => heldOf(value) ?? []),
    release: (message) => state.delete(HELD_KEYS + streamIdOf(message)),
  };
}

function heldOf(value: JsonValue | undefined): HeldBubble | undefined {
  if (!isObject(value) || !isObject(value.place) || !isObject(value.to)) return undefined;
  const place = placeFromJson(value.place);
  const [channel, account, peer] = ["channel", "account", "peer"].map((key) => textField(value.to as JsonObject, key));
  if (place === undefined || channel === undefined || account === undefined || peer === undefined) return undefined;
  const kind: Address["kind"] = value.to.kind === "group" ? "group" : "direct";
  return { place, to: { channel, account, kind, peer } };
}

function noteOf(value: JsonValue): Note | undefined {
  const place = isObject(value) && isObject(value.place) ? placeFromJson(value.place) : undefined;
  if (place === undefined || !isObject(value)) return undefined;
  const { words, end } = value;
  return {
    place,
    // None are words, too: the bubble then says that there is no answer.
    ...(typeof words === "string" ? { words } : {}),
    ...(end === "settled" || end === "handed-over" ? { end } : {}),
  };
}
