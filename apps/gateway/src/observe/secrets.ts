import type { GatewayConfig } from "../config/schema.ts";

const SECRET_KEY = /secret|token|key|password|proxy|^headers$|^env$/i;

/** Every value of the configuration that must never be shown, found by its key's name. */
export function secretsOf(config: GatewayConfig): readonly string[] {
  const found: string[] = [];
  const collect = (value: unknown, isSecret: boolean): void => {
    if (typeof value === "string" && isSecret) found.push(value);
    if (value === null || typeof value !== "object") return;
    for (const [key, item] of Object.entries(value)) collect(item, isSecret || SECRET_KEY.test(key));
  };
  collect(config.admin.token, true);
  for (const agent of Object.values(config.agents)) collect(agent, false);
  for (const { keys } of Object.values(config.channels)) collect(keys, false);
  const password = /^[^:]+:\/\/[^:/@]*:([^@]+)@/.exec(config.store)?.[1];
  return password === undefined ? found : [...found, password, decodeURIComponent(password)];
}
