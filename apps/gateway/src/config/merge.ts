import type { ChannelType } from "../registry.ts";
import type { KeyPath } from "./document.ts";

type Keys = Readonly<Record<string, unknown>>;

/** A channel's keys after `defaults`, and where in the file each of them was written. */
export interface MergedChannel {
  readonly keys: Keys;
  /** The place in the file for a path inside the channel. */
  origin(path: KeyPath): KeyPath;
}

/**
 * Lays `defaults["*"]`, `defaults[type]` and the channel over each other, the later the stronger; `groups` is merged group
 * by group. Credentials are never inherited, and of `"*"` a channel takes only the keys its type knows. In English the
 * type's English words lie under all of them.
 */
export function mergeChannel(
  id: string,
  own: Keys,
  defaults: Readonly<Record<string, Keys>>,
  type: ChannelType,
  knownKeys: ReadonlySet<string>,
): MergedChannel {
  const typeName = String(own.type);
  const layers: readonly { at: KeyPath; keys: Keys }[] = [
    { at: ["defaults", "*"], keys: pick(defaults["*"] ?? {}, (key) => knownKeys.has(key)) },
    { at: ["defaults", typeName], keys: defaults[typeName] ?? {} },
  ].map(({ at, keys }) => ({ at, keys: pick(keys, (key) => !type.credentials.includes(key)) }));

  const merged: Record<string, unknown> = {};
  const origins = new Map<string, KeyPath>();
  const groups: Record<string, unknown> = {};
  const groupOrigins = new Map<string, KeyPath>();
  for (const { at, keys } of [...layers, { at: ["channels", id], keys: own }]) {
    for (const [key, value] of Object.entries(keys)) {
      merged[key] = value;
      origins.set(key, at);
      if (key !== "groups" || !isObject(value)) continue;
      for (const [group, settings] of Object.entries(value)) {
        groups[group] = settings;
        groupOrigins.set(group, at);
      }
    }
  }
  if (isObject(merged.groups)) merged.groups = groups;

  if (merged.language === "en") layUnder(merged, type.english);

  return {
    keys: merged,
    origin(path) {
      const [key, group] = path;
      const base = key === "groups" && group !== undefined ? groupOrigins.get(String(group)) : undefined;
      return [...(base ?? origins.get(String(key)) ?? ["channels", id]), ...path];
    },
  };
}

/** Words stand where none were given, also within a mapping of them. */
function layUnder(merged: Record<string, unknown>, words: Keys): void {
  for (const [key, word] of Object.entries(words)) {
    const given = merged[key];
    if (given === undefined) merged[key] = word;
    else if (isObject(given) && isObject(word)) merged[key] = { ...word, ...given };
  }
}

function pick(keys: Keys, wanted: (key: string) => boolean): Keys {
  return Object.fromEntries(Object.entries(keys).filter(([key]) => wanted(key)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
