import { resolve } from "node:path";
import { parseConfigDocument } from "./document.ts";
import { check, coercePlaceholders, UNMOVED } from "./issues.ts";
import { ConfigError } from "./problems.ts";
import { type GatewayConfig, rootSchema, rootShape } from "./schema.ts";
import type { ConfigSource } from "./source.ts";

/** A store that is gone with the process. */
const IN_MEMORY = "sqlite::memory:";

/** What a command needs to find the running gateway; other keys may be wrong or unfilled. */
export interface GatewayAddress {
  readonly admin: GatewayConfig["admin"];
  readonly store: string;
  readonly media: GatewayConfig["media"];
}

/** @throws ConfigError when the keys that lead to the running gateway are wrong. */
export function parseGatewayAddress(source: ConfigSource): GatewayAddress {
  const document = parseConfigDocument(source.file, source.text, source);
  const { admin, store, media } = rootShape;
  const relevant = rootSchema.pick({ admin: true, store: true, media: true });
  const wanted = () => {
    const raw = (document.value() ?? {}) as Readonly<Record<string, unknown>>;
    return Object.fromEntries(
      Object.keys({ admin, store, media }).flatMap((key) => (key in raw ? [[key, raw[key]]] : [])),
    );
  };
  coercePlaceholders(document, relevant, wanted(), UNMOVED);
  const { value, problems } = check(document, relevant, wanted(), UNMOVED);
  const inTheWay = document.problems.filter(({ path }) => path === "" || /^(admin|store|media)\b/.test(path));
  if (!value || inTheWay.length > 0) throw new ConfigError([...inTheWay, ...problems]);
  return {
    admin: value.admin,
    store: absoluteStore(value.store, source.directory),
    media: { ...value.media, dir: resolve(source.directory, value.media.dir) },
  };
}

export function absoluteStore(store: string, directory: string): string {
  if (!store.startsWith("sqlite:") || store === IN_MEMORY) return store;
  return `sqlite:${resolve(directory, store.slice("sqlite:".length))}`;
}
