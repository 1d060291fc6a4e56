import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { loadTypes, type Registry } from "../registry.ts";
import { checkAgents } from "./agents.ts";
import { checkChannels } from "./channels.ts";
import { isCommonKey } from "./common.ts";
import { type ConfigDocument, type KeyPath, parseConfigDocument } from "./document.ts";
import { check, coercePlaceholders } from "./issues.ts";
import { isMapping } from "./mapping.ts";
import { ConfigError, type ConfigProblem } from "./problems.ts";
import { checkReferences } from "./references.ts";
import { type GatewayConfig, rootSchema, rootShape } from "./schema.ts";

export interface ConfigSource {
  /** As it is named in problems. */
  readonly file: string;
  readonly text: string;
  /** Relative paths start here. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A store that is gone with the process. */
const IN_MEMORY = "sqlite::memory:";
const SAME_PLACE = (path: KeyPath): KeyPath => path;

/** @throws ConfigError with every problem of the file. */
export async function loadConfig(file: string, env: ConfigSource["env"], registry: Registry): Promise<GatewayConfig> {
  return parseConfig(readSource(file, env), registry);
}

/** @throws ConfigError when the file cannot be read. */
export function readSource(file: string, env: ConfigSource["env"]): ConfigSource {
  try {
    const directory = dirname(resolve(file));
    return { file, text: readFileSync(file, "utf8"), directory, env: { ...environmentFile(directory), ...env } };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const message = code === "ENOENT" ? "there is no such file" : `cannot be read (${code ?? String(error)})`;
    throw new ConfigError([{ file, line: 1, column: 1, path: "", message }]);
  }
}

/** `.env` beside the configuration fills what the environment does not set. */
function environmentFile(directory: string): ConfigSource["env"] {
  try {
    return parseEnv(readFileSync(join(directory, ".env"), "utf8")) as ConfigSource["env"];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/** @throws ConfigError with every problem of the text. */
export async function parseConfig(source: ConfigSource, registry: Registry): Promise<GatewayConfig> {
  const document = parseConfigDocument(source.file, source.text, source);
  const root = checkRoot(document);
  const raw = (document.value() ?? {}) as Readonly<Record<string, unknown>>;
  const agents = checkAgents(document, raw.agents, await loadTypes(registry.agents, typesIn(raw.agents)));
  const channelTypes = await loadTypes(registry.channels, channelTypesIn(raw, Object.keys(registry.channels)));
  const channels = checkChannels(document, raw.channels, raw.defaults, channelTypes, source.directory);
  const references = checkReferences(document, raw, agents.names, channels);
  const problems = withoutConsequences(document.problems, [
    ...root.problems,
    ...agents.problems,
    ...channels.problems,
    ...references.problems,
  ]);
  if (problems.length > 0 || !root.value) throw new ConfigError(inOrder(problems));

  return {
    ...root.value,
    store: absoluteStore(root.value.store, source.directory),
    media: { ...root.value.media, dir: resolve(source.directory, root.value.media.dir) },
    agents: agents.value,
    defaultAgent: references.defaultAgent,
    channels: channels.value,
    directory: source.directory,
  };
}

/** A default for all channels that is no common key may be any type's. */
function channelTypesIn(raw: Readonly<Record<string, unknown>>, all: readonly string[]): readonly unknown[] {
  const defaults = isMapping(raw.defaults) ? raw.defaults : {};
  const everywhere = isMapping(defaults["*"]) ? Object.keys(defaults["*"]) : [];
  return everywhere.every(isCommonKey) ? [...typesIn(raw.channels), ...Object.keys(defaults)] : all;
}

function typesIn(section: unknown): readonly unknown[] {
  return isMapping(section) ? Object.values(section).map((entry) => isMapping(entry) && entry.type) : [];
}

function checkRoot(document: ConfigDocument) {
  const value = () => document.value() ?? {};
  coercePlaceholders(document, rootSchema, value(), SAME_PLACE);
  return check(document, rootSchema, value(), SAME_PLACE);
}

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
  coercePlaceholders(document, relevant, wanted(), SAME_PLACE);
  const { value, problems } = check(document, relevant, wanted(), SAME_PLACE);
  const inTheWay = document.problems.filter(({ path }) => path === "" || /^(admin|store|media)\b/.test(path));
  if (!value || inTheWay.length > 0) throw new ConfigError([...inTheWay, ...problems]);
  return {
    admin: value.admin,
    store: absoluteStore(value.store, source.directory),
    media: { ...value.media, dir: resolve(source.directory, value.media.dir) },
  };
}

function absoluteStore(store: string, directory: string): string {
  if (!store.startsWith("sqlite:") || store === IN_MEMORY) return store;
  return `sqlite:${resolve(directory, store.slice("sqlite:".length))}`;
}

function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** What only follows from another problem is not said: an unfilled placeholder is empty, a misspelt key is missing. */
function withoutConsequences(
  unfilled: readonly ConfigProblem[],
  problems: readonly ConfigProblem[],
): readonly ConfigProblem[] {
  const emptied = new Set(unfilled.map(({ path }) => path));
  const meant = new Set(
    problems.flatMap(({ path, suggestion }) => (suggestion === undefined ? [] : [path.replace(/[^.]*$/, suggestion)])),
  );
  const isConsequence = ({ path, message }: ConfigProblem) =>
    path !== "" && (emptied.has(path) || (message === "is missing" && meant.has(path)));
  return [...unfilled, ...problems.filter((problem) => !isConsequence(problem))];
}
