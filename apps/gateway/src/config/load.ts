import { resolve } from "node:path";
import { loadTypes, type Registry } from "../registry.ts";
import { absoluteStore } from "./address.ts";
import { checkAgents } from "./agents.ts";
import { checkChannels } from "./channels.ts";
import { isCommonKey } from "./common.ts";
import { type ConfigDocument, parseConfigDocument } from "./document.ts";
import { check, coercePlaceholders, UNMOVED } from "./issues.ts";
import { isMapping } from "./mapping.ts";
import { ConfigError, type ConfigProblem } from "./problems.ts";
import { checkReferences } from "./references.ts";
import { type GatewayConfig, rootSchema } from "./schema.ts";
import { type ConfigSource, readSource } from "./source.ts";

/** @throws ConfigError with every problem of the file. */
export async function loadConfig(file: string, env: ConfigSource["env"], registry: Registry): Promise<GatewayConfig> {
  return parseConfig(readSource(file, env), registry);
}

/** @throws ConfigError with every problem of the text. */
export async function parseConfig(source: ConfigSource, registry: Registry): Promise<GatewayConfig> {
  const document = parseConfigDocument(source.file, source.text, source);
  const root = checkRoot(document);
  const raw = (document.value() ?? {}) as Readonly<Record<string, unknown>>;
  const agentTypes = await loadTypes(registry.agents, typesIn(raw.agents));
  const agents = checkAgents(document, raw.agents, agentTypes);
  const channelTypes = await loadTypes(registry.channels, channelTypesIn(raw, Object.keys(registry.channels)));
  const channels = checkChannels(document, raw.channels, raw.defaults, channelTypes, source.directory);
  const references = checkReferences(document, raw, agents, channels, agentTypes.loaded);
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
  coercePlaceholders(document, rootSchema, value(), UNMOVED);
  return check(document, rootSchema, value(), UNMOVED);
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
