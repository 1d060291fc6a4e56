import type { AgentType, Types } from "../registry.ts";
import { withAgentKeys } from "./agent-keys.ts";
import type { ConfigDocument, KeyPath } from "./document.ts";
import { check, coercePlaceholders } from "./issues.ts";
import { isMapping, typeProblem } from "./mapping.ts";
import type { ConfigProblem } from "./problems.ts";
import type { AgentConfig } from "./schema.ts";

export interface CheckedAgents {
  readonly value: Readonly<Record<string, AgentConfig>>;
  /** All names in the file, also of those that are wrong. */
  readonly names: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

/** Without any agent configured there is `echo`. */
export function checkAgents(document: ConfigDocument, raw: unknown, types: Types<AgentType>): CheckedAgents {
  const entries = isMapping(raw) ? Object.entries(raw) : [];
  if (entries.length === 0) return { value: { echo: { type: "echo" } }, names: ["echo"], problems: [] };

  const value: Record<string, AgentConfig> = {};
  const problems: ConfigProblem[] = [];
  for (const [name, keys] of entries) {
    if (!isMapping(keys)) continue;
    const type = types.loaded.get(String(keys.type));
    if (!type) {
      problems.push(typeProblem(document, ["agents", name], keys.type, types.names, "agent"));
      continue;
    }
    const schema = withAgentKeys(type.schema);
    const origin = (path: KeyPath): KeyPath => ["agents", name, ...path];
    const current = () => (document.value() as { agents: Record<string, unknown> }).agents[name];
    coercePlaceholders(document, schema, current(), origin);
    const checked = check(document, schema, current(), origin);
    problems.push(...checked.problems);
    if (checked.value) value[name] = checked.value as AgentConfig;
  }
  return { value, names: entries.map(([name]) => name), problems };
}
