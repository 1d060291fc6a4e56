import { resolve } from "node:path";
import type { ChannelType, Types } from "../registry.ts";
import { isCommonKey, withCommonKeys } from "./common.ts";
import type { ConfigDocument } from "./document.ts";
import { check, coercePlaceholders } from "./issues.ts";
import { isMapping, typeProblem } from "./mapping.ts";
import { mergeChannel } from "./merge.ts";
import type { ConfigProblem } from "./problems.ts";
import type { ChannelConfig } from "./schema.ts";
import { nearest } from "./suggest.ts";

export interface CheckedChannels {
  readonly value: Readonly<Record<string, ChannelConfig>>;
  /** All ids in the file, also of those that are wrong. */
  readonly names: readonly string[];
  readonly problems: readonly ConfigProblem[];
}
type Mapping = Readonly<Record<string, unknown>>;

export function checkChannels(
  document: ConfigDocument,
  raw: unknown,
  rawDefaults: unknown,
  types: Types<ChannelType>,
  directory: string,
): CheckedChannels {
  const ids = isMapping(raw) ? Object.keys(raw) : [];
  const value: Record<string, ChannelConfig> = {};
  const problems: ConfigProblem[] = [...checkDefaults(document, rawDefaults, types)];
  for (const id of ids) {
    const own = ownKeys(document, id);
    if (!own) continue;
    const type = types.loaded.get(String(own.type));
    if (!type) {
      problems.push(typeProblem(document, ["channels", id], own.type, types.names, "channel"));
      continue;
    }
    const schema = withCommonKeys(type.schema);
    const known = new Set(Object.keys(schema.shape));
    const merged = () => mergeChannel(id, ownKeys(document, id) ?? {}, defaultsOf(document), type, known);
    const before = merged();
    coercePlaceholders(document, schema, before.keys, before.origin);
    const { keys, origin } = merged();
    const checked = check(document, schema, keys, origin);
    problems.push(...checked.problems);
    if (checked.value) value[id] = { type: String(own.type), keys: absoluteRoots(checked.value, directory) };
  }
  return { value, names: ids, problems: withoutRepeats(problems) };
}

function checkDefaults(
  document: ConfigDocument,
  raw: unknown,
  { names, loaded }: Types<ChannelType>,
): readonly ConfigProblem[] {
  if (!isMapping(raw)) return [];
  return Object.entries(raw).flatMap(([name, keys]) => {
    const known = ["*", ...names];
    if (!known.includes(name)) {
      const message = `there is no channel type "${name}"; one of ${known.join(", ")}`;
      return [document.problem(["defaults", name], message, { atKey: true, suggestion: nearest(name, known) })];
    }
    if (!isMapping(keys)) return [];
    const applies = (name === "*" ? names : [name]).flatMap((type) => loaded.get(type) ?? []);
    return Object.keys(keys).flatMap((key) => checkDefaultKey(document, name, key, applies));
  });
}

function checkDefaultKey(
  document: ConfigDocument,
  name: string,
  key: string,
  types: readonly ChannelType[],
): readonly ConfigProblem[] {
  if (isCommonKey(key)) return [];
  const at = ["defaults", name, key];
  if (types.some((type) => type.credentials.includes(key))) {
    return [document.problem(at, "credentials are never inherited; write it under each channel", { atKey: true })];
  }
  if (key === "type") return [document.problem(at, "the type is written under each channel", { atKey: true })];
  const known = new Set(types.flatMap((type) => Object.keys(withCommonKeys(type.schema).shape)));
  if (known.has(key)) return [];
  return [document.problem(at, "unknown key", { atKey: true, suggestion: nearest(key, known) })];
}

function ownKeys(document: ConfigDocument, id: string): Mapping | undefined {
  const own = (document.value() as { channels: Record<string, unknown> }).channels[id];
  return isMapping(own) ? own : undefined;
}

function defaultsOf(document: ConfigDocument): Readonly<Record<string, Mapping>> {
  const { defaults } = document.value() as { defaults?: unknown };
  if (!isMapping(defaults)) return {};
  return Object.fromEntries(
    Object.entries(defaults).filter((entry): entry is [string, Mapping] => isMapping(entry[1])),
  );
}

function absoluteRoots(keys: Mapping, directory: string): Mapping {
  const roots = keys.mediaLocalRoots as readonly string[];
  // "~" is the home of whoever runs the gateway, wherever the file lies.
  return { ...keys, mediaLocalRoots: roots.map((root) => (/^~(?:\/|$)/.test(root) ? root : resolve(directory, root))) };
}

/** A wrong default shows once, not once per channel that inherits it. */
function withoutRepeats(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = `${problem.line}:${problem.column}:${problem.message}`;
    return seen.has(key) ? false : seen.add(key);
  });
}
