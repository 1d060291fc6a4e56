import { Document, isMap, isPair } from "yaml";
import type { Draft } from "./draft.ts";

/** Keys whose values belong in nobody's sight. */
const SECRET_KEYS = new Set(["secret", "token", "encodingAESKey", "apiKey"]);
const TAKEN_OVER = "Taken over from an OpenClaw configuration. `wxgate check` says whether it is right.";

export interface Written {
  readonly yaml: string;
  /** Names and values for the environment; empty when they stand in the YAML. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** The draft as a commented file, its secrets as `${NAME}` unless they shall stay. */
export function writeConfig(draft: Draft, inlineSecrets: boolean, comment: string = TAKEN_OVER): Written {
  const secrets = new Map<string, string>();
  const hide = (owner: string, keys: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(keys).map(([key, value]) => [key, inlineSecrets ? value : hidden(owner, key, value, secrets)]),
    );
  const channels = [...draft.channels].map(([id, { type, keys }]) => [id, { type, ...hide(id, keys) }]);
  const agents = [...draft.agents].map(([name, keys]) => [name, hide(`agent ${name}`, keys)]);
  const content = {
    ...Object.fromEntries(draft.sections),
    agents: Object.fromEntries(agents),
    ...(draft.agents.size > 1 && { defaultAgent: draft.agents.has("main") ? "main" : [...draft.agents.keys()][0] }),
    ...(draft.bindings.length > 0 && { bindings: draft.bindings }),
    channels: Object.fromEntries(channels),
  };
  // What two channels share is written out twice: people edit this file, and anchors are no help there.
  const document = new Document(content, { aliasDuplicateObjects: false });
  document.commentBefore = ` ${comment}`;
  const section = document.get("channels");
  for (const pair of isMap(section) ? section.items : []) {
    const comment = draft.channels.get(String(pair.key))?.comment;
    if (isPair(pair) && isMap(pair.value) && comment !== undefined) pair.value.commentBefore = ` ${comment}`;
  }
  return { yaml: document.toString({ lineWidth: 120 }), secrets };
}

function hidden(owner: string, key: string, value: unknown, secrets: Map<string, string>): unknown {
  if (!SECRET_KEYS.has(key) || typeof value !== "string" || value.includes("${")) return value;
  const plain = `WXGATE_${owner}_${key}`.replace(/[^A-Za-z0-9]+/g, "_").toUpperCase();
  let name = plain;
  for (let count = 2; secrets.has(name) && secrets.get(name) !== value; count++) name = `${plain}_${count}`;
  secrets.set(name, value);
  return `\${${name}}`;
}

/** Lines for an environment file, quoted so that nothing in a value is obeyed. */
export function envLines(secrets: ReadonlyMap<string, string>): string {
  return [...secrets]
    .map(([name, value]) => {
      const quote = value.includes("'") ? '"' : "'";
      return `${name}=${quote}${value}${quote}\n`;
    })
    .join("");
}
