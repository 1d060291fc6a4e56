import type { GatewayConfig } from "../config/schema.ts";

const SECRET_KEY = /secret|token|key|password|proxy/i;

/** Every value of the configuration that must never be shown, found by its key's name. */
export function secretsOf(config: GatewayConfig): readonly string[] {
  const found: string[] = [];
  const collect = (value: unknown, key: string): void => {
    if (typeof value === "string") {
      if (SECRET_KEY.test(key)) found.push(value);
      return;
    }
    if (value === null || typeof value !== "object") return;
    for (const [inner, item] of Object.entries(value)) collect(item, Array.isArray(value) ? key : inner);
  };
  collect(config.admin.token, "token");
  collect(config.agents, "agents");
  collect(config.channels, "channels");
  const password = /^[^:]+:\/\/[^:/@]*:([^@]+)@/.exec(config.store)?.[1];
  return password === undefined ? found : [...found, password, decodeURIComponent(password)];
}
