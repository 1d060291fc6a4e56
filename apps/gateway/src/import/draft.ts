/** What is being put together from another program's configuration. */
export interface Draft {
  readonly channels: Map<string, DraftChannel>;
  readonly bindings: DraftBinding[];
  readonly agents: Map<string, Readonly<Record<string, unknown>>>;
  /** Top-level sections beside these. */
  readonly sections: Map<string, Readonly<Record<string, unknown>>>;
  readonly schedules: Readonly<Record<string, unknown>>[];
  /** Could not be taken over. */
  readonly lost: string[];
  /** Now means something else, or needs a hand. */
  readonly notes: string[];
}

export interface DraftChannel {
  readonly type: string;
  /** Shown above it in the file. */
  readonly comment: string;
  readonly keys: Record<string, unknown>;
  /** Which channel and account of the old configuration it was. */
  readonly origin: { readonly channel: string; readonly account: string };
}

export interface DraftBinding {
  readonly channel?: string;
  readonly account?: string;
  readonly peer?: string;
  readonly group?: string;
  readonly agent: string;
}

export interface ImportSurroundings {
  /** Whether a channel of this type understands this key here. */
  supports(type: string, key: string): boolean;
  /** What "~" stands for. */
  readonly home: string;
}

export function createDraft(): Draft {
  return {
    channels: new Map(),
    bindings: [],
    agents: new Map(),
    sections: new Map(),
    schedules: [],
    lost: [],
    notes: [],
  };
}

/** Adds a channel without the keys that have no value or that its type does not know. */
export function addChannel(
  draft: Draft,
  wantedId: string,
  channel: DraftChannel,
  { supports }: ImportSurroundings,
): string {
  const id = freeId(draft, wantedId);
  for (const [key, value] of Object.entries(channel.keys)) {
    if (value !== undefined && supports(channel.type, key)) continue;
    delete channel.keys[key];
    if (value !== undefined)
      draft.lost.push(`${key} of ${channel.origin.channel} (${id}): a ${channel.type} channel has no such key`);
  }
  draft.channels.set(id, channel);
  return id;
}

function freeId({ channels }: Draft, wanted: string): string {
  const plain = wanted.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "channel";
  let id = plain;
  for (let count = 2; channels.has(id); count++) id = `${plain}-${count}`;
  return id;
}
