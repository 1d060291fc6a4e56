import { parse } from "node:path";
import { type AccessGroups, expandGroups } from "../config/access-groups.ts";
import { isLoopback } from "../config/references.ts";
import type { ChannelConfig, GatewayConfig } from "../config/schema.ts";
import { commonKeys } from "../settings.ts";

const SHORTEST_GOOD_TOKEN = 16;
/** Platforms on which nobody writes to us from a group. */
const WITHOUT_GROUPS: ReadonlySet<string> = new Set(["kf", "wecom-agent-xml"]);

/** What an operator should know before this configuration meets the internet, in plain words. */
export function openDoors(config: GatewayConfig): readonly string[] {
  const { admin, log, server } = config;
  const warnings: string[] = [];
  if (!isLoopback(admin.host)) {
    warnings.push(
      `The admin server listens on ${admin.host}: whoever reaches port ${admin.port} and has the token controls everything. Prefer 127.0.0.1 and a tunnel, or put TLS before it.`,
    );
  }
  if (admin.token !== undefined && admin.token.length < SHORTEST_GOOD_TOKEN) {
    warnings.push(
      `admin.token has fewer than ${SHORTEST_GOOD_TOKEN} characters and can be guessed. Use a long random text.`,
    );
  }
  if (log.bodies) warnings.push("log.bodies is on: what people write is in the log.");
  const channels = Object.entries(config.channels).filter(([, entry]) => commonKeys(entry).enabled);
  const open = channels.filter(([, entry]) => commonKeys(entry).dmPolicy === "open").map(([id]) => id);
  if (open.length > 0) {
    warnings.push(
      `Everybody may write to ${open.join(", ")} (dmPolicy: open). Set pairing or allowlist if that is not meant.`,
    );
  }
  for (const [id, entry] of channels) warnings.push(...halfOpen(id, entry, config.accessGroups));
  for (const [id, entry] of channels) {
    const { egressProxyUrl, mediaLocalRoots } = commonKeys(entry);
    const folders = mediaLocalRoots.filter((root) => root !== parse(root).root);
    if (folders.length > 0) {
      warnings.push(`On ${id}, agents may send any file below ${folders.join(", ")} (mediaLocalRoots).`);
    }
    if (folders.length < mediaLocalRoots.length) {
      warnings.push(`On ${id}, "/" in mediaLocalRoots opens nothing: name the folders agents may send files from.`);
    }
    if (egressProxyUrl?.startsWith("http://") && /\/\/[^/]*@/.test(egressProxyUrl)) {
      warnings.push(`On ${id}, the proxy's password travels unencrypted (egressProxyUrl is http).`);
    }
    const { apiBaseUrl } = entry.keys;
    if (typeof apiBaseUrl === "string" && isPlainRemote(apiBaseUrl)) {
      warnings.push(`On ${id}, secrets travel unencrypted to the platform (apiBaseUrl is http).`);
    }
  }
  if (channels.length > 0 && isLoopback(server.host)) {
    warnings.push(
      `The public server listens on ${server.host} only: a platform reaches it through a proxy or tunnel on this machine.`,
    );
  }
  return warnings;
}

/** Doors that look closed. */
function halfOpen(id: string, entry: ChannelConfig, groups: AccessGroups): readonly string[] {
  const { dmPolicy, allowFrom, groupPolicy } = commonKeys(entry);
  const warnings: string[] = [];
  if ((dmPolicy === "pairing" || dmPolicy === "allowlist") && expandGroups(allowFrom, groups).includes("*")) {
    warnings.push(`Everybody may write to ${id}: allowFrom holds "*". Remove it, or say dmPolicy: open.`);
  }
  if (dmPolicy !== "open" && groupPolicy === "open" && hearsGroups(entry)) {
    warnings.push(`Members of every group may write to ${id} (groupPolicy: open), although dmPolicy is ${dmPolicy}.`);
  }
  return warnings;
}

function hearsGroups({ type, keys }: ChannelConfig): boolean {
  return !WITHOUT_GROUPS.has(type) && keys.groupMessages !== "drop";
}

function isPlainRemote(address: string): boolean {
  return URL.canParse(address) && new URL(address).protocol === "http:" && !isLoopback(new URL(address).hostname);
}
