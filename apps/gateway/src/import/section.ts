/** A part of the configuration that is read key by key; what nobody asked for is known at the end. */
export interface Section {
  /** As it is named in what is said to people, such as "channels.wecom". */
  readonly path: string;
  has(key: string): boolean;
  raw(key: string): unknown;
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  flag(key: string): boolean | undefined;
  list(key: string): readonly string[] | undefined;
  section(key: string): Section | undefined;
  keys(): readonly string[];
  /** Paths of what was not asked for. */
  rest(): readonly string[];
}

/** Laid over each other: a key of the later ones hides the same key of the earlier. */
export function sectionOf(path: string, ...layers: readonly unknown[]): Section {
  const objects = layers.filter(isObject);
  const merged: Readonly<Record<string, unknown>> = Object.assign({}, ...objects);
  const asked = new Set<string>();
  const parts = new Map<string, Section>();
  const raw = (key: string): unknown => {
    asked.add(key);
    return Object.hasOwn(merged, key) && merged[key] !== null ? merged[key] : undefined;
  };
  return {
    path,
    has: (key) => raw(key) !== undefined,
    raw,
    text(key) {
      const value = raw(key);
      return typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : undefined;
    },
    number(key) {
      const value = raw(key);
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      return typeof number === "number" && Number.isFinite(number) ? number : undefined;
    },
    flag(key) {
      const value = raw(key);
      return typeof value === "boolean" ? value : undefined;
    },
    list(key) {
      const value = raw(key);
      if (value === undefined) return undefined;
      return (Array.isArray(value) ? value : [value]).map(String);
    },
    section(key) {
      const value = raw(key);
      if (!isObject(value)) return undefined;
      const known = parts.get(key) ?? sectionOf(`${path}.${key}`, value);
      parts.set(key, known);
      return known;
    },
    keys: () => Object.keys(merged),
    rest: () => [
      ...Object.keys(merged)
        .filter((key) => !asked.has(key))
        .map((key) => `${path}.${key}`),
      ...[...parts.values()].flatMap((part) => part.rest()),
    ],
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
